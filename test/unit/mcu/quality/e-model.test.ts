import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mosOf, ratingOf } from '../../../../mcu/quality/e-model.ts';
import type { Path } from '../../../../mcu/quality/e-model.ts';

const clear: Path = { codec: 'PCMU', lossPercent: 0, burstRatio: 1, delayMs: 0 };

test('a clear short path has the default rating of G.107 §7.7: 93.2, MOS 4.41', () => {
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

// What others compute from G.107 (06/2015) with the defaults of its table 3, all terms unrounded: the E-model of the
// open traffic generator loom (core/quality/emodel, which works out Ro and Is too). Up to 250 ms without loss its
// formulas are those of Flent's mos_score, whose authors checked it against the calculator of ITU-T study group 12.
test.each([
  { delayMs: 0, lossPercent: 0, burstRatio: 1, rating: 93.206208, mos: 4.409406 },
  { delayMs: 100, lossPercent: 0, burstRatio: 1, rating: 90.66373, mos: 4.35492 },
  { delayMs: 150, lossPercent: 0, burstRatio: 1, rating: 89.539132, mos: 4.327546 },
  { delayMs: 250, lossPercent: 0, burstRatio: 1, rating: 79.177101, mos: 3.992519 },
  { delayMs: 0, lossPercent: 1, burstRatio: 1, rating: 89.566361, mos: 4.328232 },
  { delayMs: 0, lossPercent: 5, burstRatio: 1, rating: 77.425477, mos: 3.923091 },
  { delayMs: 0, lossPercent: 5, burstRatio: 2, rating: 75.996063, mos: 3.8641 },
])('$delayMs ms, $lossPercent % lost, burst ratio $burstRatio: R $rating', ({ rating, mos, ...given }) => {
  const ours = ratingOf({ ...clear, ...given });
  expect(ours).toBeCloseTo(rating, 2);
  expect(mosOf(ours)).toBeCloseTo(mos, 3);
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

// Cole and Rosenbluth's straight lines for Id (Voice over IP performance monitoring, 2001), which hold up to 300 ms.
test.each([50, 100, 150, 200, 250, 300])(
  '%d ms one way cost what the usual simplification says',
  (delayMs) => {
    const simplified = 0.024 * delayMs + 0.11 * Math.max(0, delayMs - 177.3);
    const cost = ratingOf(clear) - ratingOf({ ...clear, delayMs });
    expect(Math.abs(cost - simplified)).toBeLessThan(1.5);
  },
);

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
