/** Decoded sound: what was played a moment ago, then what is to be played, in one piece of memory. */
export class SoundQueue {
  readonly samples: Int16Array;
  readonly #history: number;
  /** What is to be played: `from` … `to`. */
  from: number;
  to: number;
  /** All from here to the end is known to be zeros. */
  #blankFrom = Infinity;

  /** `history`: how much of what was played is kept, `capacity`: room for what is to be played; in samples. */
  constructor(history: number, capacity: number) {
    this.#history = history;
    this.samples = new Int16Array(history + capacity);
    this.from = this.to = history;
  }

  get length(): number {
    return this.to - this.from;
  }

  /** So many samples were written behind the end; `blank`: nothing but zeros. */
  add(count: number, blank = false): void {
    this.#blankFrom = blank ? Math.min(this.#blankFrom, this.to) : Infinity;
    this.to += count;
  }

  /** Plays a frame, which is there; false: it is known to be all zeros. */
  read(frame: Int16Array): boolean {
    const { samples, from } = this;
    this.from += frame.length;
    if (from >= this.#blankFrom) {
      frame.fill(0);
      return false;
    }
    for (let i = 0; i < frame.length; i++) frame[i] = samples[from + i];
    return true;
  }

  /** Moves everything to the front when less than `reserve` fits behind it. */
  makeRoom(reserve: number): void {
    if (this.samples.length - this.to >= reserve || this.from === this.#history) return;
    const shift = this.from - this.#history;
    this.samples.copyWithin(0, shift, this.to);
    this.from -= shift;
    this.to -= shift;
    this.#blankFrom -= shift;
  }
}
