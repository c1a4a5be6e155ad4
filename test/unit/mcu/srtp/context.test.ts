import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createSrtpContext } from '../../../../mcu/srtp/context.ts';
import { HmacSha1 } from '../../../../mcu/srtp/hmac-sha1.ts';
import { srtpProfiles } from '../../../../mcu/srtp/profiles.ts';
import { srtpFailure } from '../../../../mcu/srtp/types.ts';
import type { SrtpContext } from '../../../../mcu/srtp/types.ts';
import {
  everyProfile,
  newSrtpKey,
  protectedRtcp,
  protectedRtp,
  rtcpOf,
  rtpOf,
  srtpEnds,
} from '../../../support/srtp.ts';

const { authentication, replay, malformed, exhausted } = srtpFailure;
const profile = 'AES_CM_128_HMAC_SHA1_80';

/** What the receiver makes of a packet; the original is kept. */
function open(receiver: SrtpContext, wire: Buffer): Buffer | number {
  const packet = Buffer.from(wire);
  const length = receiver.unprotectRtp(packet);
  return length < 0 ? length : packet.subarray(0, length);
}

function openRtcp(receiver: SrtpContext, wire: Buffer): Buffer | number {
  const packet = Buffer.from(wire);
  const length = receiver.unprotectRtcp(packet);
  return length < 0 ? length : packet.subarray(0, length);
}

describe.each(everyProfile)('%s', (each) => {
  const { rtpTagBytes, rtcpTagBytes } = srtpProfiles[each];

  test('carries RTP and RTCP, secret and with tags of its length', () => {
    const { sender, receiver } = srtpEnds(each);
    const packet = rtpOf(1);
    const wire = protectedRtp(sender, packet);
    expect(wire).toHaveLength(packet.length + rtpTagBytes);
    expect(wire.subarray(0, 12)).toEqual(packet.subarray(0, 12));
    expect(wire.includes(packet.subarray(12, 28))).toBe(false);
    expect(open(receiver, wire)).toEqual(packet);

    const report = protectedRtcp(sender, rtcpOf());
    expect(report).toHaveLength(rtcpOf().length + 4 + rtcpTagBytes);
    expect(openRtcp(receiver, report)).toEqual(rtcpOf());
  });

  test('keeps CSRCs and header extensions readable', () => {
    const { sender, receiver } = srtpEnds(each);
    const packet = Buffer.concat([
      rtpOf(1, 7, Buffer.alloc(4, 9)),
      Buffer.from([0xbe, 0xde, 0, 1, 0x10, 0x7f, 0, 0]),
      Buffer.alloc(3000, 5),
    ]);
    packet[0] = 0x91;
    const wire = protectedRtp(sender, packet);
    expect(wire.subarray(0, 24)).toEqual(packet.subarray(0, 24));
    expect(open(receiver, wire)).toEqual(packet);
  });

  test('takes nothing that another key protected', () => {
    const { receiver } = srtpEnds(each);
    const { sender } = srtpEnds(each);
    expect(open(receiver, protectedRtp(sender, rtpOf(1)))).toBe(authentication);
    expect(openRtcp(receiver, protectedRtcp(sender, rtcpOf()))).toBe(authentication);
  });

  test('finds the key by its MKI', () => {
    const mki = (value: number) => Buffer.from([0, 0, 0, value]);
    const keys = [newSrtpKey(each, { mki: mki(1) }), newSrtpKey(each, { mki: mki(2) })];
    const receiver = createSrtpContext({ profile: each, keys });
    for (const [at, key] of keys.entries()) {
      const sender = createSrtpContext({ profile: each, keys: [key] });
      const packet = rtpOf(1, at);
      const wire = protectedRtp(sender, packet);
      expect(wire).toHaveLength(packet.length + 4 + rtpTagBytes);
      expect(open(receiver, wire)).toEqual(packet);
      expect(openRtcp(receiver, protectedRtcp(sender, rtcpOf(at)))).toEqual(rtcpOf(at));
    }
    const unknown = createSrtpContext({ profile: each, keys: [{ ...keys[0], mki: mki(3) }] });
    expect(open(receiver, protectedRtp(unknown, rtpOf(9)))).toBe(authentication);
    expect(openRtcp(receiver, protectedRtcp(unknown, rtcpOf()))).toBe(authentication);
  });

  test('leaves out what was agreed to be left out', () => {
    const { sender, receiver } = srtpEnds(each, { unencryptedRtp: true, unencryptedRtcp: true });
    const wire = protectedRtp(sender, rtpOf(1));
    expect(wire.subarray(0, rtpOf(1).length)).toEqual(rtpOf(1));
    expect(open(receiver, wire)).toEqual(rtpOf(1));
    const report = protectedRtcp(sender, rtcpOf());
    expect(report.subarray(0, rtcpOf().length)).toEqual(rtcpOf());
    expect(openRtcp(receiver, report)).toEqual(rtcpOf());
  });

  test('takes no clear RTCP where secret RTCP was agreed, nor the other way round', () => {
    const { options, sender, receiver } = srtpEnds(each);
    const clear = createSrtpContext({ ...options, unencryptedRtcp: true });
    expect(openRtcp(receiver, protectedRtcp(clear, rtcpOf()))).toBe(authentication);
    expect(openRtcp(clear, protectedRtcp(sender, rtcpOf(8)))).toBe(authentication);
  });
});

