import { expect, test } from 'vitest';
import { RoomFeed } from '../../../../mcu/rtp/feed.ts';
import { newRtpPacket, newRtpView, parseRtp, rewriteRtp } from '../../../../mcu/rtp/packet.ts';
import type { RtpView } from '../../../../mcu/rtp/packet.ts';

function make() {
  let nowMs = 0;
  const feed = new RoomFeed(8000, () => nowMs);
  const build = (sequence: number, timestamp: number, ssrc: number): [Buffer, RtpView] => {
    const packet = newRtpPacket(1, 0, ssrc);
    rewriteRtp(packet, 0, false, sequence & 0xffff, timestamp >>> 0);
    const view = newRtpView();
    parseRtp(packet, view);
    return [packet, view];
  };
  return {
    wait: (ms: number) => (nowMs += ms),
    skip: (sequence: number, timestamp = sequence * 160, ssrc = 1) =>
      feed.skip(build(sequence, timestamp, ssrc)[1]),
    pass: (sequence: number, timestamp = sequence * 160, ssrc = 1) => {
      nowMs += 20;
      const [packet, view] = build(sequence, timestamp, ssrc);
      if (!feed.pass(packet, view)) return null;
      parseRtp(packet, view);
      return { sequence: view.sequence, timestamp: view.timestamp, marker: view.marker };
    },
  };
}

test('packets pass as they are', () => {
  const { pass } = make();
  expect(pass(100)).toEqual({ sequence: 100, timestamp: 16_000, marker: true });
  expect(pass(101)).toEqual({ sequence: 101, timestamp: 16_160, marker: false });
  expect(pass(103)?.sequence).toBe(103);
  expect(pass(102)?.sequence).toBe(102);
});

test('the sequence closes over what is taken out, timestamps jump, the marker says so', () => {
  const { pass, skip } = make();
  pass(65_534);
  skip(65_535);
  skip(0, 65_536 * 160);
  expect(pass(1, 65_537 * 160)).toEqual({
    sequence: 65_535,
    timestamp: (65_537 * 160) >>> 0,
    marker: true,
  });
  expect(pass(2, 65_538 * 160)).toMatchObject({ sequence: 0, marker: false });
});

test('a packet from before a gap can not be placed any more', () => {
  const { pass, skip } = make();
  pass(1);
  skip(3);
  expect(pass(2)).toBeNull();
  expect(pass(4)?.sequence).toBe(3);
});

test('another SSRC or a jump goes on where the stream was', () => {
  const { pass, wait } = make();
  pass(10);
  wait(980);
  expect(pass(40_000, 999, 2)).toEqual({ sequence: 11, timestamp: 1600 + 8000, marker: true });
  expect(pass(40_001, 1159, 2)).toEqual({ sequence: 12, timestamp: 1600 + 8160, marker: false });
  expect(pass(5, 3_000_000_000, 2)?.sequence).toBe(13);
});
