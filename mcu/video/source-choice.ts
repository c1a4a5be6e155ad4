/** A source that is silent for this long may be followed by one that was there before it. */
const silentMs = 500;
const mostLeft = 8;

/**
 * Which SSRC a stream is taken from. A new one takes over at once, since its first frame is a key frame; the one before
 * is then ignored, late packets and all, while the new one lives. Two that send at the same time don't take turns.
 */
export class SourceChoice {
  #ssrc = -1;
  #heardMs = 0;
  /** Those that were left, the latest last. */
  readonly #left: number[] = [];

  isCurrent(ssrc: number): boolean {
    return ssrc === this.#ssrc;
  }

  judge(ssrc: number, nowMs: number): 'current' | 'new' | 'other' {
    if (ssrc !== this.#ssrc) {
      const before = this.#left.indexOf(ssrc);
      if (before !== -1 && nowMs - this.#heardMs < silentMs) return 'other';
      if (before !== -1) this.#left.splice(before, 1);
      if (this.#ssrc !== -1) this.#left.push(this.#ssrc);
      if (this.#left.length > mostLeft) this.#left.shift();
      this.#ssrc = ssrc;
      this.#heardMs = nowMs;
      return 'new';
    }
    this.#heardMs = nowMs;
    return 'current';
  }
}
