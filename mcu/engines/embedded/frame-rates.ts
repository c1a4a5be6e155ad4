import { createResampler } from '../../codecs/resampler.ts';
import type { RateHz, Resampler } from '../../codecs/resampler.ts';

interface Converted {
  readonly resampler: Resampler;
  readonly frame: Int16Array;
  /** Tick of the frame. */
  tick: number;
}

export function frameSamples(rateHz: RateHz): number {
  return rateHz / 50;
}

/** One source's 20 ms frames, at every rate that somebody wants: each made once a tick, and only if wanted. */
export class FrameRates {
  /** The frame as it is made; to be filled before `at` is asked. */
  readonly frame: Int16Array;
  readonly rateHz: RateHz;
  readonly #converted = new Map<RateHz, Converted>();

  constructor(rateHz: RateHz) {
    this.rateHz = rateHz;
    this.frame = new Int16Array(frameSamples(rateHz));
  }

  at(rateHz: RateHz, tick: number): Int16Array {
    if (rateHz === this.rateHz) return this.frame;
    let converted = this.#converted.get(rateHz);
    if (!converted) {
      const resampler = createResampler(this.rateHz, rateHz, this.frame.length);
      converted = { resampler, frame: new Int16Array(frameSamples(rateHz)), tick: -1 };
      this.#converted.set(rateHz, converted);
    }
    if (converted.tick === tick) return converted.frame;
    // Frames were left out: this one follows silence.
    if (converted.tick !== tick - 1) converted.resampler.reset();
    converted.tick = tick;
    converted.resampler.process(this.frame, this.frame.length, converted.frame, 0);
    return converted.frame;
  }
}
