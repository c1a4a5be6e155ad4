/** DTLS-SRTP and ICE on a media node: real processes and UDP. */
import { createSocket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { LegMediaConfig } from '../../mcu/ports.ts';
import { tone, toneDb } from '../support/audio.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import type { NodeCaller } from '../support/node-under-test.ts';
import { SecurePhone } from '../support/secure-phone.ts';
import type { SecureWay } from '../support/secure-phone.ts';
import { until } from '../support/until.ts';

let on: NodeUnderTest;
let lite: NodeUnderTest;
const secrets: string[] = [];

beforeAll(async () => {
  [on, lite] = await Promise.all([NodeUnderTest.open(), NodeUnderTest.open({ ice: 'lite' })]);
});
afterEach(() => Promise.all([on.clear(), lite.clear()]));
afterAll(() => Promise.all([on.close(), lite.close()]));

interface SecureCall extends NodeCaller {
  readonly secure: SecurePhone;
  /** Why its leg said that there will be no media. */
  readonly failures: string[];
}

/** What has gone wrong, if anything. */
const faults = ({ secure, failures, phone }: SecureCall) => [...secure.failures, ...failures, phone.garbled];

async function secureCall(
  way: SecureWay,
  node = on,
  changes: Partial<LegMediaConfig> = {},
): Promise<SecureCall> {
  const caller = await node.call();
  const secure = new SecurePhone(caller.phone, way);
  onTestFinished(() => {
    secrets.push(...secure.secrets);
    secure.close();
  });
  const failures: string[] = [];
  caller.leg.on('failed', (reason) => failures.push(reason));
  await secure.agree(caller, changes);
  return { ...caller, secure, failures };
}

const say = (hz: number) => (from: number) => tone(hz, 8000, 160, from);
const hears = ({ phone }: NodeCaller, hz: number, sinceMs = -Infinity) =>
  toneDb(phone.heard(400, sinceMs), hz) > -20;

const ways: SecureWay[] = [
  { ice: true, setup: 'active' },
  { ice: true, setup: 'passive' },
  { ice: false, setup: 'active' },
  { ice: false, setup: 'passive' },
];

test.each(ways.slice(0, 2))('a node with ICE lite is found by a phone (%o) that checks', async (way) => {
  const call = await secureCall(way, lite);
  await call.leg.hear('echo');
  call.phone.speak(say(440));
  await until('the echo is heard', () => hears(call, 440), 10_000);
  expect((await call.leg.stats()).encryption).toBe('dtls-srtp/AEAD_AES_128_GCM');
  expect(faults(call)).toEqual([0]);
});

test.each(ways)('the death of the engine under a call (%o) changes nothing of its keys', async (way) => {
  const room = `engine-${ways.indexOf(way)}`;
  const call = await secureCall(way);
  await call.leg.join({ room, identity: call.identity, publish: 'auto' });
  await call.leg.hear('room');
  const other = await on.callIntoRoom(room);
  await until('keys are agreed', () => call.phone.srtp);
  call.phone.speak(say(440));
  other.phone.speak(say(1000));
  await until('both hear each other', () => hears(call, 1000) && hears(other, 440));
  const { pid } = on.node.status().engine;
  process.kill(pid ?? 0, 'SIGKILL');
  const killedMs = performance.now();
  await until(
    'another engine runs',
    () => {
      const { state, pid: now } = on.node.status().engine;
      return state === 'up' && now !== pid;
    },
    20_000,
  );
  await until(
    'both hear each other again',
    () => hears(call, 1000, killedMs) && hears(other, 440, killedMs),
    10_000,
  );
  expect(new Set(call.phone.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  expect(call.secure.handshakes).toBe(1);
  expect((await call.leg.stats()).dropped).toMatchObject({ unauthentic: 0, replayed: 0 });
  expect(faults(call)).toEqual([0]);
});

test.each(ways.slice(2))('strangers end no call (%o) without ICE', async (way) => {
  const stranger = createSocket('udp4');
  onTestFinished(() => void stranger.close());
  const call = await secureCall(way, on, { confirmed: false });
  // A fatal alert, a handshake record of one octet, the first octet of a long ClientHello.
  for (const hex of [
    '15fefd000000000000000000020228',
    '16fefd0000000000000000000100',
    `16fefd0000000000000000000d01001388000100000000000100`,
  ])
    stranger.send(Buffer.from(hex, 'hex'), call.leg.local.rtpPort, '127.0.0.1');
  await until('they were dropped', async () => (await call.leg.stats()).dropped.stranger > 1);
  await call.secure.agree(call);
  await call.leg.hear('echo');
  await until('keys are agreed', () => call.phone.srtp, 10_000);
  call.phone.speak(say(440));
  await until('the echo is heard', () => hears(call, 440));
  expect(faults(call)).toEqual([0]);
});

test.each(ways.slice(2))('a call (%o) comes back from hold by 0.0.0.0 under its keys', async (way) => {
  const call = await secureCall(way);
  await call.leg.hear('echo');
  await until('keys are agreed', () => call.phone.srtp);
  call.phone.speak(say(440));
  await until('the echo is heard', () => hears(call, 440));
  const { rtpPort, rtcpPort } = call.phone.remote;
  await call.secure.agree(call, { remote: { address: '0.0.0.0', rtpPort, rtcpPort } });
  const heldAt = call.phone.packets.length;
  await until('the phone is still heard', async () => (await call.leg.stats()).packetsReceived > heldAt + 20);
  await call.secure.agree(call);
  const backMs = performance.now();
  await until('the echo is heard again', () => hears(call, 440, backMs));
  expect(call.secure.handshakes).toBe(1);
  expect(faults(call)).toEqual([0]);
});

test('no key and no password is in any log', () => {
  expect(secrets.length).toBeGreaterThan(20);
  const logged = [...on.lines, ...lite.lines].map((line) => JSON.stringify(line)).join('\n');
  expect(logged.length).toBeGreaterThan(100);
  for (const secret of secrets) expect(logged).not.toContain(secret);
});
