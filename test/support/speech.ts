/** What is like speech in its ups and downs, and the same in each run. */
import { tone } from './audio.ts';

/** Numbers that are the same in each run (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Levels in dBov, 20 ms each, of somebody who talks: phrases of syllables of 100–300 ms, pauses of up to 1 s. */
export function speechLevels(frames: number, seed: number): number[] {
  const random = dice(seed);
  const levels: number[] = [];
  while (levels.length < frames) {
    for (let syllables = 2 + random() * 10; syllables > 0; syllables--) {
      const length = 5 + Math.floor(random() * 10);
      const loud = -16 - random() * 14;
      for (let i = 0; i < length; i++)
        levels.push(loud - 25 * (1 - Math.sin((Math.PI * (i + 0.5)) / length)));
    }
    for (let pause = random() * 50; pause > 0; pause--) levels.push(-Infinity);
  }
  return levels.slice(0, frames);
}

/** That speech as sound: a tone of those levels, 20 ms for each call. */
export function babble(hz: number, seed: number, rateHz = 8000): (from: number) => Int16Array {
  const levels = speechLevels(3000, seed);
  const size = rateHz / 50;
  return (from) =>
    tone(hz, 32_768 * Math.SQRT2 * 10 ** (levels[(from / size) % levels.length] / 20), size, from, rateHz);
}
