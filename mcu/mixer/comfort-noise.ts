/** −73 dBFS (RMS) of evenly distributed noise: a line that lives, and nothing that one would hear as noise. */
const amplitude = 12;
/** Long enough that nobody hears it repeat, as each frame starts anywhere. */
const seconds = 1;

/** Noise for listeners to whom nobody speaks; the same for all, and the same at every start. */
export function comfortNoise(rateHz: number): Int16Array {
  const noise = new Int16Array(rateHz * seconds);
  let state = 1;
  for (let i = 0; i < noise.length; i++) {
    // Numerical Recipes' linear congruential generator: its high bits are random enough.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    noise[i] = Math.round((state / 2 ** 32 - 0.5) * 2 * amplitude);
  }
  return noise;
}
