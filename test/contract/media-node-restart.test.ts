/** A media node's process dies and another one goes on with its calls: real processes and UDP, a fake SFU. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { MediaNodeClient } from '../../mcu/control/client.ts';
import type { FakeSfu } from '../fakes/sfu.ts';
import { tone, toneDb, writeWav } from '../support/audio.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import type { NodeCaller } from '../support/node-under-test.ts';
import { SecurePhone } from '../support/secure-phone.ts';
import type { SecureWay } from '../support/secure-phone.ts';
import { contextOf, newSrtpKeying, protectedRtp } from '../support/srtp.ts';
import { until } from '../support/until.ts';

/** 8000 of 32768, as a sine. */
const spokenDb = 20 * Math.log10(8000 / 32768);
let on: NodeUnderTest;
let sfu: FakeSfu;
let node: MediaNodeClient;

beforeAll(async () => {
  // How fast a process starts on a busy machine is not the subject.
  on = await NodeUnderTest.open({ restoreWithinMs: 40_000 });
  ({ sfu, node } = on);
  writeWav(join(on.promptFolder, 'music.wav'), tone(700, 8000, 48_000, 0, 48_000), 48_000);
});
afterEach(() => on.clear());
afterAll(() => on.close());

const say = (hz: number) => (from: number) => tone(hz, 8000, 160, from);
const hears = ({ phone }: NodeCaller, hz: number, sinceMs = -Infinity): boolean =>
  toneDb(phone.heard(400, sinceMs), hz) > spokenDb - 6;

/** Kills the node's process; resolves with the moment when another one runs. */
async function kill(): Promise<number> {
  const { pid } = node.status();
  process.kill(pid ?? 0, 'SIGKILL');
  on.lines.length = 0;
  const killedMs = performance.now();
  await until('the process is gone', () => node.status().pid !== pid);
  return killedMs;
}

/** How long the phone heard nothing after the kill. */
function gapMs({ phone }: NodeCaller, killedMs: number): number {
  const first = phone.packets.find(({ atMs }) => atMs > killedMs + 15);
  return (first?.atMs ?? Infinity) - killedMs;
}

test('calls go on where they were: echo, room and prompt, on the same ports with new SSRCs', async () => {
  const echo = await on.call();
  const [a, b] = [await on.callIntoRoom('goes-on'), await on.callIntoRoom('goes-on', 'PCMA')];
  const music = await on.call();
  const callers = [echo, a, b, music];
  await echo.leg.hear('echo');
  const playing = music.leg.play(['music.wav'], { loop: true });
  echo.phone.speak(say(350));
  a.phone.speak(say(440));
  b.phone.speak(say(1000));
  await a.leg.setMuted(true);
  await until('b is not heard yet', () => hears(echo, 350) && hears(a, 1000) && hears(music, 700));
  // A device behind a NAT: what was learnt of it must not be forgotten.
  await echo.phone.moveRtp();
  await until('the moved phone is followed', () => hears(echo, 350, performance.now() - 400), 8000);
  const watch = await node.watchRoom('goes-on');
  const ssrcs = callers.map(({ phone }) => phone.packets.at(-1)?.ssrc);
  const publisher = sfu.publisher(b.identity);
  await on.standsBy('media node');

  const killedMs = await kill();
  await until(
    'all hear as before',
    () => hears(echo, 350, killedMs) && hears(a, 1000, killedMs) && hears(music, 700, killedMs),
    15_000,
  );
  for (const caller of callers)
    expect(gapMs(caller, killedMs), `of ${caller.leg.id}`).toBeLessThan(2000 + 25 * callers.length);
  console.log(`back after ${callers.map((caller) => Math.round(gapMs(caller, killedMs))).join(', ')} ms`);
  callers.forEach(({ phone }, i) => expect(phone.packets.at(-1)?.ssrc).not.toBe(ssrcs[i]));
  // The same identity, once; what the room heard and did not hear stays so.
  await until('b is in the room again', () => sfu.publisher(b.identity) !== publisher);
  const again = await until('b is there', () => sfu.publisher(b.identity));
  await until('the room hears b', () => again.packets.length > 20);
  expect(sfu.publishers.filter(({ identity, gone }) => identity === b.identity && !gone)).toHaveLength(1);
  expect(toneDb(b.phone.heard(400), 440)).toBeLessThan(-60);
  await until('a is muted in the room', () => sfu.publisher(a.identity)?.muted === true);
  expect(sfu.publisher(a.identity)?.packets).toHaveLength(0);
  await a.leg.setMuted(false);
  await until('a is heard again', () => hears(b, 440));
  sfu.enter('goes-on', 'anna');
  await until('the watch sees who comes', () =>
    watch.participants().some(({ identity }) => identity === 'anna'),
  );
  const digits: string[] = [];
  echo.leg.on('digit', (digit) => digits.push(digit));
  echo.phone.press('5');
  await until('digits are told', () => digits.length === 1);
  await music.leg.close();
  expect(await playing).toBe('stopped');
  expect(callers.flatMap(({ told }) => told)).toEqual([]);
  await watch.close();
});

