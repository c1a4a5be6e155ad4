import type { AudioDecoder } from '../codecs/coder.ts';
import { Concealment } from './concealment.ts';

/** A codec knows better what to go on with than repetition does: it is believed for longer, then fades. */
const codecSteadyMs = 60;
const codecFadedMs = 120;
/** Asked for less, Opus throws the rest of 10 ms away, and goes on behind it. */
const codecStepMs = 10;
/** Cross-fade from what was made up to what came. */
const seamMs = 8;

/**
 * What stands for missing sound, and how it is joined to what came: the codec's own concealment where it has one,
 * else the last pitch periods again.
 */
export class GapFiller {
  /** Samples before a gap that are looked at. */
  readonly historySamples: number;
  readonly #decoder: Pick<AudioDecoder, 'conceal'>;
  readonly #concealment: Concealment;
  readonly #step: number;
  readonly #steady: number;
  readonly #faded: number;
  readonly #seam: number;
  #filling = false;
  #byCodec = false;
  /** Samples that the codec made up. */
  #made = 0;

  constructor(decoder: Pick<AudioDecoder, 'conceal'>, rateHz: number) {
    this.#decoder = decoder;
    this.#concealment = new Concealment(rateHz);
    this.historySamples = this.#concealment.historySamples;
    this.#step = (rateHz * codecStepMs) / 1000;
    this.#steady = (rateHz * codecSteadyMs) / 1000;
    this.#faded = (rateHz * codecFadedMs) / 1000;
    this.#seam = (rateHz * seamMs) / 1000;
  }

  /** Whether what was written last was made up. */
  get filling(): boolean {
    return this.#filling;
  }

  /** Nothing but silence comes any more. */
  get faded(): boolean {
    return this.#byCodec ? this.#made >= this.#faded : this.#concealment.faded;
  }

  /** Writes at least `count` samples at the end of what is there, and says how many; `current`: the decoder is where they begin. */
  fill(samples: Int16Array, at: number, count: number, current: boolean): number {
    if (!this.#filling) {
      this.#filling = true;
      this.#made = 0;
      this.#byCodec = current && this.#decoder.conceal !== undefined;
      if (!this.#byCodec) this.#concealment.begin(samples, at);
    }
    if (this.#byCodec) {
      const made = this.#fillByCodec(samples, at, count);
      if (made > 0) return made;
      this.#byCodec = false;
      this.#concealment.begin(samples, at);
    }
    this.#concealment.fill(samples, at, count);
    return count;
  }

  /** Joins what follows, just written, to what was made up, or over a `seam` to what was before. */
  join(samples: Int16Array, at: number, count: number, seam: boolean): void {
    const length = Math.min(count, this.#seam);
    if (this.#filling && this.#byCodec) {
      // The decoder goes on from what it made up; only where that had faded its sound must come up again.
      const gain = this.#gainAt(this.#made);
      for (let i = 0; gain < 1 && i < length; i++)
        samples[at + i] = Math.round(samples[at + i] * (gain + ((1 - gain) * (i + 0.5)) / length));
    } else if (this.#filling || seam) {
      if (!this.#filling) this.#concealment.begin(samples, at);
      this.#concealment.leadInto(samples, at, length);
    }
    this.#filling = false;
  }

  /** Joins what doesn't go on from where the decoder was. */
  crossFade(samples: Int16Array, at: number, count: number): void {
    this.#concealment.begin(samples, at);
    this.#concealment.leadInto(samples, at, Math.min(count, this.#seam));
    this.#filling = false;
  }

  #fillByCodec(samples: Int16Array, at: number, count: number): number {
    if (this.#made >= this.#faded) {
      samples.fill(0, at, at + count);
      return count;
    }
    const whole = Math.ceil(count / this.#step) * this.#step;
    const made = this.#decoder.conceal?.(whole, samples, at) ?? 0;
    for (let i = 0; i < made; i++) {
      const gain = this.#gainAt(this.#made + i);
      if (gain < 1) samples[at + i] = Math.round(samples[at + i] * gain);
    }
    this.#made += made;
    return made;
  }

  #gainAt(made: number): number {
    if (made <= this.#steady) return 1;
    return Math.max(0, 1 - (made - this.#steady) / (this.#faded - this.#steady));
  }
}
