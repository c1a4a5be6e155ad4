/** RFC 3711 §3.3.2 asks for 64 at least; a video frame's packets may arrive in any order. */
const windowPackets = 1024;

/** Which of the latest packets of a stream, or records (RFC 6347 §4.1.2.6), were there, by their index of up to 48 bits. */
export class ReplayWindow {
  readonly #seen = new Uint32Array(windowPackets / 32);
  /** Another process took packets that nobody told us of. */
  #restored = false;
  /** −1: none yet. */
  highest = -1;

  /** Whether a packet of this index may still be taken. */
  isFresh(index: number): boolean {
    if (index > this.highest) return true;
    if (index <= this.highest - windowPackets) return false;
    return (this.#seen[(index & (windowPackets - 1)) >>> 5] & (1 << (index & 31))) === 0;
  }

  /** The packet was authentic and fresh. */
  take(index: number): void {
    if (index > this.highest) {
      if (this.#restored) this.#fill(index);
      else this.#advance(index);
    }
    this.#restored = false;
    this.#seen[(index & (windowPackets - 1)) >>> 5] |= 1 << (index & 31);
  }

  /** Another process came at least as far: everything up to `highest`, and up to the next packet, may have been there. */
  restore(highest: number): void {
    if (highest < 0) return;
    this.#fill(highest);
    this.#restored = true;
  }

  #fill(highest: number): void {
    this.highest = highest;
    this.#seen.fill(0xffffffff);
  }

  #advance(index: number): void {
    if (index - this.highest >= windowPackets) this.#seen.fill(0);
    else {
      for (let at = this.highest + 1; at < index; at++)
        this.#seen[(at & (windowPackets - 1)) >>> 5] &= ~(1 << (at & 31));
    }
    this.highest = index;
  }
}