test('RTP without tags, where that was agreed', () => {
  const { sender, receiver } = srtpEnds(profile, { unauthenticatedRtp: true });
  const wire = protectedRtp(sender, rtpOf(1));
  expect(wire).toHaveLength(rtpOf(1).length);
  expect(open(receiver, wire)).toEqual(rtpOf(1));
});

test('protects in the packet’s own memory when there is room', () => {
  const { sender, receiver } = srtpEnds(profile);
  const memory = Buffer.concat([rtpOf(1), Buffer.alloc(sender.overhead)]);
  const length = sender.protectRtp(memory.subarray(0, rtpOf(1).length), memory);
  expect(open(receiver, memory.subarray(0, length))).toEqual(rtpOf(1));
});

test('goes on over a wrap of sequence numbers, with losses around it', () => {
  const { sender, receiver } = srtpEnds(profile);
  for (let at = 65_500; at < 3 * 65_536 + 40; at += 101) {
    const wire = protectedRtp(sender, rtpOf(at));
    const lost = Math.abs((at % 65_536) - 300) < 500;
    if (!lost) expect(open(receiver, wire)).toEqual(rtpOf(at));
  }
  expect(receiver.checkpoint().streams[0].rtpIndex).toBeGreaterThan(2 * 65_536);
});

test('finds a stream whose first packets, before the wrap, were lost', () => {
  const { sender, receiver } = srtpEnds(profile);
  protectedRtp(sender, rtpOf(65_535));
  expect(open(receiver, protectedRtp(sender, rtpOf(65_536)))).toEqual(rtpOf(65_536));
});

test('takes reordered packets once, and none from long ago', () => {
  const { sender, receiver } = srtpEnds(profile);
  const wires = Array.from({ length: 2000 }, (_, at) => protectedRtp(sender, rtpOf(at)));
  expect(open(receiver, wires[5])).toEqual(rtpOf(5));
  expect(open(receiver, wires[3])).toEqual(rtpOf(3));
  expect(open(receiver, wires[3])).toBe(replay);
  expect(open(receiver, wires[1500])).toEqual(rtpOf(1500));
  expect(open(receiver, wires[1400])).toEqual(rtpOf(1400));
  expect(open(receiver, wires[4])).toBe(replay);
});

test('takes an RTCP packet once', () => {
  const { sender, receiver } = srtpEnds(profile);
  const [first, second] = [protectedRtcp(sender, rtcpOf()), protectedRtcp(sender, rtcpOf())];
  expect(openRtcp(receiver, second)).toEqual(rtcpOf());
  expect(openRtcp(receiver, first)).toEqual(rtcpOf());
  expect(openRtcp(receiver, first)).toBe(replay);
  expect(openRtcp(receiver, second)).toBe(replay);
});

test('a forged packet moves nothing', () => {
  const { sender, receiver } = srtpEnds(profile);
  open(receiver, protectedRtp(sender, rtpOf(100)));
  const before = receiver.checkpoint();
  for (let at = 0; at < 300; at++) {
    const forged = Buffer.concat([rtpOf(at * 211, at % 3 === 0 ? 8 : 7), randomBytes(10)]);
    expect(open(receiver, forged)).toBeLessThan(0);
  }
  expect(receiver.checkpoint()).toEqual(before);
  expect(open(receiver, protectedRtp(sender, rtpOf(101)))).toEqual(rtpOf(101));
});

test('never protects two packets with one keystream', () => {
  const { sender } = srtpEnds(profile);
  protectedRtp(sender, rtpOf(5));
  expect(sender.protectRtp(rtpOf(5, 7, Buffer.alloc(160, 1)), Buffer.alloc(200))).toBe(replay);
});

