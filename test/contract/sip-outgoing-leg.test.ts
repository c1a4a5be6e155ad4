/** Calls out by a trunk, through drachtio-srf and an edge; the carrier writes its messages by hand. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallOut, OutgoingLeg, Trunk } from '../../gateway/ports.ts';
import type { EndReason } from '../../gateway/reasons.ts';
import { createSipEdge } from '../../gateway/sip/sip-edge.ts';
import { callFacts } from '../support/call-facts.ts';
import { gateway, stack } from '../support/clause.ts';
import { offer, reasonOf, useLegs } from '../support/legs.ts';
import { quietLog } from '../support/quiet-log.ts';
import { plainSdp, SipUa } from '../support/sip-ua.ts';
import type { SipText } from '../support/sip-ua.ts';

const bench = useLegs();

const leftAlone = 'it acknowledges the second answer, and sends no BYE';

let carrier: SipUa;
beforeEach(async () => {
  carrier = await SipUa.open({ serverPort: bench.server.sipPort, transport: 'udp', user: 'carrier' });
});
afterEach(() => carrier.close());

const caller = callFacts({
  from: { uri: 'sip:+4930123@pbx.example', user: '+4930123', host: 'pbx.example', displayName: 'Ada "A" L' },
  trunk: 'pbx',
  headers: { 'max-forwards': '20' },
});

function trunk(more: Partial<Trunk> = {}): Trunk {
  const to = [`sip:127.0.0.1:${carrier.port}`];
  return { name: 'carrier', sources: [], srtp: 'off', video: false, tls: false, to, ...more };
}

interface Calling {
  readonly leg: OutgoingLeg;
  readonly called: ReturnType<OutgoingLeg['call']>;
  /** Why it was not answered. */
  readonly reason: Promise<EndReason | 'no error'>;
  readonly invite: SipText;
  readonly ended: Promise<EndReason>;
}

async function calling(more: Partial<Trunk> = {}, call: Partial<CallOut> = {}): Promise<Calling> {
  const leg = bench.edge.callOut({ trunk: trunk(more), number: '+4940200', from: null, caller, ...call });
  const ended = new Promise<EndReason>((resolve) => leg.on('ended', resolve));
  const called = leg.call();
  const reason = reasonOf(called);
  return { leg, called, reason, ended, invite: await carrier.nextRequest('INVITE') };
}

async function talking(more: Partial<Trunk> = {}) {
  const it = await calling(more);
  carrier.reply(it.invite, 200, { body: plainSdp() });
  await it.called;
  await carrier.nextRequest('ACK');
  return { ...it, dialog: carrier.dialogOf(it.invite) };
}

