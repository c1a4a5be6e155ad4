/** Encrypted legs on a media node: real processes and UDP. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { SrtpKeying, SrtpProfile } from '../../mcu/ports.ts';
import { tone, toneDb } from '../support/audio.ts';
import { NodeUnderTest, configOf } from '../support/node-under-test.ts';
import type { NodeCaller } from '../support/node-under-test.ts';
import type { Phone } from '../support/phone.ts';
import { contextOf, everyProfile, newSrtpKeying, protectedRtp, rtcpOf, rtpOf } from '../support/srtp.ts';
import { until } from '../support/until.ts';

let on: NodeUnderTest;

beforeAll(async () => {
  on = await NodeUnderTest.open();
});
afterEach(() => on.clear());
afterAll(() => on.close());

interface Keys {
  readonly send: SrtpKeying;
  readonly receive: SrtpKeying;
}

const newKeys = (profile: SrtpProfile): Keys => ({
  send: newSrtpKeying(profile),
  receive: newSrtpKeying(profile),
});

/** What a re-INVITE settles; null: plain RTP. */
function agree({ phone, leg }: NodeCaller, keys: Keys | null): Promise<void> {
  return leg.configure(configOf(phone, keys ? { security: { kind: 'sdes', ...keys } } : {}));
}

/** An encrypted call to the echo. */
async function echoCall(keys: Keys): Promise<NodeCaller> {
  const caller = await on.call('PCMU', { security: { kind: 'sdes', ...keys } });
  const { phone, leg } = caller;
  phone.srtp = { send: contextOf(keys.receive), receive: [contextOf(keys.send)] };
  await leg.hear('echo');
  phone.speak((from) => tone(440, 8000, 160, from));
  return caller;
}

const hears = (phone: Phone, sinceMs = -Infinity) => toneDb(phone.heard(400, sinceMs), 440) > -20;

test.each(everyProfile)('%s: voice, digits and RTCP both ways', async (profile) => {
  const { phone, leg } = await echoCall(newKeys(profile));
  const digits: string[] = [];
  leg.on('digit', (digit) => digits.push(digit));
  await until('the echo is heard', () => hears(phone));
  phone.press('7');
  await until('the digit is there', () => digits.length > 0);
  expect(digits).toEqual(['7']);
  expect(phone.garbled).toBe(0);
  expect(await leg.stats()).toMatchObject({
    encryption: `srtp-sdes/${profile}`,
    dropped: { unauthentic: 0, replayed: 0 },
  });
});

test('reports are encrypted, too, and who lies about the key is not believed', async () => {
  const keys = newKeys('AES_CM_128_HMAC_SHA1_80');
  const { phone, leg } = await echoCall(keys);
  await until('a report came', () => phone.reports.length > 0, 15_000);
  expect(phone.garbled).toBe(0);
  phone.sendRtcp(rtcpOf(phone.ssrc));
  phone.srtp = null;
  phone.sendRtcp(rtcpOf(phone.ssrc));
  await until('the clear one is dropped', async () => (await leg.stats()).dropped.unauthentic > 0);
});

test('plain packets, forged ones and copies are dropped, counted, and not heard', async () => {
  const keys = newKeys('AES_CM_128_HMAC_SHA1_32');
  const { phone, leg } = await echoCall(keys);
  await until('the echo is heard', () => hears(phone));
  const before = (await leg.stats()).packetsReceived;
  phone.hush();
  phone.sendWire(rtpOf(1, phone.ssrc));
  phone.sendWire(protectedRtp(contextOf(newKeys('AES_CM_128_HMAC_SHA1_32').send), rtpOf(2, phone.ssrc)));
  const copied = protectedRtp(contextOf(keys.receive), rtpOf(9, phone.ssrc + 1));
  phone.sendWire(copied);
  phone.sendWire(copied);
  await until('all are counted', async () => {
    const { dropped } = await leg.stats();
    return dropped.unauthentic === 2 && dropped.replayed === 1;
  });
  expect((await leg.stats()).packetsReceived).toBeLessThanOrEqual(before + 10);
});

test('a new key comes into use without a gap, however late the peer uses it', async () => {
  const [first, second] = [newKeys('AES_CM_128_HMAC_SHA1_80'), newKeys('AES_CM_128_HMAC_SHA1_80')];
  const call = await echoCall(first);
  const { phone, leg } = call;
  await until('the echo is heard', () => hears(phone));
  const [ssrc, came] = [phone.packets.at(-1)?.ssrc, phone.packets.length];
  await agree(call, second);
  // Our answer is on its way: the phone still uses the old keys, both ways.
  await until('it is still understood', () => phone.packets.length > came + 10);
  expect(phone.garbled).toBe(0);
  const old = phone.srtp?.receive ?? [];
  phone.srtp = { send: contextOf(second.receive), receive: [contextOf(second.send), ...old] };
  const changed = phone.packets.length;
  await until('the echo goes on', () => phone.packets.length > changed + 20);
  expect(hears(phone)).toBe(true);
  expect(phone.garbled).toBe(0);
  expect(phone.packets.at(-1)?.ssrc).not.toBe(ssrc);
  expect((await leg.stats()).dropped.unauthentic).toBe(0);
});

