import { PeriodSearch } from './period.ts';

/** Samples that are this alike can be left out or doubled unheard. */
const alike = 0.8;
/** How alike they must be when there is much to change. */
const barelyAlike = 0.3;

/** Makes speech shorter or longer by one pitch period, cross-faded over its whole length (overlap-add). */
export class Stretch {
  /** The most that one call takes out or puts in. */
  readonly longest: number;
  /** Samples after `at` that `shorten` reads; `lengthen` reads `longest` before it and the search's window after. */
  readonly reach: number;
  readonly window: number;
  readonly #search: PeriodSearch;

  constructor(rateHz: number) {
    this.#search = new PeriodSearch(rateHz);
    this.longest = this.#search.longest;
    this.window = Math.max(this.#search.window, this.longest);
    this.reach = 2 * this.longest;
  }

  /**
   * Takes one period out after `at`: what follows moves back, so `end` falls by the result; 0: nothing there that
   * could be taken out unheard. `urgent`: rather heard than left.
   */
  shorten(samples: Int16Array, at: number, end: number, urgent: boolean): number {
    const period = this.#search.find(samples, at, true);
    if (this.#search.correlation < (urgent ? barelyAlike : alike)) return 0;
    for (let i = 0; i < period; i++) {
      const share = (i + 0.5) / period;
      samples[at + i] = Math.round(samples[at + i] * (1 - share) + samples[at + period + i] * share);
    }
    samples.copyWithin(at + period, at + 2 * period, end);
    return period;
  }

  /** Puts one period in at `at`: what follows moves on, so `end` grows by the result. */
  lengthen(samples: Int16Array, at: number, end: number, urgent: boolean): number {
    const period = this.#search.find(samples, at, false);
    if (this.#search.correlation < (urgent ? barelyAlike : alike)) return 0;
    samples.copyWithin(at + period, at, end);
    // Begins as what follows would have, ends as what was before did.
    for (let i = 0; i < period; i++) {
      const share = (i + 0.5) / period;
      samples[at + i] = Math.round(samples[at + period + i] * (1 - share) + samples[at - period + i] * share);
    }
    return period;
  }
}