test('stops where a stream has come as far as a key may protect it (RFC 3711 §9.2)', () => {
  const { sender, receiver } = srtpEnds(profile);
  const nearTheEnd = { streams: [{ ssrc: 7, rtpIndex: 2 ** 48 - 2, rtcpIndex: 2 ** 31 - 2 }] };
  sender.restore(nearTheEnd);
  receiver.restore(nearTheEnd);
  expect(open(receiver, protectedRtp(sender, rtpOf(0xffff)))).toEqual(rtpOf(0xffff));
  expect(openRtcp(receiver, protectedRtcp(sender, rtcpOf()))).toEqual(rtcpOf());
  expect(sender.protectRtp(rtpOf(0), Buffer.alloc(200))).toBe(exhausted);
  expect(sender.protectRtcp(rtcpOf(), Buffer.alloc(200))).toBe(exhausted);
});

test('garbage is malformed or not authentic', () => {
  const { receiver } = srtpEnds(profile);
  expect(receiver.unprotectRtp(Buffer.alloc(0))).toBe(malformed);
  expect(receiver.unprotectRtp(Buffer.alloc(21, 0x80))).toBe(malformed);
  expect(receiver.unprotectRtcp(Buffer.alloc(21, 0x80))).toBe(malformed);
  expect(receiver.unprotectRtcp(Buffer.alloc(60, 0x80))).toBe(authentication);
  expect(receiver.protectRtp(Buffer.alloc(4), Buffer.alloc(100))).toBe(malformed);
  expect(receiver.protectRtp(rtpOf(1), Buffer.alloc(rtpOf(1).length))).toBe(malformed);
});

describe('another process goes on', () => {
  test('with the rollover counter, and takes nothing twice', () => {
    const { sender, receiver, options } = srtpEnds(profile);
    const old = protectedRtp(sender, rtpOf(30_000));
    for (const at of [50_000, 65_536, 80_000]) open(receiver, protectedRtp(sender, rtpOf(at)));
    const report = protectedRtcp(sender, rtcpOf());
    openRtcp(receiver, report);
    const checkpoint = receiver.checkpoint();
    const untold = protectedRtp(sender, rtpOf(80_003));
    open(receiver, untold);
    const next = createSrtpContext(options);
    next.restore(checkpoint);
    expect(open(next, protectedRtp(sender, rtpOf(80_005)))).toEqual(rtpOf(80_005));
    expect(open(next, untold)).toBe(replay);
    expect(open(next, old)).toBeLessThan(0);
    expect(open(next, protectedRtp(sender, rtpOf(80_007)))).toEqual(rtpOf(80_007));
    expect(open(next, protectedRtp(sender, rtpOf(80_006)))).toEqual(rtpOf(80_006));
    expect(openRtcp(next, report)).toBe(replay);
    expect(openRtcp(next, protectedRtcp(sender, rtcpOf()))).toEqual(rtcpOf());
  });

  test('under a new key, whether the peer goes on counting or starts over', () => {
    const old = srtpEnds(profile);
    for (const at of [50_000, 65_536, 80_000]) open(old.receiver, protectedRtp(old.sender, rtpOf(at)));
    const after = old.receiver.checkpoint();
    for (const goesOn of [true, false]) {
      const { options, sender } = srtpEnds(profile);
      const receiver = createSrtpContext({ ...options, after });
      if (goesOn) sender.restore(after);
      expect(open(receiver, protectedRtp(sender, rtpOf(80_001)))).toEqual(rtpOf(80_001));
    }
  });
});

test('a peer that invents streams does not fill the memory', () => {
  const { sender, receiver } = srtpEnds(profile);
  for (let ssrc = 0; ssrc < 1000; ssrc++) open(receiver, protectedRtp(sender, rtpOf(1, ssrc)));
  expect(receiver.checkpoint().streams).toHaveLength(256);
});

test('keys that are not the profile’s are refused', () => {
  const key = newSrtpKey(profile);
  expect(() => createSrtpContext({ profile: 'AEAD_AES_128_GCM', keys: [key] })).toThrow(RangeError);
  expect(() => createSrtpContext({ profile, keys: [key, { ...key, mki: Buffer.alloc(1) }] })).toThrow(
    RangeError,
  );
  const gcm = { profile: 'AEAD_AES_128_GCM', keys: [newSrtpKey('AEAD_AES_128_GCM')] } as const;
  expect(() => createSrtpContext({ ...gcm, unauthenticatedRtp: true })).toThrow(RangeError);
});

test('our HMAC-SHA1 is node’s', () => {
  for (let bytes = 0; bytes < 300; bytes++) {
    const [key, message] = [randomBytes(bytes % 64), randomBytes(bytes)];
    const out = Buffer.alloc(20);
    new HmacSha1(key).digest(message, 0, bytes, -1, out, 0, 20);
    expect(out).toEqual(createHmac('sha1', key).update(message).digest());
  }
});
