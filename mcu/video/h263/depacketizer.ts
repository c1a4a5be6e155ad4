import type { PictureSize } from '../../ports/pictures.ts';
import type { Depacketizer, FrameFacts } from '../depacketizer.ts';
import { H263Frame } from './frame.ts';

/** H.263 from RTP by RFC 2190, in its modes A, B and C (§5). Fragments meet within a byte: SBIT and EBIT say where. */
export class H263Depacketizer implements Depacketizer {
  readonly #frame: H263Frame;
  /** Bits of the last byte that are the next packet's. */
  #endBits = 0;

  constructor(largestFrame: number) {
    this.#frame = new H263Frame(largestFrame);
  }

  get size(): PictureSize | null {
    return this.#frame.size;
  }

  reset(): void {
    this.#frame.reset();
    this.#endBits = 0;
  }

  begin(): void {
    this.#frame.buffer.cut(0);
    this.#endBits = 0;
  }

  write(packet: Buffer, from: number, to: number): boolean {
    const first = packet[from];
    // F and P: mode A has four bytes of header, B eight, C twelve.
    const at = from + (first < 0x80 ? 4 : first < 0xc0 ? 8 : 12);
    if (at >= to) return false;
    const startBits = (first >> 3) & 7;
    const { buffer } = this.#frame;
    let next = at;
    if (buffer.length > 0) {
      const joint = buffer.length - 1;
      buffer.bytes[joint] &= 0xff << this.#endBits;
      if (startBits > 0) {
        buffer.bytes[joint] |= packet[at] & (0xff >> startBits);
        next += 1;
      }
    }
    this.#endBits = first & 7;
    return buffer.append(packet, next, to);
  }

  gap(): void {
    this.#endBits = 0;
  }

  finish(): FrameFacts {
    return this.#frame.finish();
  }

  take(): Buffer {
    return this.#frame.take();
  }

  accept(): void {
    // Each frame refers to the one before.
  }
}
