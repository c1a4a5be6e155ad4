import { beforeEach, expect, test } from 'vitest';
import { WantedBitrate } from '../../../../mcu/rtp/wanted-bitrate.ts';
import { feedbackOf } from '../../../support/video-peer.ts';

let nowMs: number;
let wanted: WantedBitrate;
beforeEach(() => {
  nowMs = 0;
  wanted = new WantedBitrate(() => nowMs);
});

/** What the device is asked for, in kbit/s with headers, while `ms` pass. */
function asks(ms: number): number[] {
  const asked: number[] = [];
  for (const end = nowMs + ms; nowMs < end; nowMs += 250) {
    const request = wanted.due(1, 2);
    if (request) asked.push(...feedbackOf(request).map((ask) => Number(ask.replace('tmmbr ', '')) / 1000));
  }
  return asked;
}
const withHeaders = (kbits: number) => Math.round((kbits * 1140) / 1100);
const rounded = (kbits: number[]) => kbits.map(Math.round);

test('all that our answers offer is asked for while a room gets the camera', () => {
  wanted.need('anybody');
  expect(new Set(rounded(asks(20_000)))).toEqual(new Set([withHeaders(4000)]));
});

test('a camera that only pictures here show is asked for what they need: more at once, less after a while', () => {
  wanted.need({ width: 320, height: 180 });
  expect(rounded(asks(250))).toEqual([withHeaders(4000)]);
  const tile = (height: number, ms: number) => {
    const asked: number[] = [];
    for (let at = 0; at < ms; at += 250) {
      wanted.need({ width: (height * 16) / 9, height });
      asked.push(...rounded(asks(250)));
    }
    return asked;
  };
  wanted.known();
  nowMs += 10_000;
  expect(tile(180, 250)).toEqual([withHeaders(400)]);
  wanted.known();
  expect(tile(720, 250)).toEqual([withHeaders(2000)]);
  wanted.known();
  expect(tile(180, 9000)).toEqual([]);
  expect(tile(180, 2000)[0]).toBe(withHeaders(400));
  wanted.known();
  expect(tile(1080, 250)).toEqual([withHeaders(4000)]);
});

test('a network that loses much is sent less, and all of it again when it has recovered', () => {
  const tracker = { extendedHighest: 10_000, lost: 0 };
  const seconds = (count: number, lossPercent: number) => {
    const asked: number[] = [];
    for (let i = 0; i < count; i++) {
      tracker.extendedHighest += 400;
      tracker.lost += 4 * lossPercent;
      wanted.watch(tracker);
      asked.push(...rounded(asks(1000)));
      wanted.known();
    }
    return asked;
  };
  expect(seconds(10, 1)).toEqual([withHeaders(4000)]);
  const lossy = seconds(6, 20);
  expect(lossy[0]).toBe(withHeaders(3000));
  expect(lossy.at(-1)).toBeLessThan(withHeaders(2500));
  expect(seconds(120, 0).at(-1)).toBe(withHeaders(4000));
});
