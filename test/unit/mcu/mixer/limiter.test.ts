import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Limiter } from '../../../../mcu/mixer/limiter.ts';
import { levelDb, toneDb } from '../../../support/audio.ts';
import { seeded } from '../../../support/network-path.ts';

const size = 160;

/** Frames of talkers, each a tone of its own with syllables of its own. */
function talkers(count: number, amplitude: number, frames: number, rateHz = 8000): Int16Array[] {
  return Array.from({ length: count }, (_, talker) => {
    const random = seeded(talker + 1);
    const phase = random() * 1000;
    const hz = 150 + 40 * talker;
    return Int16Array.from({ length: (rateHz / 50) * frames }, (_, i) => {
      const envelope = 0.6 + 0.4 * Math.sin((2 * Math.PI * 3 * (i + phase * 8)) / rateHz);
      return Math.round(amplitude * envelope * Math.sin((2 * Math.PI * hz * i) / rateHz + phase));
    });
  });
}

function sum(voices: readonly Int16Array[]): Int32Array {
  const total = new Int32Array(voices[0].length);
  for (const voice of voices) voice.forEach((sample, i) => (total[i] += sample));
  return total;
}

function limit(total: Int32Array, own: Int16Array | null, frame = size): Int16Array {
  const limiter = new Limiter();
  const out = new Int16Array(total.length);
  for (let at = 0; at < total.length; at += frame) {
    const piece = own ? own.subarray(at, at + frame) : null;
    limiter.mix(total.subarray(at, at + frame), piece, out.subarray(at, at + frame));
  }
  return out;
}

test('under −3 dBFS everybody hears the exact sum of all others', () => {
  const voices = fc.array(
    fc.array(fc.integer({ min: -2300, max: 2300 }), { minLength: size, maxLength: size }),
    {
      minLength: 1,
      maxLength: 10,
    },
  );
  fc.assert(
    fc.property(voices, (all) => {
      const frames = all.map((samples) => Int16Array.from(samples));
      const total = sum(frames);
      const own = frames[0];
      expect([...limit(total, own)]).toEqual([...total].map((sample, i) => sample - own[i]));
    }),
    { numRuns: 30 },
  );
});

test('any sum stays within full scale, whatever was before', () => {
  const sample = fc.integer({ min: -2_000_000, max: 2_000_000 });
  const frames = fc.array(fc.array(sample, { minLength: size, maxLength: size }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(frames, (all) => {
      const total = Int32Array.from(all.flat());
      const out = limit(total, null);
      out.forEach((limited, i) => {
        expect(Math.abs(limited)).toBeLessThanOrEqual(32_767);
        expect(limited * total[i]).toBeGreaterThanOrEqual(0);
      });
    }),
    { numRuns: 50 },
  );
});

describe.each([8000, 16_000, 48_000])('20 talkers at %i Hz', (rateHz) => {
  test('are loud, unclipped, and each as clear as alone', () => {
    const voices = talkers(20, 8000, 100, rateHz);
    const total = sum(voices);
    const out = limit(total, null, rateHz / 50);
    const exact = Float64Array.from(total);
    expect(out.filter((sample) => Math.abs(sample) > 32_000).length / out.length).toBeLessThan(0.001);
    expect(levelDb(out)).toBeGreaterThan(-16);
    // What the limiter makes of the sum is the sum, turned down: what is left after the best gain is small.
    const cut = 2 * (rateHz / 50);
    let [cross, power, own] = [0, 0, 0];
    for (let i = cut; i < out.length; i++) {
      cross += out[i] * exact[i];
      power += exact[i] ** 2;
      own += out[i] ** 2;
    }
    expect(cross / Math.sqrt(power * own)).toBeGreaterThan(0.97);
  });
});

test('after the loud moment the rest comes back within a second, without a step', () => {
  const loud = talkers(20, 8000, 20);
  const alone = talkers(1, 3000, 100)[0];
  const total = new Int32Array(120 * size);
  total.set(sum(loud));
  alone.subarray(0, 100 * size).forEach((sample, i) => (total[20 * size + i] = sample));
  const out = limit(total, null);
  const last = out.subarray(-50 * size);
  expect(Math.abs(toneDb(last, 150) - toneDb(Int16Array.from(total.subarray(-50 * size)), 150))).toBeLessThan(
    0.1,
  );
});

test('a listener who changes over from another sum goes on with its gain', () => {
  const loud = sum(talkers(20, 8000, 1));
  const one = new Limiter();
  const other = new Limiter();
  const out = new Int16Array(size);
  one.mix(loud, null, out);
  other.follow(one);
  const quiet = new Int32Array(size).fill(1000);
  other.mix(quiet, null, out);
  expect(out[0]).toBeLessThan(1000);
});
