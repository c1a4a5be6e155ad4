/** Grows up to a limit and stays: one frame after the other is put together in it. */
export class FrameBuffer {
  readonly #limit: number;
  bytes = Buffer.allocUnsafeSlow(64 * 1024);
  length = 0;

  /** @param limit The largest frame, in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False: larger than a frame may be; nothing was added. */
  append(source: Buffer, from: number, to: number): boolean {
    const length = this.length + to - from;
    if (length > this.bytes.length && !this.#grow(length)) return false;
    source.copy(this.bytes, this.length, from, to);
    this.length = length;
    return true;
  }

  appendByte(value: number): boolean {
    if (this.length === this.bytes.length && !this.#grow(this.length + 1)) return false;
    this.bytes[this.length] = value;
    this.length += 1;
    return true;
  }

  /** Takes back what was added after `length`. */
  cut(length: number): void {
    this.length = length;
  }

  #grow(needed: number): boolean {
    if (needed > this.#limit) return false;
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#limit, Math.max(needed, this.bytes.length * 2)));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    return true;
  }
}
