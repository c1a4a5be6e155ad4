import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addTo, isSilent, layOver, mixAll, mixMinus, softLimit } from '../../../../mcu/mixer/mix.ts';

const size = 16;
const frame = fc
  .array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: size, maxLength: size })
  .map((samples) => Int16Array.from(samples));
const voices = fc.array(frame, { minLength: 1, maxLength: 30 });

function sum(frames: readonly Int16Array[]): Int32Array {
  const total = new Int32Array(size);
  for (const voice of frames) addTo(total, voice);
  return total;
}

test('a listener hears the limited sum of all others', () => {
  fc.assert(
    fc.property(voices, (all) => {
      const total = sum(all);
      all.forEach((own, listener) => {
        const out = new Int16Array(size);
        mixMinus(own, total, out);
        const others = sum(all.filter((_, i) => i !== listener));
        expect([...out]).toEqual([...others].map(softLimit));
      });
    }),
  );
});

test('nobody else speaks: silence, exactly', () => {
  fc.assert(
    fc.property(frame, (own) => {
      const out = new Int16Array(size).fill(1);
      mixMinus(own, sum([own]), out);
      expect([...out]).toEqual(new Array(size).fill(0));
    }),
  );
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

test('whoever is not in the sum hears all of it', () => {
  const out = new Int16Array(2);
  mixAll(Int32Array.of(1000, 90_000), out);
  expect(out[0]).toBe(1000);
  expect(out[1]).toBeGreaterThan(30_000);
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
