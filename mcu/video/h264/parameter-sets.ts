import type { PictureSize } from '../../ports/pictures.ts';
import { BitReader } from '../bit-reader.ts';
import { nalType, startCode } from './nal.ts';
import { readSps } from './sps.ts';

/** Encoders use one or two; more than this are garbage. */
const mostOfAKind = 16;
const largestSet = 1024;

interface Kept {
  readonly nal: Buffer;
  readonly size: PictureSize | null;
}

/** The SPS and PPS of a stream, from SDP and from the stream, so that a frame that lacks them can be given them. */
export class ParameterSets {
  readonly #sps = new Map<number, Kept>();
  readonly #pps = new Map<number, Kept>();
  readonly #bits = new BitReader();
  /** Of the latest SPS; null: none was readable. */
  size: PictureSize | null = null;

  /** @param outOfBand `sprop-parameter-sets`, base64 (RFC 6184 §8.1); what is none is left out. */
  constructor(outOfBand: readonly string[]) {
    for (const text of outOfBand) {
      const nal = Buffer.from(text, 'base64');
      if (nal.length > 1) this.put(nal, 0, nal.length);
    }
  }

  /** Keeps a NAL unit if it is an SPS or a PPS; a new one takes the place of the old one with its number. */
  put(data: Buffer, from: number, to: number): void {
    const type = data[from] & 0x1f;
    if (type !== nalType.sps && type !== nalType.pps) return;
    const kept = type === nalType.sps ? this.#sps : this.#pps;
    // §7.3.2.1.1, §7.3.2.2: the number stands after three bytes in an SPS, first in a PPS.
    const number = this.#bits.open(data, from + (type === nalType.sps ? 4 : 1), to, true).unsignedGolomb();
    if (this.#bits.ranOut() || to - from > largestSet) return;
    const old = kept.get(number);
    if (old?.nal.compare(data, from, to) === 0) {
      // The same again, as with every key frame.
      this.size = old.size ?? this.size;
      return;
    }
    if (old === undefined && kept.size === mostOfAKind) return;
    let size: PictureSize | null = null;
    if (type === nalType.sps) {
      const parameters = readSps(data, from, to);
      if (parameters === null) return;
      this.size = size = { width: parameters.width, height: parameters.height };
    }
    kept.set(number, { nal: Buffer.from(data.subarray(from, to)), size });
  }

  get complete(): boolean {
    return this.#sps.size > 0 && this.#pps.size > 0;
  }

  /** All of them as a byte stream (annex B), each SPS before the PPS that may refer to it. */
  byteStream(): Buffer {
    const all = [...this.#sps.values(), ...this.#pps.values()];
    return Buffer.concat(all.flatMap(({ nal }) => [startCode, nal]));
  }
}
