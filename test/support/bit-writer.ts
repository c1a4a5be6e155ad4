/** Writes what `BitReader` reads. */
export class BitWriter {
  #bits = '';

  bits(value: number, count: number): this {
    this.#bits += value.toString(2).padStart(count, '0');
    return this;
  }

  unsignedGolomb(value: number): this {
    const code = (value + 1).toString(2);
    this.#bits += '0'.repeat(code.length - 1) + code;
    return this;
  }

  signedGolomb(value: number): this {
    return this.unsignedGolomb(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** The bytes so far, emulation prevention put in (ITU-T H.264 §7.4.1). */
  nal(): Buffer {
    const bytes: number[] = [];
    let zeros = 0;
    for (const byte of this.#bits.match(/.{1,8}/g) ?? []) {
      const value = Number.parseInt(byte.padEnd(8, '0'), 2);
      if (zeros >= 2 && value < 4) {
        bytes.push(3);
        zeros = 0;
      }
      bytes.push(value);
      zeros = value === 0 ? zeros + 1 : 0;
    }
    return Buffer.from(bytes);
  }
}
