const windowSize = 64n;

/** RFC 6347 §4.1.2.6: which records of the last 64 were there. */
export class ReplayWindow {
  #highest = -1;
  /** Bit n: the record n before the highest. */
  #seen = 0n;

  isFresh(sequence: number): boolean {
    if (sequence > this.#highest) return true;
    const back = BigInt(this.#highest - sequence);
    return back < windowSize && (this.#seen & (1n << back)) === 0n;
  }

  /** Only for an authentic record. */
  take(sequence: number): void {
    if (sequence > this.#highest) {
      const ahead = BigInt(Math.min(sequence - this.#highest, 64));
      this.#seen = ((this.#seen << ahead) & ((1n << windowSize) - 1n)) | 1n;
      this.#highest = sequence;
    } else this.#seen |= 1n << BigInt(this.#highest - sequence);
  }
}
