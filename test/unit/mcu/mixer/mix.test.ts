import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addTo, isSilent, layOver, softLimit } from '../../../../mcu/mixer/mix.ts';

test('voices add up', () => {
  const total = Int32Array.of(1, -2);
  addTo(total, Int16Array.of(32_767, -32_768));
  addTo(total, Int16Array.of(32_767, -32_768));
  expect([...total]).toEqual([65_535, -65_538]);
});

test('sums below the knee are exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: -24_576, max: 24_576 }), (sample) => {
      expect(softLimit(sample)).toBe(sample);
    }),
  );
});

test('the limiter never wraps, never turns the sign, and louder stays louder', () => {
  const any = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 2 });
  fc.assert(
    fc.property(any, (sample) => {
      const limited = softLimit(sample);
      expect(Math.abs(limited)).toBeLessThanOrEqual(32_767);
      expect(Math.sign(limited)).toBe(Math.sign(sample));
      expect(softLimit(-sample) + limited).toBe(0);
      expect(softLimit(sample + 1)).toBeGreaterThanOrEqual(limited);
    }),
  );
});

test('a prompt lies over a frame that fades evenly', () => {
  const mixed = new Int16Array(4).fill(1000);
  layOver(mixed, 1, 0, Int16Array.of(10, 20, 30, 40));
  expect([...mixed]).toEqual([760, 520, 280, 40]);
});

test('idle A-law is silence, a whisper is not', () => {
  expect(isSilent(new Int16Array(160).fill(-8))).toBe(true);
  expect(isSilent(new Int16Array(160).fill(0).fill(9, 80, 81))).toBe(false);
});
