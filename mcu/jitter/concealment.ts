import { PeriodSearch } from './period.ts';

/** ITU-T G.711 Appendix I: repeated as it was for 10 ms, then quieter by 20 % each 10 ms, silent after 60. */
const steadyMs = 10;
const fadedMs = 60;
/** Periods that are repeated: one at first, up to three later, so that it doesn't buzz (Appendix I.2.6). */
const mostPeriods = 3;

/**
 * Sound in place of what is missing: the last pitch periods again and again, each joined to the next by a
 * cross-fade, fading to silence (after ITU-T G.711 Appendix I, without its delay).
 */
export class Concealment {
  /** Samples before the end that `begin` reads. */
  readonly historySamples: number;
  readonly #search: PeriodSearch;
  readonly #history: Int16Array;
  readonly #steady: number;
  readonly #faded: number;
  #period = 0;
  /** Length of the piece that is repeated now, of the next one, and where we are in it. */
  #length = 0;
  #nextLength = 0;
  #at = 0;
  /** The step that is left where the repetition meets what was before, taken out over the first cross-fade. */
  #step = 0;
  #made = 0;

  constructor(rateHz: number) {
    this.#search = new PeriodSearch(rateHz);
    this.historySamples = Math.ceil(this.#search.longest * (mostPeriods + 0.25));
    this.#history = new Int16Array(this.historySamples);
    this.#steady = (rateHz * steadyMs) / 1000;
    this.#faded = (rateHz * fadedMs) / 1000;
    this.#made = this.#faded;
  }

  /** Nothing but silence comes any more. */
  get faded(): boolean {
    return this.#made >= this.#faded;
  }

  /** Takes the `historySamples` before `end` as what to go on with. */
  begin(samples: Int16Array, end: number): void {
    const history = this.#history;
    const size = history.length;
    for (let i = 0, s = end - size; i < size; i++, s++) history[i] = samples[s];
    const search = this.#search;
    this.#period = search.find(history, size - search.window, false);
    this.#made = 0;
    this.#at = 0;
    this.#length = this.#period;
    this.#nextLength = this.#lengthAt(this.#length);
    this.#step = history[size - 1] - history[size - 1 - this.#period];
  }

  /** Writes `count` samples. */
  fill(out: Int16Array, at: number, count: number): void {
    for (let i = at; i < at + count; i++) out[i] = this.#sample();
  }

  /** Cross-fades over `count` samples from the repetition to what is in `out`. */
  leadInto(out: Int16Array, at: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const share = (i + 0.5) / count;
      out[at + i] = Math.round(this.#sample() * (1 - share) + out[at + i] * share);
    }
  }

  #sample(): number {
    const made = this.#made;
    if (made >= this.#faded) return 0;
    const history = this.#history;
    const size = history.length;
    const fade = this.#period >> 2;
    if (this.#at === this.#length) {
      this.#at = 0;
      this.#length = this.#nextLength;
      this.#nextLength = this.#lengthAt(made + this.#length);
    }
    const at = this.#at++;
    let sample = history[size - this.#length + at];
    const left = this.#length - at;
    if (left <= fade) {
      // The end of the piece turns into what comes before the next one's beginning.
      const share = (fade - left + 1) / (fade + 1);
      sample += (history[size - this.#nextLength - left] - sample) * share;
    }
    if (made < fade) sample += this.#step * (1 - (made + 1) / (fade + 1));
    this.#made = made + 1;
    if (made <= this.#steady) return sample;
    return sample * (1 - (made - this.#steady) / (this.#faded - this.#steady));
  }

  #lengthAt(made: number): number {
    return this.#period * Math.min(mostPeriods, 1 + Math.floor(made / this.#steady));
  }
}
