import { describe, expect, test } from 'vitest';
import { Leveller } from '../../../../mcu/mixer/levelling.ts';
import { levelDb } from '../../../support/audio.ts';
import { seeded } from '../../../support/network-path.ts';

/** Syllables of 160 ms with 80 ms between them, at the given level while they last, over a background. */
function speech(
  rateHz: number,
  seconds: number,
  activeDb: number,
  backgroundDb = -75,
  pauseFrom = Infinity,
): Int16Array {
  const random = seeded(7);
  const amplitude = 32_768 * 10 ** (activeDb / 20) * Math.SQRT2;
  const background = 32_768 * 10 ** (backgroundDb / 20) * Math.sqrt(3) * 2;
  return Int16Array.from({ length: rateHz * seconds }, (_, i) => {
    const ms = (i * 1000) / rateHz;
    const voiced = ms % 240 < 160 && ms / 1000 < pauseFrom;
    const tone = voiced ? amplitude * Math.sin((2 * Math.PI * 200 * i) / rateHz) : 0;
    return Math.max(-32_768, Math.min(32_767, Math.round(tone + (random() - 0.5) * background)));
  });
}

function level(sound: Int16Array, rateHz: number): { out: Int16Array; leveller: Leveller } {
  const leveller = new Leveller();
  const out = Int16Array.from(sound);
  for (let at = 0; at < out.length; at += rateHz / 50) leveller.level(out.subarray(at, at + rateHz / 50));
  return { out, leveller };
}

/** Level of the syllables in a piece. */
function activeDb(sound: Int16Array, rateHz: number, fromSeconds: number, toSeconds: number): number {
  const piece = sound.subarray(rateHz * fromSeconds, rateHz * toSeconds);
  return levelDb(piece.filter((_, i) => ((i * 1000) / rateHz + fromSeconds * 1000) % 240 < 160));
}

describe.each([8000, 16_000, 48_000])('at %i Hz', (rateHz) => {
  test.each([
    ['a quiet telephone', -34, -20],
    ['a very quiet one, as far as 15 dB go,', -42, -27],
    ['a loud browser', -9, -20],
  ])('%s of %i dB comes to %i dB', (_, saidDb, heardDb) => {
    const { out } = level(speech(rateHz, 12, saidDb), rateHz);
    expect(Math.abs(activeDb(out, rateHz, 9, 12) - heardDb)).toBeLessThan(1.5);
  });

  test('a voice that is right already stays as it is, exactly', () => {
    const said = speech(rateHz, 5, -20);
    expect(level(said, rateHz).out).toEqual(said);
  });
});

test('the level changes slowly: nobody hears it', () => {
  const { out } = level(speech(8000, 12, -34), 8000);
  const levels = Array.from({ length: 11 }, (_, second) => activeDb(out, 8000, second, second + 1));
  levels.slice(1).forEach((now, i) => expect(Math.abs(now - levels[i])).toBeLessThan(5));
});

test('a background is not raised, neither alone nor in pauses', () => {
  const noisy = speech(8000, 10, -38, -55, 6);
  const { out } = level(noisy, 8000);
  expect(activeDb(out, 8000, 4, 6)).toBeGreaterThan(-27);
  expect(levelDb(out.subarray(8000 * 8))).toBeCloseTo(levelDb(noisy.subarray(8000 * 8)), 1);
  const onlyNoise = speech(8000, 5, -38, -50, 0);
  expect(level(onlyNoise, 8000).leveller.gainDb).toBe(0);
});

test('a sudden shout into a raised gain is not cut off', () => {
  const quiet = speech(8000, 8, -38);
  const shout = speech(8000, 1, -6);
  const said = new Int16Array(quiet.length + shout.length);
  said.set(quiet);
  said.set(shout, quiet.length);
  const { out } = level(said, 8000);
  expect(out.filter((sample) => Math.abs(sample) >= 32_767)).toHaveLength(0);
});
