import type { PictureSize } from '../ports/pictures.ts';
import type { VideoCodec } from '../ports/video.ts';
import { nalType, rtpNalType } from './h264/nal.ts';
import { readSps } from './h264/sps.ts';
import { readH263Picture } from './h263/picture-header.ts';
import { newVp8Descriptor, readVp8Descriptor } from './vp8/descriptor.ts';
import { readVp8Size } from './vp8/frame-header.ts';

/** The lengths of RFC 2190's headers, by F and P. */
const h263Headers = { a: 4, b: 8, c: 12 };

/**
 * Tells key frames by single packets of a stream, and how large they are, without putting frames together: for whoever
 * passes a stream on. What is damaged is no key frame.
 */
export class KeyFrameSpotter {
  readonly #descriptor = newVp8Descriptor();
  readonly #picture = Buffer.alloc(16);
  /** Of the latest key frame; null: none told it yet. */
  size: PictureSize | null = null;
  /** H.264's parameter sets come in the stream itself. */
  setsInBand = false;

  /** Whether the payload `packet[from]` … `packet[to - 1]` is of a key frame; only of H.264 every part of one tells. */
  look(codec: VideoCodec, packet: Buffer, from: number, to: number): boolean {
    if (to - from < 2) return false;
    switch (codec) {
      case 'H264':
        return this.#h264(packet, from, to);
      case 'VP8':
        return this.#vp8(packet, from, to);
      case 'H263':
        return this.#h263(packet, from, to);
      case 'H263-1998':
        return this.#h263Plus(packet, from, to);
    }
  }

  #h264(packet: Buffer, from: number, to: number): boolean {
    const type = packet[from] & 0x1f;
    if (type === rtpNalType.fuA) {
      const part = packet[from + 1] & 0x1f;
      return part === nalType.idrSlice || part === nalType.sps;
    }
    if (type !== rtpNalType.stapA) return this.#nal(packet, from, to);
    let key = false;
    for (let at = from + 1; at + 2 < to;) {
      const end = at + 2 + ((packet[at] << 8) | packet[at + 1]);
      if (end > to || end === at + 2) break;
      if (this.#nal(packet, at + 2, end)) key = true;
      at = end;
    }
    return key;
  }

  #nal(packet: Buffer, from: number, to: number): boolean {
    const type = packet[from] & 0x1f;
    if (type !== nalType.sps) return type === nalType.idrSlice;
    const sps = readSps(packet, from, to);
    if (!sps) return false;
    this.setsInBand = true;
    this.#is(sps);
    return true;
  }

  #vp8(packet: Buffer, from: number, to: number): boolean {
    const descriptor = this.#descriptor;
    const at = readVp8Descriptor(packet, from, to, descriptor);
    if (at === -1 || !descriptor.startsFrame) return false;
    const size = readVp8Size(packet, at, to);
    if (size) this.#is(size);
    return size !== null;
  }

  /** RFC 2190 §5: the picture header follows that of the payload. */
  #h263(packet: Buffer, from: number, to: number): boolean {
    const first = packet[from];
    const header = first < 0x80 ? h263Headers.a : first < 0xc0 ? h263Headers.b : h263Headers.c;
    return this.#h263Picture(packet, from + header, to);
  }

  /** RFC 4629 §5.1: P says that two zero bytes were left out. */
  #h263Plus(packet: Buffer, from: number, to: number): boolean {
    const first = packet[from];
    const spareHeader = ((first & 1) << 5) | (packet[from + 1] >> 3);
    const at = from + 2 + ((first & 0x02) >> 1) + spareHeader;
    if ((first & 0x04) === 0 || at >= to) return false;
    const picture = this.#picture.fill(0);
    packet.copy(picture, 2, at, Math.min(to, at + picture.length - 2));
    return this.#h263Picture(picture, 0, picture.length);
  }

  #h263Picture(data: Buffer, from: number, to: number): boolean {
    const picture = from < to ? readH263Picture(data, from, to) : null;
    if (picture?.size) this.#is(picture.size);
    return picture?.keyFrame === true;
  }

  /** Mostly it is as large as the last one. */
  #is({ width, height }: PictureSize): void {
    if (this.size?.width !== width || this.size.height !== height) this.size = { width, height };
  }
}
