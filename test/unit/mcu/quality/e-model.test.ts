import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mosOf, ratingOf } from '../../../../mcu/quality/e-model.ts';
import type { Path } from '../../../../mcu/quality/e-model.ts';

const clear: Path = { codec: 'PCMU', lossPercent: 0, burstRatio: 1, delayMs: 0 };

test('a clear short path has the default rating of G.107: 93.2, MOS 4.41', () => {
  expect(ratingOf(clear)).toBeCloseTo(93.2, 1);
  expect(mosOf(ratingOf(clear))).toBeCloseTo(4.41, 2);
});

// G.107 annex B: the bounds of the categories of user satisfaction (the table prints 4.03 for 4.024).
test.each([
  [90, 4.34],
  [80, 4.02],
  [70, 3.6],
  [60, 3.1],
  [50, 2.58],
])('R %d is MOS %d', (rating, mos) => {
  expect(mosOf(rating)).toBeCloseTo(mos, 2);
});

// Ie,eff of G.711 with concealment: 95 · Ppl / (Ppl + 25.1).
test.each([
  [1, 3.64],
  [2, 7.01],
  [5, 15.78],
  [10, 27.07],
  [20, 42.13],
])('%d percent of random loss cost G.711 with concealment %d points', (lossPercent, points) => {
  expect(ratingOf(clear) - ratingOf({ ...clear, lossPercent })).toBeCloseTo(points, 1);
});

// Mouth to ear without echo, G.107 figure 2 / G.114 figure 1: hardly anything up to 150 ms, then ever more.
test.each([
  [100, 90.7],
  [150, 89.5],
  [200, 86],
  [300, 72.7],
  [400, 62.3],
])('%d ms one way leave a rating of about %d', (delayMs, rating) => {
  expect(Math.abs(ratingOf({ ...clear, delayMs }) - rating)).toBeLessThan(1);
});

const path = fc.record({
  codec: fc.constantFrom('PCMU' as const, 'PCMA' as const, 'G722' as const, 'opus' as const),
  lossPercent: fc.double({ min: 0, max: 100, noNaN: true }),
  burstRatio: fc.double({ min: 1, max: 50, noNaN: true }),
  delayMs: fc.double({ min: 0, max: 5000, noNaN: true }),
});
const more = fc.double({ min: 0, max: 100, noNaN: true });
const tiny = 1e-6;

test('scores stay between 1 and 4.5, whatever a path is like', () => {
  fc.assert(
    fc.property(path, (any) => {
      const rating = ratingOf(any);
      expect(rating).toBeGreaterThanOrEqual(0);
      expect(rating).toBeLessThanOrEqual(93.3);
      expect(mosOf(rating)).toBeGreaterThanOrEqual(1);
      expect(mosOf(rating)).toBeLessThanOrEqual(4.5);
    }),
  );
});

test('no more loss, longer bursts or longer delay sounds better', () => {
  fc.assert(
    fc.property(path, more, (any, step) => {
      const mos = mosOf(ratingOf(any)) + tiny;
      expect(mosOf(ratingOf({ ...any, lossPercent: any.lossPercent + step }))).toBeLessThanOrEqual(mos);
      expect(mosOf(ratingOf({ ...any, burstRatio: any.burstRatio + step }))).toBeLessThanOrEqual(mos);
      expect(mosOf(ratingOf({ ...any, delayMs: any.delayMs + step }))).toBeLessThanOrEqual(mos);
    }),
    { numRuns: 1000 },
  );
});
