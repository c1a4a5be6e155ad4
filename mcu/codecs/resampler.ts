/** Between the rates at which codecs work: 8, 16 and 48 kHz. For streams; prompts are resampled whole, when they load. */

export type RateHz = 8000 | 16000 | 48000;

/** Taps per sample of the lower rate. 40 keep telephone speech to 3.4 kHz, with aliases 60 dB below (Kaiser, β 5.65). */
const sharpTaps = 40;
/** Where the lower band is known to be empty above its half: only images three bands away are to be kept out. */
const shortTaps = 12;
const sharpCutoff = 0.92;
const shortCutoff = 1;
const beta = 5.65;

/** Goes on where the last call ended. */
export interface Resampler {
  /**
   * Takes `count` samples, to the lower rate a multiple of the ratio, and writes `count · to / from` into `out`
   * from `at`. Returns that number.
   */
  process(input: Int16Array, count: number, out: Int16Array, at: number): number;
  /** Forgets what came before: the next sample follows silence. */
  reset(): void;
}

/** `longest`: samples that one call takes at most. */
export function createResampler(fromHz: RateHz, toHz: RateHz, longest: number): Resampler {
  if (fromHz === toHz) throw new RangeError(`nothing to resample at ${fromHz} Hz`);
  // By way of 16 kHz, where the wide stage gets by with a short filter: half the work of one step.
  if (fromHz === 8000 && toHz === 48000)
    return new Cascade(
      new Up(2, sharpTaps, sharpCutoff, longest),
      new Up(3, shortTaps, shortCutoff, longest * 2),
      longest * 2,
    );
  if (fromHz === 48000 && toHz === 8000)
    return new Cascade(
      new Down(3, shortTaps, shortCutoff, longest),
      new Down(2, sharpTaps, sharpCutoff, longest / 3),
      longest / 3,
    );
  return toHz > fromHz
    ? new Up(toHz / fromHz, sharpTaps, sharpCutoff, longest)
    : new Down(fromHz / toHz, sharpTaps, sharpCutoff, longest);
}

class Cascade implements Resampler {
  readonly #first: Resampler;
  readonly #second: Resampler;
  readonly #between: Int16Array;

  constructor(first: Resampler, second: Resampler, between: number) {
    this.#first = first;
    this.#second = second;
    this.#between = new Int16Array(Math.ceil(between));
  }

  process(input: Int16Array, count: number, out: Int16Array, at: number): number {
    const made = this.#first.process(input, count, this.#between, 0);
    return this.#second.process(this.#between, made, out, at);
  }

  reset(): void {
    this.#first.reset();
    this.#second.reset();
  }
}

/** The last samples of the stream in front of the present ones, so that the kernel runs over one piece. */
class History {
  readonly samples: Float32Array;
  readonly #kept: number;

  constructor(kept: number, longest: number) {
    this.#kept = kept;
    this.samples = new Float32Array(kept + longest);
  }

  take(input: Int16Array, count: number): void {
    const { samples } = this;
    for (let i = 0, o = this.#kept; i < count; i++, o++) samples[o] = input[i];
  }

  keep(count: number): void {
    this.samples.copyWithin(0, count, count + this.#kept);
  }

  reset(): void {
    this.samples.fill(0);
  }
}

/** To a multiple of the rate: one kernel for each place between two samples. */
class Up implements Resampler {
  readonly #kernels: readonly Float32Array[];
  readonly #history: History;

  constructor(ratio: number, taps: number, cutoff: number, longest: number) {
    const kernel = kernelOf(ratio, taps, cutoff);
    // Reversed, as the history runs from old to new.
    this.#kernels = Array.from({ length: ratio }, (_, phase) =>
      Float32Array.from({ length: taps }, (_, k) => kernel[phase + (taps - 1 - k) * ratio] * ratio),
    );
    this.#history = new History(taps - 1, longest);
  }

  process(input: Int16Array, count: number, out: Int16Array, at: number): number {
    const history = this.#history;
    history.take(input, count);
    const ratio = this.#kernels.length;
    for (let phase = 0; phase < ratio; phase++) {
      const kernel = this.#kernels[phase];
      for (let i = 0, o = at + phase; i < count; i++, o += ratio) out[o] = weigh(kernel, history.samples, i);
    }
    history.keep(count);
    return count * ratio;
  }

  reset(): void {
    this.#history.reset();
  }
}

/** To a part of the rate. */
class Down implements Resampler {
  readonly #kernel: Float32Array;
  readonly #ratio: number;
  readonly #history: History;

  constructor(ratio: number, taps: number, cutoff: number, longest: number) {
    this.#ratio = ratio;
    this.#kernel = kernelOf(ratio, taps, cutoff);
    this.#history = new History(this.#kernel.length - 1, longest);
  }

  process(input: Int16Array, count: number, out: Int16Array, at: number): number {
    const history = this.#history;
    history.take(input, count);
    const made = Math.floor(count / this.#ratio);
    // The newest of each group of samples is the last that its output may know.
    for (let o = 0; o < made; o++)
      out[at + o] = weigh(this.#kernel, history.samples, o * this.#ratio + this.#ratio - 1);
    history.keep(count);
    return made;
  }

  reset(): void {
    this.#history.reset();
  }
}

/** Four sums side by side: the processor does not wait for one of them. All kernels have a multiple of four taps. */
function weigh(kernel: Float32Array, samples: Float32Array, from: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = 0, s = from; k < kernel.length; k += 4, s += 4) {
    a += kernel[k] * samples[s];
    b += kernel[k + 1] * samples[s + 1];
    c += kernel[k + 2] * samples[s + 2];
    d += kernel[k + 3] * samples[s + 3];
  }
  const sum = Math.round(a + b + c + d);
  return sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
}

/** A low pass of `taps · ratio` values and sum 1: windowed sinc, symmetric, cut off at a share of the lower rate's half. */
function kernelOf(ratio: number, taps: number, cutoff: number): Float32Array {
  const length = taps * ratio;
  const middle = (length - 1) / 2;
  const kernel = Float64Array.from({ length }, (_, i) => {
    const x = ((i - middle) / ratio) * cutoff;
    const place = (i - middle) / (middle + 1);
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return sinc * besselI0(beta * Math.sqrt(1 - place * place));
  });
  const sum = kernel.reduce((total, value) => total + value, 0);
  return Float32Array.from(kernel, (value) => value / sum);
}

/** Modified Bessel function of order zero, by its series. */
function besselI0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
