import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Leg, RefusedCall } from '../../gateway/ports.ts';
import type { EndReason } from '../../gateway/reasons.ts';
import { LegError } from '../../gateway/errors.ts';
import { createSipEdge } from '../../gateway/sip/sip-edge.ts';
import { FakeMediaNode } from '../fakes/media-node.ts';
import type { EdgeUnderTest } from '../support/edge-under-test.ts';
import { gateway } from '../support/clause.ts';
import { embeddedEdge, realEdge } from '../support/edge-under-test.ts';
import { PlainCaller } from '../support/plain-caller.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { LogLine } from '../support/quiet-log.ts';
import { expectLawfulAnswer } from '../support/sdp-check.ts';

/**
 * Legs through drachtio-srf and the embedded edge (a real drachtio-server by `DRACHTIO_HOST`), with a caller
 * that writes its messages by hand.
 */

const offer = (
  options: { direction?: string; port?: number; codecs?: string; address?: string; video?: boolean } = {},
) =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    `c=IN IP4 ${options.address ?? '127.0.0.1'}`,
    't=0 0',
    `m=audio ${options.port ?? 6000} RTP/AVP ${options.codecs ?? '0 8 101'}`,
    'a=rtpmap:101 telephone-event/8000',
    `a=${options.direction ?? 'sendrecv'}`,
    ...(options.video ? ['m=video 6002 RTP/AVP 97', 'a=rtpmap:97 H264/90000'] : []),
    '',
  ].join('\r\n');

let server: EdgeUnderTest;
let media: FakeMediaNode;
let edge: ReturnType<typeof createSipEdge>;
let caller: PlainCaller;
let legs: Leg[];
let refused: RefusedCall[];
let onLeg: (leg: Leg) => void;
let lines: LogLine[];

beforeAll(async () => {
  server = realEdge() ?? (await embeddedEdge());
});
afterAll(() => server.close());

beforeEach(async () => {
  media = new FakeMediaNode();
  legs = [];
  lines = [];
  refused = [];
  onLeg = (leg) => legs.push(leg);
  edge = createSipEdge({
    connect: { host: '127.0.0.1', port: server.adminPort, secret: server.secret },
    embedded: { pid: () => null },
    media,
    trunks: { findTrunk: () => null },
    publicAddresses: [],
    codecs: ['PCMU', 'PCMA'],
    log: quietLog(lines),
    resolve: (host) => Promise.resolve(host === 'media.example.net' ? '192.0.2.77' : null),
    limits: { hangUpMs: 700, aliveMs: 1000, mediaMs: 4000 },
  });
  await edge.start(
    (leg) => onLeg(leg),
    (call) => refused.push(call),
  );
  if (!server.edge) await untilRouted();
  caller = await PlainCaller.open(server.sipPort);
});

afterEach(async () => {
  await caller.close();
  await edge.close();
  expect(media.open).toEqual([]);
});

/** drachtio-server welcomes an app a moment before it has read what the app wants; the last of that is NOTIFY. */
async function untilRouted(): Promise<void> {
  const one = await PlainCaller.open(server.sipPort);
  const fields = { Event: 'presence', 'Subscription-State': 'active' };
  await expect.poll(async () => (await one.ask('NOTIFY', { fields })).status).toBe(481);
  await one.close();
}

function closedGate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

/** The next leg that comes. */
function incoming(): Promise<Leg> {
  return new Promise((resolve) => {
    onLeg = (leg) => {
      legs.push(leg);
      resolve(leg);
    };
  });
}

async function invited(options: Parameters<PlainCaller['send']>[1] = { body: offer() }): Promise<Leg> {
  const leg = incoming();
  caller.send('INVITE', options);
  return leg;
}

/** A call that talks. */
async function talking(body = offer()) {
  const leg = await invited({ body });
  const answered = leg.answer();
  const ok = await caller.final('INVITE');
  caller.send('ACK');
  await answered;
  const mediaLeg = media.legs[0];
  return { leg, ok, mediaLeg, ended: new Promise<EndReason>((resolve) => leg.on('ended', resolve)) };
}