describe('a call out', () => {
  it('says who calls whom, with our own offer', gateway('RFC 3325 §5'), async () => {
    const { leg, invite, called } = await calling();
    expect(invite.uri).toBe(`sip:+4940200@127.0.0.1:${carrier.port}`);
    expect(invite.headers.from).toContain('"Ada \\"A\\" L" <sip:+4930123@127.0.0.1>;tag=');
    expect(invite.headers.to).toBe(`<sip:+4940200@127.0.0.1:${carrier.port}>`);
    expect(invite.headers['p-asserted-identity']).toBe('<sip:+4930123@127.0.0.1>');
    expect(invite.headers.supported).toBe('100rel, timer');
    expect(invite.headers['session-expires']).toBe('1800');
    expect(invite.body).toContain('m=audio 30000 RTP/AVP 0 8 101');
    expect(invite.body).not.toContain('m=video');
    carrier.reply(invite, 200, { body: plainSdp(41_000) });
    await called;
    expect(bench.media.legs[0].config).toMatchObject({
      codec: 'PCMU',
      dtmfPayloadTypes: [101],
      remote: { address: '127.0.0.1', rtpPort: 41_000 },
      direction: 'sendrecv',
    });
    expect(leg.dialog).not.toBeNull();
    await leg.end('caller-hung-up');
    const bye = await carrier.nextRequest('BYE');
    expect(bye.headers.reason).toContain('Q.850;cause=16;');
    carrier.reply(bye, 200);
  });

  it('counts Max-Forwards down, and does not go on for ever', gateway('RFC 7332 §4'), async () => {
    const { leg, invite } = await calling();
    expect(invite.headers['max-forwards']).toBe('19');
    carrier.reply(invite, 486);
    await leg.end('busy');
    const spent = { ...caller, headers: { 'max-forwards': '1' } };
    const call = { trunk: trunk(), number: '1', from: null, caller: spent };
    expect(() => bench.edge.callOut(call)).toThrow(expect.objectContaining({ reason: 'call-loops' }));
  });

  it('hides a caller who wants to be hidden', gateway('RFC 3323 §4.2'), async () => {
    const hidden = { ...caller, headers: { privacy: 'id' } };
    const { leg, invite } = await calling({}, { caller: hidden });
    expect(invite.headers.from).toContain('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=');
    expect(invite.headers.privacy).toBe('id');
    expect(invite.headers['p-asserted-identity']).toContain('+4930123');
    carrier.reply(invite, 486);
    await leg.end('busy');
  });

  it('asserts no number that only a stranger claims', gateway('RFC 3325 §5'), async () => {
    const { leg, invite } = await calling({ codecs: ['PCMA'] }, { caller: { ...caller, trunk: null } });
    expect(invite.headers).not.toHaveProperty('p-asserted-identity');
    expect(invite.body).toContain('RTP/AVP 8 101');
    carrier.reply(invite, 486);
    await leg.end('busy');
  });

  it('offers encrypted media where the trunk requires it', gateway('RFC 4568 §5.1'), async () => {
    const { leg, invite, reason } = await calling({ srtp: 'require' });
    expect(invite.body).toContain('RTP/SAVP');
    expect(invite.body).toMatch(/a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:/);
    carrier.reply(invite, 200, { body: plainSdp() });
    expect(await reason).toBe('not-compatible');
    const ended = leg.end('not-compatible');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
  });

  it('is heard before it is answered', gateway('RFC 3261 §13.2.1'), async () => {
    const { leg, invite, called } = await calling();
    const early = new Promise((resolve) => leg.on('early', resolve));
    carrier.reply(invite, 183, { body: plainSdp(42_000) });
    expect(await early).toBe(bench.media.legs[0]);
    expect(bench.media.legs[0].config).toMatchObject({ remote: { rtpPort: 42_000 } });
    // The same answer once more, as most carriers do.
    carrier.reply(invite, 200, { body: plainSdp(42_000) });
    await called;
    expect(bench.media.legs[0].configs).toHaveLength(1);
    const ended = leg.end('caller-hung-up');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
  });

  it('acknowledges a reliable progress', gateway('RFC 3262 §4'), async () => {
    const { leg, invite, called } = await calling();
    carrier.reply(invite, 183, { body: plainSdp(), headers: ['Require: 100rel', 'RSeq: 7'] });
    const prack = await carrier.nextRequest('PRACK');
    expect(prack.headers.rack).toMatch(/^7 \d+ INVITE$/);
    carrier.reply(prack, 200);
    // RFC 3261 §13.2.1: the answer has been given reliably.
    carrier.reply(invite, 200);
    await called;
    const ended = leg.end('caller-hung-up');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
  });

  it.each([
    [486, undefined, 'busy'],
    [600, undefined, 'busy'],
    [480, undefined, 'no-answer'],
    [404, undefined, 'unknown-number'],
    [484, undefined, 'unknown-number'],
    [603, undefined, 'declined'],
    [403, undefined, 'trunk-refused'],
    [403, 'Q.850;cause=21;text="no"', 'declined'],
    [503, undefined, 'trunk-unavailable'],
    [503, 'SIP;cause=503, Q.850;cause=17', 'busy'],
    [488, undefined, 'not-compatible'],
    [302, undefined, 'trunk-redirected'],
    [407, undefined, 'trunk-refused'],
  ] as const)('that gets %i (%s) fails: %s', gateway('RFC 3398 §8.2.6.1'), async (status, said, why) => {
    const { leg, invite, reason } = await calling();
    carrier.reply(invite, status, said === undefined ? {} : { headers: [`Reason: ${said}`] });
    expect(await reason).toBe(why);
    await carrier.nextRequest('ACK');
    await leg.end(why);
    expect(carrier.log.filter(({ method }) => method === 'BYE' || method === 'CANCEL')).toEqual([]);
  });

  it('is given up by CANCEL, once it is known there', gateway('RFC 3261 §9.1'), async () => {
    const { leg, invite, reason } = await calling();
    const ended = leg.end('caller-cancelled');
    expect(await reason).toBe('caller-cancelled');
    carrier.reply(invite, 180);
    const cancel = await carrier.nextRequest('CANCEL');
    expect(cancel.headers.cseq).toBe(invite.headers.cseq?.replace('INVITE', 'CANCEL'));
    carrier.reply(cancel, 200);
    carrier.reply(invite, 487);
    await ended;
  });

  it('that is answered just as it is given up is hung up', gateway('RFC 3261 §15'), async () => {
    const { leg, invite } = await calling();
    carrier.reply(invite, 180);
    const ended = leg.end('caller-cancelled');
    carrier.reply(await carrier.nextRequest('CANCEL'), 200);
    carrier.reply(invite, 200, { body: plainSdp() });
    await carrier.nextRequest('ACK');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
  });

  it('that two answer goes on with the first', stack('RFC 3261 §13.2.2.4', leftAlone), async () => {
    const { leg, invite, called } = await calling();
    carrier.reply(invite, 200, { body: plainSdp(43_000), tag: 'first' });
    await called;
    carrier.reply(invite, 200, { body: plainSdp(44_000), tag: 'second' });
    if (bench.server.edge) {
      const bye = await carrier.nextRequest('BYE');
      expect(bye.headers.to).toContain('tag=second');
      carrier.reply(bye, 200);
    }
    expect(bench.media.legs[0].config).toMatchObject({ remote: { rtpPort: 43_000 } });
    const ended = leg.end('caller-hung-up');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
  });

  it.each([
    ['nothing', ''],
    ['garbage', 'v=0\r\nm=audio what\r\n'],
    ['another codec', offer({ codecs: '18 101' })],
    ['no audio', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n'],
  ])('that is answered with %s is hung up', gateway('RFC 3264 §6'), async (_what, body) => {
    const { leg, invite, reason } = await calling();
    carrier.reply(invite, 200, { body });
    expect(await reason).toBe('not-compatible');
    const ended = leg.end('not-compatible');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
  });

  it('offers a longer session to whom ours is too short', gateway('RFC 4028 §7.3'), async () => {
    const { leg, invite } = await calling();
    carrier.reply(invite, 422, { headers: ['Min-SE: 3600'] });
    const isLonger = (message: SipText) => message.headers['session-expires'] === '3600';
    const again = await carrier.next('INVITE with a longer session', isLonger);
    carrier.reply(again, 486);
    await leg.end('busy');
  });
});

describe('a trunk that asks who calls', () => {
  const password = 'correct horse';
  const auth = { user: 'acme', password: { name: 'trunk', env: 'TRUNK_PASSWORD' } };
  const challenge = 'Digest realm="carrier.example", nonce="n1", algorithm=MD5, qop="auth"';
  const isProven = (message: SipText) => message.headers['proxy-authorization'] !== undefined;

  /** With a gateway that can read passwords. */
  async function withSecrets(read: () => Promise<string>): Promise<void> {
    await bench.edge.close();
    bench.edge = createSipEdge({ ...bench.options(), readSecret: read, log: quietLog(bench.log) });
    await bench.edge.start(
      () => undefined,
      () => undefined,
    );
  }

  it('is told by a digest, and the password stays unsaid', gateway('RFC 3261 §22.3'), async () => {
    await withSecrets(() => Promise.resolve(password));
    const { leg, invite, called } = await calling({ auth });
    expect(invite.headers).not.toHaveProperty('proxy-authorization');
    carrier.reply(invite, 407, { headers: [`Proxy-Authenticate: ${challenge}`] });
    const again = await carrier.next('INVITE with a digest', isProven);
    expect(again.headers['call-id']).toBe(invite.headers['call-id']);
    const said = again.headers['proxy-authorization'] ?? '';
    const value = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(said)?.[1] ?? '';
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const ha1 = md5(`acme:carrier.example:${password}`);
    const ha2 = md5(`INVITE:${value('uri')}`);
    const proof = ['n1', value('nc'), value('cnonce'), value('qop'), ha2].join(':');
    expect(value('response')).toBe(md5(`${ha1}:${proof}`));
    carrier.reply(again, 200, { body: plainSdp() });
    await called;
    const ended = leg.end('caller-hung-up');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
    expect(JSON.stringify([bench.log, carrier.log])).not.toContain(password);
  });

  it('is told by the better digest of two', gateway('RFC 8760 §2.4'), async () => {
    await withSecrets(() => Promise.resolve(password));
    const { leg, invite } = await calling({ auth });
    const better = challenge.replace('MD5', 'SHA-256').replace('n1', 'n256');
    carrier.reply(invite, 407, {
      headers: [`Proxy-Authenticate: ${better}`, `Proxy-Authenticate: ${challenge}`],
    });
    const again = await carrier.next('INVITE with a digest', isProven);
    const said = again.headers['proxy-authorization'] ?? '';
    expect(said).toMatch(/nonce="n256".*algorithm=SHA-256/);
    const value = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(said)?.[1] ?? '';
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    const proof = ['n256', '00000001', value('cnonce'), 'auth', sha(`INVITE:${again.uri}`)].join(':');
    expect(value('response')).toBe(sha(`${sha(`acme:carrier.example:${password}`)}:${proof}`));
    carrier.reply(again, 486);
    await leg.end('busy');
  });

  it(
    'is told with each request of the call, and once more when it asks again',
    gateway('RFC 3261 §22.3'),
    async () => {
      await withSecrets(() => Promise.resolve(password));
      const { leg, invite, called } = await calling({ auth });
      // It, and not the SIP server, is to refresh the session: that has no password.
      expect(invite.headers['session-expires']).toBe('1800;refresher=uas');
      carrier.reply(invite, 407, { headers: [`Proxy-Authenticate: ${challenge}`] });
      const info = 'Proxy-Authentication-Info: nextnonce="n2"';
      carrier.reply(await carrier.next('INVITE with a digest', isProven), 200, {
        body: plainSdp(),
        headers: [info],
      });
      await called;
      const alive = leg.isAlive();
      const options = await carrier.nextRequest('OPTIONS');
      expect(options.headers['proxy-authorization']).toMatch(/nonce="n2".*nc=00000001/);
      carrier.reply(options, 200);
      expect(await alive).toBe(true);
      const ended = leg.end('caller-hung-up');
      const bye = await carrier.nextRequest('BYE');
      expect(bye.headers['proxy-authorization']).toMatch(/nonce="n2".*nc=00000002/);
      const stale = challenge.replace('n1', 'n3');
      carrier.reply(bye, 407, { headers: [`Proxy-Authenticate: ${stale}, stale=true`] });
      const again = await carrier.nextRequest('BYE');
      expect(again.headers['proxy-authorization']).toMatch(/nonce="n3".*nc=00000001/);
      expect(again.headers.reason).toContain('Q.850;cause=16;');
      carrier.reply(again, 200);
      await ended;
    },
  );

  it('that does not believe us refuses', async () => {
    await withSecrets(() => Promise.resolve('wrong'));
    const { leg, invite, reason } = await calling({ auth });
    carrier.reply(invite, 401, { headers: [`WWW-Authenticate: ${challenge}`] });
    const asked = (message: SipText) => message.headers['authorization'] !== undefined;
    carrier.reply(await carrier.next('INVITE with a digest', asked), 401, {
      headers: [`WWW-Authenticate: ${challenge}`],
    });
    expect(await reason).toBe('trunk-refused');
    await leg.end('trunk-refused');
  });

  it('is not called without its password', async () => {
    await withSecrets(() => Promise.reject(new Error('TRUNK_PASSWORD is not set')));
    const leg = bench.edge.callOut({ trunk: trunk({ auth }), number: '1', from: null, caller });
    expect(await reasonOf(leg.call())).toBe('trunk-refused');
    await leg.end('trunk-refused');
    expect(carrier.log).toEqual([]);
  });
});

describe('a trunk of several machines', () => {
  let other: SipUa;
  beforeEach(async () => {
    other = await SipUa.open({ serverPort: bench.server.sipPort, transport: 'udp', user: 'other' });
  });
  afterEach(() => other.close());

  const at = (ua: SipUa, user = '') => `sip:${user}127.0.0.1:${ua.port}`;

  it('is called at the next when one is out of order', gateway('RFC 3263 §4.3'), async () => {
    const { leg, invite, called } = await calling({ to: [at(carrier), at(other)] });
    carrier.reply(invite, 503);
    const second = await other.nextRequest('INVITE');
    expect(second.uri).toBe(at(other, '+4940200@'));
    other.reply(second, 200, { body: plainSdp() });
    await called;
    const ended = leg.end('caller-hung-up');
    other.reply(await other.nextRequest('BYE'), 200);
    await ended;
  });

  it('is called at the next when nobody is there', gateway('RFC 3263 §4.3'), async () => {
    const nobody = await SipUa.open({ serverPort: bench.server.sipPort, transport: 'udp' });
    const to = [at(nobody), at(carrier)];
    await nobody.close();
    const { leg, invite } = await calling({ to });
    carrier.reply(invite, 486);
    await leg.end('busy');
  });

  it('is not called again when the called is busy', async () => {
    const { leg, invite, reason } = await calling({ to: [at(carrier), at(other)] });
    carrier.reply(invite, 486);
    expect(await reason).toBe('busy');
    await leg.end('busy');
    expect(other.log).toEqual([]);
  });

  it('may send the call on from one to another', gateway('RFC 3261 §8.1.3.4'), async () => {
    const { leg, invite, called } = await calling();
    carrier.reply(invite, 302, { contact: `<${at(other, '+4940200@')}>` });
    const second = await other.nextRequest('INVITE');
    for (const name of ['from', 'call-id'] as const) expect(second.headers[name]).toBe(invite.headers[name]);
    expect(second.headers.to).toBe(`<${invite.uri}>`);
    expect(Number.parseInt(second.headers.cseq ?? '', 10)).toBe(
      Number.parseInt(invite.headers.cseq ?? '', 10) + 1,
    );
    other.reply(second, 200, { body: plainSdp() });
    await called;
    const ended = leg.end('caller-hung-up');
    other.reply(await other.nextRequest('BYE'), 200);
    await ended;
  });

  it.each([
    ['another number', '0900666@'],
    ['itself', '+4940200@'],
  ])('may not send it to %s', gateway('RFC 3261 §8.1.3.4'), async (_what, user) => {
    const { leg, invite, reason } = await calling();
    carrier.reply(invite, 302, { contact: `<${at(carrier, user)}>` });
    expect(await reason).toBe('trunk-redirected');
    await leg.end('trunk-redirected');
    expect(carrier.log.filter(({ method }) => method === 'INVITE')).toHaveLength(1);
  });
});

describe('an answered call out', () => {
  it('holds and resumes at the far end’s wish', gateway('RFC 3264 §8.4'), async () => {
    const { leg, dialog } = await talking();
    dialog.sendInvite({ body: offer({ direction: 'sendonly', origin: '1 2' }) });
    const held = await dialog.response(200);
    expect(held.body).toContain('a=recvonly');
    dialog.ack();
    await expect.poll(() => bench.media.legs[0].config?.direction).toBe('recvonly');
    const ended = leg.end('caller-hung-up');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
  });

  it('answers INFO, OPTIONS and UPDATE, and shows that it lives', async () => {
    const { leg, dialog } = await talking();
    const digits: string[] = [];
    leg.on('digit', (digit) => digits.push(digit));
    const info = { body: 'Signal=5\r\nDuration=160\r\n', contentType: 'application/dtmf-relay' };
    expect((await dialog.request('INFO', info)).status).toBe(200);
    expect(digits).toEqual(['5']);
    expect((await dialog.request('OPTIONS')).status).toBe(200);
    expect((await dialog.request('UPDATE')).status).toBe(200);
    const alive = leg.isAlive();
    carrier.reply(await carrier.nextRequest('OPTIONS'), 200);
    expect(await alive).toBe(true);
    const ended = leg.end('caller-hung-up');
    carrier.reply(await carrier.nextRequest('BYE'), 200);
    await ended;
  });

  it('ends once with the far end’s BYE', gateway('RFC 3261 §15.1.2'), async () => {
    const { leg, dialog, ended } = await talking();
    expect((await dialog.request('BYE')).status).toBe(200);
    expect(await ended).toBe('other-side-hung-up');
    await leg.end('other-side-hung-up');
    expect(bench.media.legs[0].closed).toBe(1);
  });
});
