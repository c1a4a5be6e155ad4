import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isRtcp,
  newRtpPacket,
  newRtpView,
  parseRtp,
  rewriteRtp,
  sequenceDelta,
  timestampDelta,
} from '../../../../mcu/rtp/packet.ts';

const view = newRtpView();

test('reads the fixed header', () => {
  const packet = Buffer.from([0x80, 0x88, 0xff, 0xfe, 0xf0, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3]);
  expect(parseRtp(packet, view)).toBe(true);
  expect(view).toEqual({
    payloadType: 8,
    marker: true,
    sequence: 65_534,
    timestamp: 0xf000_0001,
    ssrc: 0xdead_beef,
    payloadStart: 12,
    payloadEnd: 15,
  });
});

test('finds the payload behind CSRCs and an extension, before padding', () => {
  const packet = Buffer.concat([
    Buffer.from([0xb2, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
    Buffer.alloc(8),
    Buffer.from([0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]),
    Buffer.from([9, 9, 9, 0, 0, 3]),
  ]);
  expect(parseRtp(packet, view)).toBe(true);
  expect([...packet.subarray(view.payloadStart, view.payloadEnd)]).toEqual([9, 9, 9]);
});

test.each([
  ['too short', Buffer.alloc(11, 0x80)],
  ['another version', Buffer.concat([Buffer.from([0x40]), Buffer.alloc(20)])],
  ['more CSRCs than octets', Buffer.concat([Buffer.from([0x8f]), Buffer.alloc(20)])],
  ['a cut extension', Buffer.concat([Buffer.from([0x90]), Buffer.alloc(12)])],
  [
    'an extension beyond the end',
    Buffer.concat([Buffer.from([0x90]), Buffer.alloc(13), Buffer.from([0, 9])]),
  ],
  ['padding of nothing', Buffer.concat([Buffer.from([0xa0]), Buffer.alloc(19)])],
  ['padding over the header', Buffer.concat([Buffer.from([0xa0]), Buffer.alloc(15), Buffer.from([17])])],
])('refuses %s', (_, packet) => {
  expect(parseRtp(packet, view)).toBe(false);
});

test('what is written is read again', () => {
  const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
  fc.assert(
    fc.property(
      uint(7),
      fc.boolean(),
      uint(16),
      uint(32),
      uint(32),
      (type, marker, sequence, timestamp, ssrc) => {
        const packet = newRtpPacket(4, 0, ssrc);
        rewriteRtp(packet, type, marker, sequence, timestamp);
        expect(parseRtp(packet, view)).toBe(true);
        expect(view).toMatchObject({ payloadType: type, marker, sequence, timestamp, ssrc });
      },
    ),
  );
});

test('tells RTCP from RTP on one port (RFC 5761)', () => {
  expect(isRtcp(Buffer.from([0x80, 200]))).toBe(true);
  expect(isRtcp(Buffer.from([0x80, 0x80 | 101]))).toBe(false);
  expect(isRtcp(Buffer.alloc(0))).toBe(false);
});

test('distances go the short way round', () => {
  expect(sequenceDelta(1, 65_535)).toBe(2);
  expect(sequenceDelta(65_535, 1)).toBe(-2);
  expect(timestampDelta(100, 0xffff_ff9c)).toBe(200);
});
