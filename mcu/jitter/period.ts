/** Pitch of speech: 80–400 Hz. */
const shortestMs = 2.5;
const longestMs = 12.5;
const windowMs = 10;
/** The search's own rate; what it finds is refined at the signal's. */
const coarseHz = 8000;
/** Sample power below which everything is alike, as a quiet room's noise is: −54 dBFS. */
const silentPower = 4096;

/** After how many samples a signal repeats itself: normalised cross-correlation, coarse, then exact. */
export class PeriodSearch {
  readonly shortest: number;
  readonly longest: number;
  /** Samples that are compared. */
  readonly window: number;
  /** Of the last search: how alike the periods are, −1 … 1; 1 for silence. */
  correlation = 0;
  readonly #step: number;
  readonly #coarse: Float32Array;

  constructor(rateHz: number) {
    this.#step = Math.max(1, Math.round(rateHz / coarseHz));
    this.shortest = (rateHz * shortestMs) / 1000;
    this.longest = (rateHz * longestMs) / 1000;
    this.window = (rateHz * windowMs) / 1000;
    this.#coarse = new Float32Array(Math.floor((this.window + this.longest) / this.#step));
  }

  /**
   * The lag, `shortest` … `longest`, at which the `window` samples from `at` are most like those that lie it later
   * (`forwards`) or earlier. Reads `window + longest` samples from `at`, or from `at − longest`.
   */
  find(samples: Int16Array, at: number, forwards: boolean): number {
    const step = this.#step;
    const sign = forwards ? 1 : -1;
    const { longest, shortest, window } = this;
    if (step === 1) return this.#search(samples, at, sign, shortest, longest, window);
    this.#thinOut(samples, forwards ? at : at - longest);
    const coarse = this.#search(
      this.#coarse,
      forwards ? 0 : longest / step,
      sign,
      Math.ceil(shortest / step),
      Math.floor(longest / step),
      Math.floor(window / step),
    );
    const from = Math.max(shortest, (coarse - 1) * step + 1);
    return this.#search(samples, at, sign, from, Math.min(longest, (coarse + 1) * step - 1), window);
  }

  #thinOut(samples: Int16Array, from: number): void {
    const step = this.#step;
    const coarse = this.#coarse;
    for (let i = 0, s = from; i < coarse.length; i++) {
      let sum = 0;
      for (let k = 0; k < step; k++, s++) sum += samples[s];
      coarse[i] = sum / step;
    }
  }

  #search(
    samples: Int16Array | Float32Array,
    at: number,
    sign: 1 | -1,
    from: number,
    to: number,
    window: number,
  ): number {
    let own = 0;
    for (let i = 0; i < window; i++) own += samples[at + i] * samples[at + i];
    let best = to;
    this.correlation = own < silentPower * window ? 1 : -1;
    if (this.correlation === 1) return best;
    for (let lag = from; lag <= to; lag++) {
      const other = at + sign * lag;
      let cross = 0;
      let power = 0;
      for (let i = 0; i < window; i++) {
        const sample = samples[other + i];
        cross += samples[at + i] * sample;
        power += sample * sample;
      }
      const correlation = power === 0 ? 0 : cross / Math.sqrt(own * power);
      if (correlation <= this.correlation) continue;
      this.correlation = correlation;
      best = lag;
    }
    return best;
  }
}
