/** Calls that a dial plan connects with another number: signalling, sound and keys from end to end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { findSound, joinSamples, tone, toneDb } from '../support/audio.ts';
import { Caller } from '../support/caller.ts';
import { Carrier } from '../support/carrier.ts';
import { gateway as clause } from '../support/clause.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import type { Phone } from '../support/phone.ts';
import { babble } from '../support/speech.ts';
import { until } from '../support/until.ts';

const password = 'a password that nobody shows';

const plan = (carrier: string) => `
version: 1
language: en
secrets: { trunk: { env: BRIDGE_TEST_PASSWORD } }
trunks:
  - { name: desk, sources: [127.0.0.1], srtp: off }
  - { name: carrier, to: '${carrier}', srtp: off, from: '+49308000' }
  - { name: asking, to: '${carrier}', srtp: off, auth: { user: acme, password: '\${secret:trunk}' } }
rules:
  - name: out
    match: { called: 3000 }
    action: { bridge: { trunk: carrier, number: '+4940200', dtmf: w12# } }
  - name: out or closed
    match: { called: 3001 }
    action:
      bridge:
        trunk: carrier
        number: '+4940201'
        seconds: 5
        otherwise: { play: { prompt: host-arrived, then: { reject: { code: 480, prompt: goodbye } } } }
  - name: announced, then out
    match: { called: 3002 }
    action: { play: { prompt: host-arrived, then: { bridge: { trunk: carrier, number: '+4940202' } } } }
  - name: out by password
    match: { called: 3003 }
    action: { bridge: { trunk: asking } }
`;

describeWith([missingForGateway()], 'a call that is connected with another number', () => {
  let gateway: TestGateway;
  let carrier: Carrier;
  let folder: string;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    process.env.BRIDGE_TEST_PASSWORD = password;
    carrier = await Carrier.open();
    folder = await mkdtemp(join(tmpdir(), 'plans-'));
    await writeFile(join(folder, 'plan.yaml'), plan(carrier.uri));
    gateway = await startTestGateway(['--dialPlans.folder', folder, '--media.silenceSeconds', '5']);
    carrier.serverPort = gateway.sipPort;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await until('no call is left', async () => (await gateway.calls()).length === 0, 15_000);
    carrier.phone.hush();
    carrier.phone.packets.length = 0;
  });
  afterAll(async () => {
    await gateway.close();
    await Promise.all([carrier.close(), rm(folder, { recursive: true, force: true })]);
    Reflect.deleteProperty(process.env, 'BRIDGE_TEST_PASSWORD');
  });

  async function caller(user: string): Promise<Caller> {
    const one = await Caller.open(gateway.sipPort, user);
    open.push(one);
    return one;
  }

  function recordOf(number: string) {
    return until('the record', async () => (await gateway.records()).find(({ from }) => from === number));
  }

  /** Both sides have answered, and nobody was answered before. */
  async function connected(user: string) {
    const phone = await caller(user);
    const answered = phone.dial('3000');
    const invite = await carrier.called();
    carrier.ua.reply(invite, 180);
    const other = await carrier.answer(invite);
    await answered;
    return { phone, other, invite };
  }

  it('is heard both ways, and gets the plan’s keys and the caller’s', clause('RFC 4733 §2.5'), async () => {
    const { phone, invite } = await connected('4930301');
    expect(invite.uri).toContain('sip:+4940200@');
    expect(invite.headers.from).toContain('sip:+49308000@127.0.0.1');
    phone.phone.speak((from) => tone(440, 8000, 160, from));
    carrier.phone.speak((from) => tone(1000, 8000, 160, from));
    await until('the caller hears the other side', () => toneDb(phone.phone.heard(200), 1000) > -30);
    await until('the other side hears the caller', () => toneDb(carrier.phone.heard(200), 440) > -30);
    // No echo of oneself.
    expect(toneDb(phone.phone.heard(200), 440)).toBeLessThan(-45);
    await until('the plan’s keys arrive', () => carrier.keys() === '12#');
    phone.type('7');
    await until('the caller’s key arrives', () => carrier.keys() === '12#7');
    expect(await gateway.calls()).toMatchObject([
      { state: 'talking', direction: 'inbound', room: null, from: '4930301' },
      { state: 'talking', direction: 'outbound', trunk: 'carrier', to: '+4940200', from: '+49308000' },
    ]);
    const ended = carrier.hungUp();
    await phone.hangUp();
    await ended;
    const records = await until('both records', async () => {
      const all = (await gateway.records()).filter(({ rule }) => rule === 'out');
      return all.length === 2 ? all : null;
    });
    expect(records.map(({ direction, endReason }) => [direction, endReason]).sort()).toEqual([
      ['inbound', 'caller-hung-up'],
      ['outbound', 'caller-hung-up'],
    ]);
  });

  it('ends when the other side hangs up', async () => {
    const { phone, other } = await connected('4930302');
    expect((await other.request('BYE')).status).toBe(200);
    expect(await phone.hungUp()).toContain('Q.850;cause=16');
  });

  it('goes on as the plan says when the other side is busy', async () => {
    const phone = await caller('4930303');
    const answered = phone.dial('3001');
    carrier.ua.reply(await carrier.called(), 486);
    await answered;
    await phone.hears('host-arrived');
    await phone.hungUp();
    const record = await recordOf('4930303');
    expect(record.steps.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['bridge', 'busy'],
      ['prompt', null],
    ]);
  });

  it('is given up when nobody answers in time', async () => {
    const phone = await caller('4930304');
    const answered = phone.dial('3001');
    const invite = await carrier.called();
    carrier.ua.reply(invite, 180);
    carrier.ua.reply(await carrier.ua.nextRequest('CANCEL', 10_000), 200);
    carrier.ua.reply(invite, 487);
    await answered;
    await phone.hears('host-arrived');
    await phone.hungUp();
  });

  it('is given up when the caller leaves while it rings', clause('RFC 3261 §9.1'), async () => {
    const phone = await caller('4930305');
    const call = phone.invite('3000');
    const invite = await carrier.called();
    carrier.ua.reply(invite, 180);
    await call.response(180);
    call.cancel();
    carrier.ua.reply(await carrier.ua.nextRequest('CANCEL'), 200);
    carrier.ua.reply(invite, 487);
    await call.response(487);
    call.ackRefusal();
  });

  it('rings at the caller’s device when it rings there, and no sooner', async () => {
    const phone = await caller('4930311');
    const call = phone.invite('3000');
    const invite = await carrier.called();
    await call.response(100);
    expect(phone.ua.takeUnread().map(({ status }) => status)).toEqual([]);
    carrier.ua.reply(invite, 180);
    await call.response(180);
    carrier.ua.reply(invite, 486);
    await call.response(486);
    call.ackRefusal();
  });

  it.each([
    ['', []],
    [' reliably where it can', ['Supported: 100rel']],
  ])('is heard by a caller who is not answered%s', async (_how, headers) => {
    const phone = await caller('4930312');
    const call = phone.invite('3000', headers);
    carrier.announce(await carrier.called());
    const progress = await call.response(183);
    if (headers.length > 0)
      await call.request('PRACK', { headers: [`RAck: ${progress.headers.rseq} 1 INVITE`] });
    phone.listen(progress);
    const announcement = babble(1000, 7);
    carrier.phone.speak(announcement);
    phone.phone.speak((from) => tone(440, 8000, 160, from));
    const said = joinSamples(Array.from({ length: 40 }, (_, i) => announcement(i * 160)));
    await until(
      'the caller hears the announcement',
      () => findSound(phone.phone.heard(2000), said).correlation > 0.7,
    );
    const [own] = await gateway.calls();
    expect(own).toMatchObject({ state: 'bridging', answeredAt: null });
    carrier.ua.reply(carrier.invite, 404, { headers: ['Reason: Q.850;cause=1'] });
    await call.response(404);
    call.ackRefusal();
    const record = await recordOf('4930312');
    expect(record).toMatchObject({ endReason: 'unknown-number', answeredAt: null });
  });

  it('is heard before and after its answer without a gap, and its answer says the same', async () => {
    const phone = await caller('4930313');
    const call = phone.invite('3000');
    const invite = await carrier.called();
    carrier.announce(invite);
    const progress = await call.response(183);
    phone.listen(progress);
    carrier.phone.speak((from) => tone(1000, 8000, 160, from));
    phone.phone.speak((from) => tone(440, 8000, 160, from));
    await until('the caller hears it', () => toneDb(phone.phone.heard(200), 1000) > -30);
    const other = await carrier.answer(invite);
    const answer = await call.connect();
    expect(answer.body).toBe(progress.body);
    await until('the other side hears the caller', () => toneDb(carrier.phone.heard(200), 440) > -30);
    expect(toneDb(phone.phone.heard(200), 1000)).toBeGreaterThan(-30);
    await other.request('BYE');
    await phone.hungUp();
  });

  it('that fails after an announcement goes on as the plan says', async () => {
    const phone = await caller('4930314');
    const call = phone.invite('3001');
    carrier.announce(await carrier.called());
    phone.listen(await call.response(183));
    phone.phone.speak((from) => tone(440, 8000, 160, from));
    carrier.ua.reply(carrier.invite, 480);
    await call.connect();
    await phone.hears('host-arrived');
    await phone.hungUp();
  });

  it('refuses a caller in the other side’s words', async () => {
    const phone = await caller('4930306');
    const call = phone.invite('3000');
    carrier.ua.reply(await carrier.called(), 404);
    const refusal = await call.response(404);
    call.ackRefusal();
    expect(refusal.headers.reason).toContain('Q.850;cause=1;');
  });

  it('is heard before it is answered by a caller who is', async () => {
    const phone = await caller('4930307');
    await phone.dial('3002');
    await phone.hears('host-arrived');
    const invite = await carrier.called();
    carrier.announce(invite);
    carrier.phone.speak((from) => tone(1000, 8000, 160, from));
    await until('the caller hears the announcement', () => toneDb(phone.phone.heard(200), 1000) > -30);
    carrier.ua.reply(invite, 480);
    await phone.hears('call-failed');
    expect(await phone.hungUp()).toContain('cause=19');
  });

  it('tells a trunk who calls, and shows the password to nobody', async () => {
    const phone = await caller('4930308');
    const answered = phone.dial('3003');
    const challenge = 'Digest realm="carrier", nonce="n1", algorithm=MD5, qop="auth"';
    carrier.ua.reply(await carrier.called(), 407, { headers: [`Proxy-Authenticate: ${challenge}`] });
    const again = await carrier.ua.next(
      'INVITE with a digest',
      ({ headers }) => headers['proxy-authorization'] !== undefined,
    );
    const other = await carrier.answer(again);
    await answered;
    await other.request('BYE');
    await phone.hungUp();
    expect(gateway.log()).not.toContain(password);
    expect(JSON.stringify(await gateway.records())).not.toContain(password);
  });

  it('goes on when the media node dies', async () => {
    const { phone } = await connected('4930310');
    const [node] = gateway.facts.status().media;
    phone.phone.speak((from) => tone(440, 8000, 160, from));
    carrier.phone.speak((from) => tone(1000, 8000, 160, from));
    await until('they hear each other', () => toneDb(carrier.phone.heard(200), 440) > -30);
    process.kill(node.pid ?? 0, 'SIGKILL');
    const killedMs = performance.now() + 50;
    const hear = (one: Phone, hz: number) => toneDb(one.heard(200, killedMs), hz) > -30;
    await until('the caller hears the other side again', () => hear(phone.phone, 1000), 15_000);
    await until('the other side hears the caller again', () => hear(carrier.phone, 440), 15_000);
    const ended = carrier.hungUp();
    await phone.hangUp();
    await ended;
  });

  it('ends when the other side is gone without a word', async () => {
    const phone = await caller('4930309');
    const gone = await Carrier.open();
    const answered = phone.dial('3000');
    const invite = await carrier.called();
    // Answers from where nobody will be.
    carrier.ua.reply(invite, 200, { body: gone.sdp, contact: `<sip:gone@127.0.0.1:${gone.ua.port}>` });
    await gone.ua.nextRequest('ACK');
    await answered;
    await gone.close();
    phone.phone.speak((from) => tone(440, 8000, 160, from));
    expect(await phone.hungUp(40_000)).toContain('no longer answers');
  });
});
