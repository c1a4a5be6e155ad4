/** Bits of a header, most significant first; reading past the end gives zeros and is told by `ranOut`. */
export class BitReader {
  #data: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #byte = 0;
  #bitsLeft = 0;
  #zeros = 0;
  #emulationPrevention = false;
  #ranOut = false;

  /**
   * Begins anew at `data[from]`, up to and without `data[to]`.
   * @param emulationPrevention Leaves out the 3 of each 0 0 3 (ITU-T H.264 §7.3.1).
   */
  open(data: Buffer, from: number, to: number, emulationPrevention = false): this {
    this.#data = data;
    this.#at = from;
    this.#end = Math.min(to, data.length);
    this.#bitsLeft = 0;
    this.#zeros = 0;
    this.#emulationPrevention = emulationPrevention;
    this.#ranOut = false;
    return this;
  }

  ranOut(): boolean {
    return this.#ranOut;
  }

  bit(): number {
    if (this.#bitsLeft === 0 && !this.#nextByte()) return 0;
    this.#bitsLeft -= 1;
    return (this.#byte >> this.#bitsLeft) & 1;
  }

  /** An unsigned number of up to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** ue(v), ITU-T H.264 §9.1. */
  unsignedGolomb(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > 31 || this.#ranOut) {
        this.#ranOut = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v), ITU-T H.264 §9.1.1. */
  signedGolomb(): number {
    const code = this.unsignedGolomb();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  #nextByte(): boolean {
    if (this.#emulationPrevention && this.#zeros >= 2 && this.#data[this.#at] === 3) {
      this.#at += 1;
      this.#zeros = 0;
    }
    if (this.#at >= this.#end) {
      this.#ranOut = true;
      return false;
    }
    this.#byte = this.#data[this.#at];
    this.#at += 1;
    this.#zeros = this.#byte === 0 ? this.#zeros + 1 : 0;
    this.#bitsLeft = 8;
    return true;
  }
}
