import type { SoundQueue } from './queue.ts';
import { Stretch } from './stretch.ts';

/** The delay may be off by this much before anything is done: below, above. */
const tooShortMs = 1;
const tooLongMs = 12;
/** Off by this much it is corrected at every chance, and rather heard than left. */
const urgentMs = 60;
/** Otherwise one period in so many frames. */
const calmFrames = 4;

/** Decides when a stream is played a pitch period faster or slower, and counts how often it was. */
export class Pace {
  accelerations = 0;
  expansions = 0;
  /** Taken out and put in. */
  stretchedSamples = 0;
  readonly #stretch: Stretch;
  #sinceStretch = 0;

  constructor(rateHz: number) {
    this.#stretch = new Stretch(rateHz);
  }

  /** A frame more. */
  beat(): void {
    this.#sinceStretch++;
  }

  /** What a delay asks for that is off by so much. */
  wanted(offMs: number): 'shorter' | 'longer' | null {
    if (!isUrgent(offMs) && this.#sinceStretch < calmFrames) return null;
    if (offMs > tooLongMs) return 'shorter';
    return offMs < -tooShortMs ? 'longer' : null;
  }

  /** What has to be in the queue for `shorten`, so that a frame of `need` samples is left. */
  reach(need: number): number {
    return Math.max(this.#stretch.reach, need + this.#stretch.longest);
  }

  shorten(queue: SoundQueue, offMs: number): void {
    const count = this.#stretch.shorten(queue.samples, queue.from, queue.to, isUrgent(offMs));
    queue.to -= count;
    if (count > 0) this.accelerations++;
    this.#note(count);
  }

  lengthen(queue: SoundQueue, offMs: number): void {
    if (queue.length < this.#stretch.window) return;
    const count = this.#stretch.lengthen(queue.samples, queue.from, queue.to, isUrgent(offMs));
    if (count > 0) {
      queue.add(count);
      this.expansions++;
    }
    this.#note(count);
  }

  /** A search that found nothing counts as well: it costs as much as all else that is done for a frame. */
  #note(count: number): void {
    this.#sinceStretch = 0;
    this.stretchedSamples += count;
  }
}

function isUrgent(offMs: number): boolean {
  return Math.abs(offMs) > urgentMs;
}