test('a process that hangs is killed, and the stand-by goes on with its calls', async () => {
  const echo = await on.call();
  await echo.leg.hear('echo');
  echo.phone.speak(say(350));
  const a = await on.callIntoRoom('hangs');
  const b = await on.callIntoRoom('hangs');
  a.phone.speak(say(440));
  await until('all is well', () => hears(echo, 350) && hears(b, 440));
  await on.standsBy('media node');
  const { pid, hangs } = node.status();
  process.kill(pid ?? 0, 'SIGSTOP');
  on.lines.length = 0;
  const stoppedMs = performance.now();
  // What is asked of it now must not be lost with it.
  const muted = b.leg.setMuted(true);
  await until(
    'another process runs',
    () => node.status().pid !== pid && node.status().state === 'up',
    30_000,
  );
  expect(node.status().hangs).toBe(hangs + 1);
  await until('all is well again', () => hears(echo, 350, stoppedMs) && hears(b, 440, stoppedMs), 10_000);
  console.log(`back after ${Math.round(gapMs(echo, stoppedMs + 100) + 100)} ms`);
  await muted;
  await until('b is muted in the room', () => sfu.publisher(b.identity)?.muted === true);
  expect([...echo.told, ...a.told, ...b.told]).not.toContain('leg lost');
}, 90_000);

test('what was counted of a leg, and that it is silent, outlives the process', async () => {
  const a = await on.callIntoRoom('counted');
  let sent = 0;
  a.phone.way = (_packet, send) => {
    if (sent++ % 10 !== 0) send();
  };
  a.phone.speak(say(440));
  // Told every five seconds.
  const before = await until('losses are counted', async () => {
    const { packetsLost } = await a.leg.stats();
    return packetsLost >= 10 && a.leg.stats();
  });
  a.phone.hush();
  await on.standsBy('media node');
  await kill();
  const heardMs = performance.now();
  const meanwhile = await a.leg.stats();
  expect(meanwhile.packetsReceived).toBeGreaterThanOrEqual(before.packetsReceived);
  await until(
    'the next process carries it',
    () => a.phone.packets.some(({ atMs }) => atMs > heardMs + 100),
    15_000,
  );
  a.phone.way = null;
  a.phone.speak(say(440));
  const after = await until('50 more packets', async () => {
    const stats = await a.leg.stats();
    return stats.packetsReceived > meanwhile.packetsReceived + 50 && stats;
  });
  expect(after.packetsLost).toBe(meanwhile.packetsLost);
  expect(after.packetsSent).toBeGreaterThan(meanwhile.packetsSent);
  const { received } = after.quality ?? {};
  const concealedMs = before.quality?.received.concealedMs ?? 0;
  expect(received?.concealedMs).toBeGreaterThanOrEqual(concealedMs);
  expect(received?.lossPercent).toBeGreaterThan(0);
  expect(received?.lossPercent).toBeLessThan(before.quality?.received.lossPercent ?? 0);
}, 90_000);