async function reasonOf(work: Promise<unknown>): Promise<EndReason | 'no error'> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    if (error instanceof LegError) return error.reason;
    throw error;
  }
}

describe('an INVITE', () => {
  it(
    'rings, is answered by the rules, and its BYE ends the leg once',
    gateway('RFC 3261 §13.3.1.4'),
    async () => {
      const leg = await invited({ body: offer({ video: true }), fields: { 'X-Account': 'blue' } });
      expect(leg.facts).toMatchObject({
        transport: 'udp',
        source: { address: '127.0.0.1', port: caller.ua.port },
        from: { user: '+4930123', displayName: 'Ada' },
        to: { user: '1000' },
        wireCallId: caller.call.callId,
        headers: { 'x-account': 'blue' },
      });
      await leg.ring();
      await caller.ua.nextResponse(180, 'INVITE');
      const answered = leg.answer();
      const ok = await caller.final('INVITE');
      expectLawfulAnswer(offer({ video: true }), ok.body);
      expect(ok.headers.allow).toContain('UPDATE');
      expect(ok.headers.supported).toBe('100rel');
      caller.send('ACK');
      await answered;
      expect(media.legs[0].config).toMatchObject({
        codec: 'PCMU',
        payloadType: 0,
        dtmfPayloadTypes: [101],
        remote: { address: '127.0.0.1', rtpPort: 6000, rtcpPort: 6001 },
        direction: 'sendrecv',
      });
      const ended: EndReason[] = [];
      leg.on('ended', (reason) => ended.push(reason));
      expect((await caller.ask('BYE')).status).toBe(200);
      await expect.poll(() => ended).toEqual(['caller-hung-up']);
      await leg.end('caller-hung-up');
      expect(ended).toEqual(['caller-hung-up']);
      expect(media.legs[0].closed).toBe(1);
    },
  );

  it('is refused with a status, a cause and words', gateway('RFC 3326 §2'), async () => {
    const leg = await invited();
    await Promise.all([leg.end('no-route'), leg.end('internal-error')]);
    const refusal = await caller.final('INVITE');
    expect(refusal.status).toBe(404);
    expect(refusal.headers.reason).toContain('Q.850;cause=1;');
    expect(refusal.headers.warning).toMatch(/^399 gateway "No dial plan rule/);
  });

  it.each([
    ['no-common-codec', offer({ codecs: '18 101' }), /^305 /],
    ['encryption-unusable', offer().replace('RTP/AVP', 'RTP/SAVP'), /^305 /],
    ['bad-offer', 'v=0\r\nm=audio what\r\n', /^399 /],
  ] as const)('with %s gets 488 and why', gateway('RFC 3261 §13.3.1.3'), async (reason, body, warning) => {
    const leg = await invited({ body });
    expect(await reasonOf(leg.ring())).toBe(reason);
    await leg.end(reason);
    const refusal = await caller.final('INVITE');
    expect(refusal.status).toBe(488);
    expect(refusal.headers.warning).toMatch(warning);
    expect(refusal.headers.reason).toMatch(/^Q\.850;cause=\d+;text="/);
    // Who can't be answered never hears it ring.
    expect(caller.ua.log.filter(({ status }) => status === 180)).toEqual([]);
    expect(media.legs).toEqual([]);
  });

  it('gets 503 when no media can be had', async () => {
    media.broken = true;
    const leg = await invited();
    expect(await reasonOf(leg.answer())).toBe('media-unavailable');
    await leg.end('media-unavailable');
    expect(await caller.final('INVITE')).toMatchObject({ status: 503 });
  });

  it('that is cancelled ends the leg, whatever it was waiting for', gateway('RFC 3261 §9.2'), async () => {
    const leg = await invited();
    await leg.ring();
    await caller.ua.nextResponse(180, 'INVITE');
    const gate = closedGate();
    media.hold = gate.opened;
    const answer = reasonOf(leg.answer());
    const ended = new Promise((resolve) => leg.on('ended', resolve));
    expect((await caller.ask('CANCEL')).status).toBe(200);
    expect((await caller.final('INVITE')).status).toBe(487);
    expect(await ended).toBe('caller-cancelled');
    gate.open();
    expect(await answer).toBe('caller-cancelled');
    await leg.end('caller-cancelled');
  });

  it('that requires reliable ringing waits for its PRACK', gateway('RFC 3262 §3'), async () => {
    const leg = await invited({ body: offer(), fields: { Require: '100rel' } });
    let rung = false;
    const ringing = leg.ring().then(() => (rung = true));
    const provisional = await caller.provisional(180);
    expect(provisional.headers.require).toBe('100rel');
    expect(rung).toBe(false);
    const prack = await caller.ask('PRACK', { fields: { RAck: `${provisional.headers.rseq} 1 INVITE` } });
    expect(prack.status).toBe(200);
    await ringing;
    await leg.end('no-route');
    expect((await caller.final('INVITE')).status).toBe(404);
  });

  it('without an offer gets ours, and the answer is in the ACK', gateway('RFC 3261 §13.2.1'), async () => {
    const leg = await invited({});
    await leg.ring();
    const answered = leg.answer();
    const ok = await caller.final('INVITE');
    expect(ok.body).toMatch(/m=audio \d+ RTP\/AVP 0 8 101\r\n/);
    caller.send('ACK', { body: offer({ codecs: '8 101', port: 6100 }) });
    await answered;
    expect(media.legs[0].config).toMatchObject({ codec: 'PCMA', remote: { rtpPort: 6100 } });
    await leg.end('time-limit');
  });

  it('without an offer and with a useless answer ends', async () => {
    const leg = await invited({});
    const answered = reasonOf(leg.answer());
    await caller.final('INVITE');
    caller.send('ACK');
    expect(await answered).toBe('bad-offer');
    const ended = leg.end('bad-offer');
    await caller.bye();
    await ended;
  });

  it.each([
    ['415', { body: 'hello', type: 'text/plain' }, 415],
    ['413', { body: offer() + 'a=x\r\n'.repeat(8000) }, 413],
    ['420', { body: offer(), fields: { Require: 'timer' } }, 420],
  ])('gets %s at the door', gateway('RFC 3261 §8.2'), async (name, options, status) => {
    const refusal = await caller.ask('INVITE', options);
    expect(refusal.status, name).toBe(status);
    expect(legs).toEqual([]);
    // Both in words (RFC 3326 §2, RFC 3261 §20.43), and told once.
    const { text } = refused[0].answer;
    expect(refusal.headers.reason).toMatch(new RegExp(`^Q\\.850;cause=\\d+;text="${text}"`));
    expect(refusal.headers.warning).toBe(`399 gateway "${text}"`);
    expect(refused).toMatchObject([
      { reason: 'bad-request', answer: { status }, facts: { from: { user: '+4930123' } } },
    ]);
  });

  it.each([
    ['opens no leg', () => void (media.hold = new Promise(() => undefined))],
    ['does not do what was negotiated', () => void (media.holdConfigure = new Promise(() => undefined))],
  ])('gets 503 within its time when the media node hangs and %s', async (_how, hang) => {
    hang();
    const leg = await invited();
    expect(await reasonOf(leg.answer())).toBe('media-unavailable');
    await leg.end('media-unavailable');
    expect((await caller.final('INVITE')).status).toBe(503);
  });

  it('may name its media by host name', async () => {
    const { mediaLeg } = await talking(offer({ address: 'media.example.net' }));
    expect(mediaLeg.config?.remote.address).toBe('192.0.2.77');
  });

  it('whose media host has no address is refused', async () => {
    const leg = await invited({ body: offer({ address: 'nowhere.example.net' }) });
    expect(await reasonOf(leg.answer())).toBe('bad-offer');
    await leg.end('bad-offer');
    const refusal = await caller.final('INVITE');
    expect(refusal.status).toBe(488);
    expect(refusal.headers.warning).toContain('nowhere.example.net');
  });

  it('comes over TCP as well', async () => {
    const phone = await PlainCaller.open(server.sipPort, 'tcp');
    const coming = incoming();
    phone.send('INVITE', { body: offer() });
    const leg = await coming;
    expect(leg.facts.transport).toBe('tcp');
    const answered = leg.answer();
    await phone.final('INVITE');
    phone.send('ACK');
    await answered;
    await Promise.all([leg.end('room-ended'), phone.bye()]);
    await phone.close();
  });

  it('with Session-Expires is taken, without a promise of timers', async () => {
    const leg = await invited({ body: offer(), fields: { 'Session-Expires': '1800', Supported: 'timer' } });
    const answered = leg.answer();
    const ok = await caller.final('INVITE');
    caller.send('ACK');
    await answered;
    expect(ok.headers['session-expires']).toBeUndefined();
    expect(ok.headers.supported).not.toContain('timer');
  });
});

describe('ending in the middle of things', () => {
  it('refuses a call whose media is still being opened, and frees it', async () => {
    const gate = closedGate();
    media.hold = gate.opened;
    const leg = await invited();
    const answer = reasonOf(leg.answer());
    await leg.end('too-many-calls');
    const refusal = await caller.final('INVITE');
    expect(refusal.status).toBe(503);
    expect(refusal.headers['retry-after']).not.toBe('');
    gate.open();
    expect(await answer).toBe('too-many-calls');
    expect(media.legs[0].closed).toBe(1);
  });

  it('hangs up a call that is being configured', async () => {
    const leg = await invited();
    const gate = closedGate();
    const answer = reasonOf(leg.answer());
    await caller.final('INVITE');
    media.legs[0].holdConfigure = gate.opened;
    caller.send('ACK');
    const ended = leg.end('shutting-down');
    await caller.bye();
    await ended;
    gate.open();
    expect(['shutting-down', 'no error']).toContain(await answer);
  });

  it('waits with its BYE for the ACK', gateway('RFC 3261 §15.1.1'), async () => {
    const leg = await invited();
    const answered = reasonOf(leg.answer());
    await caller.final('INVITE');
    const ended = leg.end('time-limit');
    await caller.ua.nextResponse(200, 'INVITE');
    expect(caller.count('BYE', true)).toBe(0);
    caller.send('ACK');
    await caller.bye();
    await ended;
    expect(await answered).toBe('time-limit');
  });

  it('sends nothing to an address before the ACK shows that the answer got there', async () => {
    const leg = await invited();
    const answered = leg.answer();
    await caller.final('INVITE');
    const [mediaLeg] = media.open;
    expect(mediaLeg.config?.direction).toBe('recvonly');
    caller.send('ACK');
    await answered;
    expect(mediaLeg.config?.direction).toBe('sendrecv');
    await leg.end('time-limit');
  });

  it('is over for the gateway even when no ACK ever comes', async () => {
    const leg = await invited();
    const answered = reasonOf(leg.answer());
    await caller.final('INVITE');
    await leg.end('time-limit');
    expect(await answered).toBe('time-limit');
    expect(media.open).toEqual([]);
  });

  it('takes a BYE before the answer as giving up', gateway('RFC 3261 §15.1.2'), async () => {
    const leg = await invited();
    await leg.ring();
    await caller.provisional(180);
    const ended = new Promise((resolve) => leg.on('ended', resolve));
    const [bye, refusal] = [await caller.ask('BYE'), await caller.final('INVITE')];
    if (server.edge) {
      expect([bye.status, refusal.status]).toEqual([200, 487]);
      expect(await ended).toBe('caller-cancelled');
    } else {
      // drachtio-server refuses both and tells nobody: the gateway learns of it by its answer.
      expect([bye.status, refusal.status]).toEqual([481, 500]);
      expect(await reasonOf(leg.answer())).toBe('caller-cancelled');
    }
    await leg.end('caller-cancelled');
  });
});

describe('offers that cross', () => {
  it('gets 491 while ours is open', gateway('RFC 3261 §14.2'), async () => {
    const { mediaLeg } = await talking();
    await caller.ask('INVITE');
    const glare = await caller.ask('UPDATE', { body: offer({ port: 7000 }) });
    expect(glare.status).toBe(491);
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it('has to wait while another one is being carried out', gateway('RFC 3261 §14.2'), async () => {
    const { mediaLeg } = await talking();
    const gate = closedGate();
    mediaLeg.holdConfigure = gate.opened;
    caller.send('UPDATE', { body: offer({ port: 7000 }) });
    const second = await caller.ask('UPDATE', { body: offer({ port: 7002 }) });
    expect(second.status).toBe(500);
    expect(Number(second.headers['retry-after'])).toBeLessThanOrEqual(10);
    gate.open();
    expect((await caller.final('UPDATE')).status).toBe(200);
    expect(mediaLeg.config?.remote.rtpPort).toBe(7000);
  });

  it('changes nothing when it is taken back', async () => {
    const { mediaLeg } = await talking();
    const gate = closedGate();
    mediaLeg.holdConfigure = gate.opened;
    caller.send('INVITE', { body: offer({ port: 7000 }) });
    expect((await caller.ask('CANCEL')).status).toBe(200);
    expect((await caller.final('INVITE')).status).toBe(487);
    // There and back: now the 487's ACK, by which drachtio-server tells of the CANCEL, has passed as well.
    expect((await caller.ask('OPTIONS')).status).toBe(200);
    gate.open();
    await expect.poll(() => mediaLeg.settled.map(({ remote }) => remote.rtpPort)).toEqual([6000, 7000, 6000]);
  });
});

describe('a call that talks', () => {
  it('is ended by a BYE that says why', async () => {
    const { leg } = await talking();
    const ended = leg.end('removed-by-host');
    const bye = await caller.bye();
    expect(bye.all('reason').join(', ')).toMatch(
      /^Q\.850;cause=21;text="A host removed.*", ?SIP;cause=403;text=/,
    );
    await ended;
    await leg.end('internal-error');
    expect(media.legs[0].closed).toBe(1);
  });

  it(
    'holds and resumes with the right direction and a growing version',
    gateway('RFC 3264 §8.4'),
    async () => {
      const { ok, mediaLeg } = await talking();
      const version = (sdp: string) => Number(/^o=- \d+ (\d+)/m.exec(sdp)?.[1]);
      const first = version(ok.body);
      const held = await caller.ask('INVITE', { body: offer({ direction: 'sendonly' }) });
      caller.send('ACK');
      expect(held.body).toContain('a=recvonly');
      expect(version(held.body)).toBe(first + 1);
      expect(mediaLeg.config?.direction).toBe('recvonly');
      const again = await caller.ask('INVITE', { body: offer({ direction: 'sendonly' }) });
      caller.send('ACK');
      expect(again.body).toBe(held.body);
      expect(mediaLeg.settled).toHaveLength(2);
      const inactive = await caller.ask('INVITE', { body: offer({ direction: 'inactive' }) });
      caller.send('ACK');
      expect(inactive.body).toContain('a=inactive');
      const zero = await caller.ask('INVITE', { body: offer({ address: '0.0.0.0' }) });
      caller.send('ACK');
      expect(zero.body).toContain('a=recvonly');
      const resumed = await caller.ask('INVITE', { body: offer() });
      caller.send('ACK');
      expect(resumed.body).toContain('a=sendrecv');
      expect(version(resumed.body)).toBe(first + 4);
      expect(mediaLeg.config?.direction).toBe('sendrecv');
    },
  );

  it('moves to another codec and port by UPDATE', gateway('RFC 3311 §5.2'), async () => {
    const { mediaLeg } = await talking();
    const ok = await caller.ask('UPDATE', { body: offer({ codecs: '8 101', port: 7000 }) });
    expect(ok.status).toBe(200);
    expectLawfulAnswer(offer({ codecs: '8 101', port: 7000 }), ok.body);
    expect(ok.headers.contact).not.toBe('');
    expect(mediaLeg.config).toMatchObject({ codec: 'PCMA', remote: { rtpPort: 7000 } });
  });

  it('takes an UPDATE without body as a refresh', gateway('RFC 3311 §5.2'), async () => {
    const { mediaLeg } = await talking();
    const ok = await caller.ask('UPDATE');
    expect(ok).toMatchObject({ status: 200, body: '' });
    expect(mediaLeg.settled).toHaveLength(1);
  });

  it('survives an offer that can’t be taken', async () => {
    const { mediaLeg, leg } = await talking();
    const refusal = await caller.ask('INVITE', { body: offer({ codecs: '18' }) });
    expect(refusal.status).toBe(488);
    expect((await caller.ask('INVITE', { body: 'x', type: 'text/plain' })).status).toBe(415);
    expect(mediaLeg.settled).toHaveLength(1);
    const alive = leg.isAlive();
    caller.ua.reply(await caller.ua.nextRequest('OPTIONS'), 200);
    expect(await alive).toBe(true);
  });

  it('keeps the session when the media node can’t follow', async () => {
    const { mediaLeg } = await talking();
    mediaLeg.failConfigure = new Error('node is busy');
    expect((await caller.ask('INVITE', { body: offer({ port: 7000 }) })).status).toBe(500);
    expect(mediaLeg.config?.remote.rtpPort).toBe(6000);
    expect((await caller.ask('INVITE', { body: offer({ port: 7000 }) })).status).toBe(200);
    caller.send('ACK');
    expect(mediaLeg.config?.remote.rtpPort).toBe(7000);
  });

  it('offers when a re-INVITE does not, and reads the ACK', async () => {
    const { mediaLeg } = await talking(offer({ video: true }));
    const ok = await caller.ask('INVITE');
    expect(ok.body).toMatch(/m=audio \d+ RTP\/AVP 0 8 101\r\n/);
    expect(ok.body).toContain('m=video 0 RTP/AVP 97\r\n');
    caller.send('ACK', { body: offer({ codecs: '8 101', port: 7100, video: true }) });
    await expect.poll(() => mediaLeg.config?.remote.rtpPort).toBe(7100);
    expect(mediaLeg.config?.codec).toBe('PCMA');
  });

  it('goes on as before when our offer gets no answer', async () => {
    const { mediaLeg } = await talking();
    await caller.ask('INVITE');
    caller.send('ACK');
    await expect
      .poll(async () => (await caller.ask('INVITE', { body: offer({ port: 7000 }) })).status)
      .toBe(200);
    caller.send('ACK');
    expect(mediaLeg.settled.map(({ remote }) => remote.rtpPort)).toEqual([6000, 7000]);
  });

  it('keeps digits by INFO that come before anybody listens', async () => {
    const { leg } = await talking();
    for (const key of ['7', '#']) await caller.ask('INFO', { type: 'application/dtmf', body: key });
    const digits: string[] = [];
    leg.on('digit', (digit) => digits.push(digit));
    expect(digits).toEqual(['7', '#']);
  });

  it('hears digits by INFO and refuses what it does not know', async () => {
    const { leg } = await talking();
    const digits: string[] = [];
    leg.on('digit', (digit) => digits.push(digit));
    const info = (type: string, body: string) => caller.ask('INFO', { type, body });
    expect((await info('application/dtmf-relay', 'Signal= 5\r\nDuration= 160\r\n')).status).toBe(200);
    expect((await info('application/dtmf', '#')).status).toBe(200);
    expect((await info('application/media_control+xml', '<media_control/>')).status).toBe(200);
    expect((await info('application/dtmf', 'nine')).status).toBe(400);
    const unknown = await info('application/json', '{}');
    expect(unknown.status).toBe(415);
    expect(unknown.headers.accept).toContain('application/dtmf-relay');
    expect((await caller.ask('INFO')).status).toBe(200);
    expect(digits).toEqual(['5', '#']);
  });

  it('declines transfers and what else it does not do', gateway('RFC 3515 §2.4.2'), async () => {
    const { leg } = await talking();
    const refer = await caller.ask('REFER', { fields: { 'Refer-To': '<sip:2000@127.0.0.1>' } });
    expect(refer.status).toBe(603);
    expect(refer.headers.warning).toContain('takes no transfers');
    expect(
      (await caller.ask('NOTIFY', { fields: { Event: 'refer', 'Subscription-State': 'active' } })).status,
    ).toBe(481);
    const message = await caller.ask('MESSAGE', { type: 'text/plain', body: 'hello' });
    expect(message.status).toBe(405);
    expect(message.headers.allow).not.toContain('MESSAGE');
    const options = await caller.ask('OPTIONS');
    expect(options.status).toBe(200);
    expect(options.headers.accept).toContain('application/sdp');
    expect(await Promise.race([leg.isAlive(), caller.ua.nextRequest('OPTIONS').then(() => 'asked')])).toBe(
      'asked',
    );
  });

  it('is known to be gone when the device says 481, or nothing', async () => {
    const { leg } = await talking();
    const alive = leg.isAlive();
    caller.ua.reply(await caller.ua.nextRequest('OPTIONS'), 481);
    expect(await alive).toBe(false);
    expect(await leg.isAlive()).toBe(false);
  });
});

describe('an encrypted call', () => {
  const keys = [
    'h77xBx3cFE4uhlQtSlBa4a8veOdxnbd6OBxy2bAy',
    'FHoHEZk7wM6b/frTeX+fzQ/K0PtuAvfIzRqjol9K',
  ] as const;
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const encrypted = (key: string, direction = 'sendrecv') =>
    offer({ direction })
      .replace('RTP/AVP', 'RTP/SAVP')
      .replace('a=rtpmap', `a=crypto:1 ${suite} inline:${key}|2^31\r\na=rtpmap`);
  const keyIn = (sdp: string) => /^a=crypto:1 \w+ inline:(\S+)\r$/m.exec(sdp)?.[1];

  it('is answered with a key of ours, and the media node gets both', async () => {
    const { ok, mediaLeg } = await talking(encrypted(keys[0]));
    expectLawfulAnswer(encrypted(keys[0]), ok.body);
    expect(mediaLeg.config?.security).toEqual({
      kind: 'sdes',
      send: { profile: suite, keys: [{ inline: keyIn(ok.body) }] },
      receive: { profile: suite, keys: [{ inline: keys[0] }] },
    });
  });

  it('keeps its keys over holds and repeated offers, and takes new ones when the device does', async () => {
    const { ok, mediaLeg } = await talking(encrypted(keys[0]));
    const again = await caller.ask('INVITE', { body: encrypted(keys[0]) });
    caller.send('ACK');
    expect(again.body).toBe(ok.body);
    const held = await caller.ask('INVITE', { body: encrypted(keys[0], 'inactive') });
    caller.send('ACK');
    expect(keyIn(held.body)).toBe(keyIn(ok.body));
    const changed = await caller.ask('INVITE', { body: encrypted(keys[1]) });
    caller.send('ACK');
    expect(keyIn(changed.body)).not.toBe(keyIn(ok.body));
    expect(mediaLeg.config?.security).toMatchObject({
      send: { keys: [{ inline: keyIn(changed.body) }] },
      receive: { keys: [{ inline: keys[1] }] },
    });
  });

  it('offers its own key again when a re-INVITE has no offer', async () => {
    const { ok, mediaLeg } = await talking(encrypted(keys[0]));
    const ours = await caller.ask('INVITE');
    expect(ours.body).toMatch(/m=audio \d+ RTP\/SAVP /);
    expect(keyIn(ours.body)).toBe(keyIn(ok.body));
    caller.send('ACK', { body: encrypted(keys[1]) });
    await expect
      .poll(() => mediaLeg.config?.security)
      .toMatchObject({ receive: { keys: [{ inline: keys[1] }] } });
  });

  it('is never answered in plain', async () => {
    const leg = await invited({ body: encrypted(keys[0]).replace(suite, 'F8_128_HMAC_SHA1_80') });
    expect(await reasonOf(leg.answer())).toBe('encryption-unusable');
    const ended = leg.end('encryption-unusable');
    const refusal = await caller.final('INVITE');
    expect(refusal.status).toBe(488);
    expect(refusal.headers.warning).toMatch(
      /^305 gateway "None of the a=crypto lines can be used; offer one of AES_CM/,
    );
    await ended;
  });

  it('over unencrypted signalling is told of, once, and no key is in the log', async () => {
    await talking(encrypted(keys[0]));
    await caller.ask('INVITE', { body: encrypted(keys[1]) });
    caller.send('ACK');
    const said = lines.filter(({ sentence }) => sentence.startsWith('SRTP keys come over'));
    expect(said).toMatchObject([{ level: 'warn', facts: { trunk: null, transport: 'udp' } }]);
    expect(JSON.stringify(lines)).not.toMatch(/inline|[A-Za-z0-9+/]{38,}/);
  });
});

describe('outside a dialog', () => {
  it('says truly what it can', gateway('RFC 3261 §11.2'), async () => {
    const ok = await caller.ask('OPTIONS');
    expect(ok.status).toBe(200);
    expect(ok.headers.allow).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO');
    expect(ok.headers.accept).toContain('application/sdp');
    expect(ok.headers.supported).toBe('100rel');
  });

  it.each([
    ['MESSAGE', 405],
    ['SUBSCRIBE', 405],
    ['PUBLISH', 405],
    ['REGISTER', 405],
    ['REFER', 405],
    ['INFO', 481],
    ['NOTIFY', 481],
    ['UPDATE', 481],
    ['BYE', 481],
  ] as const)('answers %s with %i', async (method, status) => {
    // drachtio-server hands out no REFER outside a dialog, and does not answer it either.
    if (method === 'REFER' && !server.edge) return;
    const fields = { Event: 'presence', 'Refer-To': '<sip:a@b>', 'Subscription-State': 'active' };
    const answer = await caller.ask(method, { fields });
    expect(answer.status).toBe(status);
    if (status === 405) expect(answer.headers.allow).toContain('INVITE');
  });

  it('answers an INVITE for a dialog that is gone with 481', gateway('RFC 3261 §12.2.2'), async () => {
    caller.call.remote += ';tag=gone';
    expect((await caller.ask('INVITE', { body: offer() })).status).toBe(481);
    expect(legs).toEqual([]);
  });
});

describe('the entrance', () => {
  it('says what it stands on', () => {
    expect(edge.status()).toMatchObject({
      state: 'up',
      embedded: true,
      version: expect.stringMatching(/^v\d/) as string,
    });
  });

  it('refuses to start with a wrong secret, and says what to do', async () => {
    const other = createSipEdge({
      connect: { host: '127.0.0.1', port: server.adminPort, secret: 'wrong' },
      embedded: null,
      media,
      trunks: { findTrunk: () => null },
      publicAddresses: [],
      codecs: ['PCMU', 'PCMA'],
      log: quietLog(),
    });
    await expect(
      other.start(
        () => undefined,
        () => undefined,
      ),
    ).rejects.toMatchObject({ code: 'EDGE_SECRET_REFUSED' });
    expect(other.status().state).toBe('down');
  });

  it('says goodbye to whoever is left when it closes', async () => {
    await talking();
    const closing = edge.close();
    const bye = await caller.bye();
    expect(bye.headers.reason).toContain('being stopped');
    await closing;
    expect(edge.status().state).toBe('down');
    // drachtio-server may hand a request to a connection that is just being closed; nobody answers that one.
    if (server.edge) expect((await caller.ask('OPTIONS')).status).toBeGreaterThan(400);
  });
});