test('our new key is used when the peer has been silent for long enough', async () => {
  const [first, second] = [newKeys('AES_CM_128_HMAC_SHA1_80'), newKeys('AEAD_AES_128_GCM')];
  const call = await echoCall(first);
  await until('the echo is heard', () => hears(call.phone));
  call.phone.hush();
  await agree(call, { ...first, send: second.send });
  call.phone.srtp = { send: contextOf(first.receive), receive: [contextOf(second.send)] };
  const came = call.phone.packets.length;
  await until('reports come under the new key', () => call.phone.reports.length > 0, 15_000);
  expect(call.phone.packets.length).toBeLessThanOrEqual(came + 2);
});

test('the same keys again change nothing', async () => {
  const keys = newKeys('AES_256_CM_HMAC_SHA1_80');
  const call = await echoCall(keys);
  await until('the echo is heard', () => hears(call.phone));
  const ssrc = call.phone.packets.at(-1)?.ssrc;
  await agree(call, structuredClone(keys));
  const came = call.phone.packets.length;
  await until('the echo goes on', () => call.phone.packets.length > came + 20);
  expect(call.phone.packets.at(-1)?.ssrc).toBe(ssrc);
  expect(call.phone.garbled).toBe(0);
});

test('a call may become plain and encrypted again', async () => {
  const keys = newKeys('AES_CM_128_HMAC_SHA1_80');
  const call = await echoCall(keys);
  await until('the echo is heard', () => hears(call.phone));
  await agree(call, null);
  call.phone.srtp = null;
  const plainMs = performance.now();
  await until('the plain echo is heard', () => hears(call.phone, plainMs));
  expect((await call.leg.stats()).encryption).toBe('none');
  const next = newKeys('AEAD_AES_256_GCM');
  await agree(call, next);
  call.phone.srtp = { send: contextOf(next.receive), receive: [contextOf(next.send)] };
  const encryptedMs = performance.now();
  await until('the encrypted echo is heard', () => hears(call.phone, encryptedMs));
});

test('the engine’s death under an encrypted call changes nothing of its keys', async () => {
  const keys = newKeys('AEAD_AES_256_GCM');
  const a = await on.callIntoRoom('engine', 'PCMU', { security: { kind: 'sdes', ...keys } });
  a.phone.srtp = { send: contextOf(keys.receive), receive: [contextOf(keys.send)] };
  const b = await on.callIntoRoom('engine');
  a.phone.speak((from) => tone(440, 8000, 160, from));
  b.phone.speak((from) => tone(1000, 8000, 160, from));
  const hearEachOther = (sinceMs = -Infinity) =>
    hears(b.phone, sinceMs) && toneDb(a.phone.heard(400, sinceMs), 1000) > -20;
  await until('both hear each other', () => hearEachOther());
  const { pid } = on.node.status().engine;
  process.kill(pid ?? 0, 'SIGKILL');
  const killedMs = performance.now();
  await until(
    'another engine runs',
    () => on.node.status().engine.state === 'up' && on.node.status().engine.pid !== pid,
    20_000,
  );
  await until('both hear each other again', () => hearEachOther(killedMs), 10_000);
  expect(new Set(a.phone.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  expect(a.phone.garbled).toBe(0);
  expect((await a.leg.stats()).dropped).toMatchObject({ unauthentic: 0, replayed: 0 });
});

test('of several keys with MKIs each packet is opened by its own, and the first is sent with', async () => {
  const profile = 'AES_CM_128_HMAC_SHA1_80';
  const withMkis = (mkis: string[]): SrtpKeying => ({
    profile,
    keys: mkis.map((mki) => ({ ...newSrtpKeying(profile).keys[0], mki })),
  });
  const keys = { send: withMkis(['0a01']), receive: withMkis(['0b01', '0b02']) };
  const { phone, leg } = await echoCall(keys);
  const [first, second] = keys.receive.keys.map((key) => contextOf({ profile, keys: [key] }));
  phone.srtp = { send: first, receive: [contextOf(keys.send)] };
  await until('the echo is heard', () => hears(phone));
  phone.srtp = { send: second, receive: phone.srtp.receive };
  const changedMs = performance.now();
  await until('the echo goes on under the second key', () => hears(phone, changedMs));
  expect(phone.garbled).toBe(0);
  expect((await leg.stats()).dropped.unauthentic).toBe(0);
});

test('no key is in any log', () => {
  // As long as a key in base64.
  for (const line of on.lines) expect(JSON.stringify(line)).not.toMatch(/inline|[A-Za-z0-9+/]{38,}/);
});
