import { setImmediate as nextTurn } from 'node:timers/promises';

/** Half width of the kernel in zero crossings of the lower rate. */
const crossings = 16;
/** Samples per turn, so that a long file never holds up the 20 ms beat (about 1 ms of work). */
const samplesPerTurn = 4000;

/** One kernel per position that an output sample can have between two input samples. */
interface Kernel {
  readonly taps: Float32Array;
  /** Input sample of the first tap, counted from the whole sample before the position. */
  readonly offset: number;
}

/** Band-limited resampling with a Hann-windowed sinc; for files at load, not for streams. */
export async function resample(input: Int16Array, fromHz: number, toHz: number): Promise<Int16Array> {
  if (fromHz === toHz) return input;
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const phases = toHz / divisor;
  const step = fromHz / divisor;
  const kernels = Array.from({ length: phases }, (_, phase) => kernelAt(phase / phases, toHz / fromHz));
  const out = new Int16Array(Math.floor((input.length * toHz) / fromHz));
  for (let i = 0; i < out.length; i++) {
    const position = i * step;
    const kernel = kernels[position % phases];
    out[i] = weighted(input, Math.floor(position / phases) + kernel.offset, kernel.taps);
    if (i % samplesPerTurn === samplesPerTurn - 1) await nextTurn();
  }
  return out;
}

function kernelAt(fraction: number, ratio: number): Kernel {
  // Down: cut off at the new Nyquist frequency, with 5 % for the filter's slope.
  const cutoff = Math.min(1, ratio) * 0.95;
  const half = crossings / cutoff;
  const offset = Math.ceil(fraction - half);
  const taps = new Float32Array(Math.floor(fraction + half) - offset + 1);
  for (let k = 0; k < taps.length; k++) {
    const distance = k + offset - fraction;
    const x = Math.PI * distance * cutoff;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / half);
    taps[k] = cutoff * window * (distance === 0 ? 1 : Math.sin(x) / x);
  }
  return { taps, offset };
}

function weighted(input: Int16Array, from: number, taps: Float32Array): number {
  const first = Math.max(0, -from);
  const end = Math.min(taps.length, input.length - from);
  let sum = 0;
  for (let k = first; k < end; k++) sum += input[from + k] * taps[k];
  return Math.max(-32768, Math.min(32767, Math.round(sum)));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
