import { DtlsAlert } from './constants.ts';

/** Reads TLS's presentation language (RFC 5246 §4); whatever is too short or too long is a decode_error. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    return this.bytes(1)[0];
  }

  uint16(): number {
    return this.bytes(2).readUInt16BE(0);
  }

  uint24(): number {
    return this.bytes(3).readUIntBE(0, 3);
  }

  /** A part of the memory that is read, not a copy. */
  bytes(length: number): Buffer {
    if (length > this.left) throw new DtlsAlert('decode_error', 'A handshake message is too short.');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A vector behind a length of one to three octets. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.bytes(this.bytes(lengthBytes).readUIntBE(0, lengthBytes));
  }

  /** A vector of numbers of two octets each. */
  uint16s(lengthBytes: 1 | 2): number[] {
    const vector = this.vector(lengthBytes);
    if (vector.length % 2 !== 0) throw new DtlsAlert('decode_error', 'A list of numbers has a half one.');
    return Array.from({ length: vector.length / 2 }, (_, index) => vector.readUInt16BE(2 * index));
  }

  end(): void {
    if (this.left > 0) throw new DtlsAlert('decode_error', 'A handshake message is too long.');
  }
}

export function uint8(value: number): Buffer {
  return Buffer.from([value]);
}

export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export function uint24(value: number): Buffer {
  return Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
}

/** The bytes behind their length. */
export function vector(lengthBytes: 1 | 2 | 3, bytes: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(bytes.length, 0, lengthBytes);
  return Buffer.concat([length, bytes]);
}

export function uint16s(lengthBytes: 1 | 2, values: readonly number[]): Buffer {
  return vector(lengthBytes, Buffer.concat(values.map(uint16)));
}