test('what is asked while no process runs waits for the next one', async () => {
  const a = await on.call();
  const b = await on.callIntoRoom('waits');
  b.phone.speak(say(1000));
  await on.standsBy('media node');
  await kill();
  const joined = a.leg.join({ room: 'waits', identity: a.identity, publish: 'auto' });
  const hearing = a.leg.hear('room');
  const watching = node.watchRoom('waits').catch((error: unknown) => error);
  await Promise.all([joined, hearing]);
  expect(sfu.publisher(a.identity)).toBeDefined();
  await until('a hears b', () => hears(a, 1000), 10_000);
  await watching;
});

test('a call that comes while no process runs waits for the next one, and takes nobody’s ports', async () => {
  const a = await on.call();
  await a.leg.hear('echo');
  a.phone.speak(say(350));
  await on.standsBy('media node');
  await kill();
  const [b, c] = await Promise.all([on.call(), on.call()]);
  for (const { leg, phone } of [b, c]) {
    await leg.hear('echo');
    phone.speak(say(440));
  }
  const killedMs = performance.now();
  await until('all are served', () => hears(a, 350, killedMs) && hears(b, 440) && hears(c, 440), 10_000);
  expect([...a.told, ...b.told, ...c.told]).toEqual([]);
  expect(new Set([a, b, c].map(({ leg }) => leg.local.rtpPort)).size).toBe(3);
});

test('a second death is survived like the first, and who hung up meanwhile is gone', async () => {
  const [a, b, c] = [
    await on.callIntoRoom('twice'),
    await on.callIntoRoom('twice'),
    await on.callIntoRoom('twice'),
  ];
  a.phone.speak(say(440));
  await until('b hears a', () => hears(b, 440));
  await kill();
  // At once, and while the others are being restored.
  await c.leg.close();
  const again = await until(
    'the next process runs',
    () => node.status().state === 'up' && node.status().pid,
    20_000,
  );
  process.kill(again, 'SIGKILL');
  await until('it is gone', () => node.status().pid !== again);
  const killedMs = performance.now();
  await until('b hears a again', () => hears(b, 440, killedMs), 30_000);
  expect(node.status().legs).toBe(2);
  const heardByC = c.phone.packets.length;
  await until('b hears on', () => b.phone.packets.filter(({ atMs }) => atMs > killedMs).length > 60);
  expect(c.phone.packets.length).toBe(heardByC);
  expect([...a.told, ...b.told]).not.toContain('leg lost');
  expect(c.told).toEqual([]);
  await until('both are in the room', () => [a, b].every(({ identity }) => sfu.publisher(identity)));
});

test('a room that can not be joined again for a while is told, and told again when it can', async () => {
  const a = await on.callIntoRoom('away');
  sfu.silent = true;
  await kill();
  await until('the loss is told', () => a.told.includes('lost'), 10_000);
  sfu.silent = false;
  await until('the return is told', () => a.told.includes('restored'), 30_000);
  expect(a.told).toEqual(['lost', 'restored']);
});

test('a leg whose ports somebody else took is lost, the others are not', async () => {
  const [a, b] = [await on.call(), await on.call()];
  await b.leg.hear('echo');
  b.phone.speak(say(440));
  await until('b hears itself', () => hears(b, 440));
  const { pid } = node.status();
  process.kill(pid ?? 0, 'SIGKILL');
  const thief = await taken(a.leg.local.rtpPort);
  try {
    await until('a is lost', () => a.told.includes('leg lost'), 15_000);
    const sinceMs = performance.now();
    await until('b hears itself', () => hears(b, 440, sinceMs), 10_000);
    expect(b.told).toEqual([]);
  } finally {
    thief.close();
  }
});

