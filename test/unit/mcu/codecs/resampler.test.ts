import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createResampler } from '../../../../mcu/codecs/resampler.ts';
import type { RateHz } from '../../../../mcu/codecs/resampler.ts';
import { levelDb, tone, toneDb } from '../../../support/audio.ts';

const pairs: [RateHz, RateHz][] = [
  [8000, 16_000],
  [8000, 48_000],
  [16_000, 8000],
  [16_000, 48_000],
  [48_000, 8000],
  [48_000, 16_000],
];

function convert(from: RateHz, to: RateHz, input: Int16Array, frame = from / 50): Int16Array {
  const resampler = createResampler(from, to, frame);
  const out = new Int16Array((input.length * to) / from);
  let made = 0;
  for (let at = 0; at < input.length; at += frame) {
    const part = input.subarray(at, at + frame);
    made += resampler.process(part, part.length, out, made);
  }
  expect(made).toBe(out.length);
  return out;
}

describe.each(pairs)('%i Hz to %i Hz', (from, to) => {
  const lower = Math.min(from, to);

  test.each([0.02, 0.1, 0.25, 0.4])(
    'a tone at %f of the lower rate keeps its level, and nothing joins it',
    (share) => {
      const hz = lower * share;
      const out = convert(from, to, tone(hz, 8000, from, 0, from)).subarray(to / 4);
      const db = toneDb(out, hz, to);
      expect(db).toBeCloseTo(20 * Math.log10(8000 / 32_768), 0);
      // The tone alone is 3 dB below its peak: images and aliases would add to the whole.
      expect(Math.abs(levelDb(out) - (db - 3.01))).toBeLessThan(0.1);
    },
  );

  test('what the lower rate can’t carry is kept out', () => {
    if (from < to) {
      // An image of a tone lies as far above half the rate as the tone is below.
      const out = convert(from, to, tone(lower * 0.3, 8000, from, 0, from)).subarray(to / 4);
      expect(toneDb(out, lower * 0.7, to)).toBeLessThan(-60);
      return;
    }
    for (const share of [0.55, 0.7, 0.9, 1.2, 2.7].filter((each) => each * lower < from / 2)) {
      const out = convert(from, to, tone(lower * share, 8000, from, 0, from)).subarray(to / 4);
      expect(levelDb(out)).toBeLessThan(share < 0.6 ? -35 : -60);
    }
  });

  test('frames of any length give what one long frame gives', () => {
    const input = tone(700, 8000, from / 10, 0, from);
    const whole = convert(from, to, input, input.length);
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4, 5, 10, 20, 25), (ms) => {
        const frame = (from * ms) / 1000;
        expect(convert(from, to, input, frame)).toEqual(whole);
      }),
      { numRuns: 7 },
    );
  });

  test('the loudest input never wraps round, and silence stays silence', () => {
    const square = Int16Array.from({ length: from / 10 }, (_, i) =>
      Math.floor(i / 20) % 2 ? 32_767 : -32_768,
    );
    const out = convert(from, to, square);
    for (let i = to / 50 + 1; i < out.length; i++) {
      if (Math.abs(out[i]) < 20_000) continue;
      // A wrap would jump over the whole range at once where the band allows no such step.
      if (to > from) expect(Math.abs(out[i] - out[i - 1])).toBeLessThan(60_000);
    }
    expect(convert(from, to, new Int16Array(from / 10)).every((sample) => sample === 0)).toBe(true);
  });
});

test('after a reset nothing is left of what was before', () => {
  const resampler = createResampler(16_000, 8000, 320);
  const out = new Int16Array(160);
  resampler.process(tone(700, 8000, 320, 0, 16_000), 320, out, 0);
  resampler.reset();
  resampler.process(new Int16Array(320), 320, out, 0);
  expect(out.every((sample) => sample === 0)).toBe(true);
});