/** Binds the port as soon as it is free. */
async function taken(port: number): Promise<Socket> {
  return until('the port is taken', async () => {
    const socket = createSocket('udp4');
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    return once(socket, 'listening').then(
      () => socket,
      () => null,
    );
  });
}

test('an encrypted call goes on under its keys, with the rollover counter, and takes nothing twice', async () => {
  const [send, receive] = [
    newSrtpKeying('AES_CM_128_HMAC_SHA1_80'),
    newSrtpKeying('AES_CM_128_HMAC_SHA1_80'),
  ];
  const caller = await on.call('PCMU', { security: { kind: 'sdes', send, receive } });
  const { phone, leg } = caller;
  phone.srtp = { send: contextOf(receive), receive: [contextOf(send)] };
  const recorded: Buffer[] = [];
  phone.way = (packet, deliver) => {
    if (recorded.length < 20) recorded.push(protectedRtp(contextOf(receive), packet));
    deliver();
  };
  await leg.hear('echo');
  phone.speak(say(350));
  // The phone's sequence numbers wrap within the first second.
  await until('the rollover counter is one', () => phone.packets.length > 60 && hears(caller, 350));
  const ssrc = phone.packets.at(-1)?.ssrc;
  await on.standsBy('media node');

  const killedMs = await kill();
  await until('the phone hears as before', () => hears(caller, 350, killedMs), 15_000);
  expect(phone.packets.at(-1)?.ssrc).not.toBe(ssrc);
  for (const wire of recorded) phone.sendWire(wire);
  await until('copies are told apart', async () => (await leg.stats()).dropped.replayed >= recorded.length);
  expect(await leg.stats()).toMatchObject({
    encryption: 'srtp-sdes/AES_CM_128_HMAC_SHA1_80',
    dropped: { unauthentic: 0 },
  });
  expect(phone.garbled).toBe(0);
});

test.each<SecureWay>([
  { ice: true, setup: 'active' },
  { ice: true, setup: 'passive' },
  { ice: false, setup: 'active' },
  { ice: false, setup: 'passive' },
])('a DTLS-SRTP call (%o) goes on under its keys, death after death', async (way) => {
  const caller = await on.call();
  const { phone, leg } = caller;
  const secure = new SecurePhone(phone, way);
  onTestFinished(() => secure.close());
  const failures: string[] = [];
  leg.on('failed', (reason) => failures.push(reason));
  await secure.agree(caller);
  await until('keys are agreed', () => phone.srtp);
  const recorded: Buffer[] = [];
  const { send } = phone.srtp ?? {};
  phone.way = (packet) => {
    const wire = send && protectedRtp(send, packet);
    if (!wire) return;
    if (recorded.length < 20) recorded.push(wire);
    phone.sendWire(wire);
  };
  await leg.hear('echo');
  phone.speak(say(350));
  // The phone's sequence numbers wrap within the first second.
  await until('the rollover counter is one', () => phone.packets.length > 60 && hears(caller, 350));
  for (let death = 1; death <= 2; death++) {
    const ssrc = phone.packets.at(-1)?.ssrc;
    await on.standsBy('media node');
    const killedMs = await kill();
    await until('the phone hears as before', () => hears(caller, 350, killedMs), 15_000);
    expect(phone.packets.at(-1)?.ssrc).not.toBe(ssrc);
  }
  for (const wire of recorded) phone.sendWire(wire);
  await until('copies are told apart', async () => (await leg.stats()).dropped.replayed >= recorded.length);
  const { encryption, dropped } = await leg.stats();
  expect(encryption).toBe('dtls-srtp/AEAD_AES_128_GCM');
  expect(dropped.unauthentic).toBe(0);
  expect([phone.garbled, secure.handshakes, secure.failures, failures]).toEqual([0, 1, [], []]);
});
