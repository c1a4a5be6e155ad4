import type { PictureSize } from '../../ports/pictures.ts';
import type { Depacketizer, FrameFacts } from '../depacketizer.ts';
import { H263Frame } from './frame.ts';

const zeros = Buffer.from([0, 0]);

/** H.263+ from RTP (RFC 4629 §5.1): video redundancy coding and spare picture headers are skipped. */
export class H263PlusDepacketizer implements Depacketizer {
  readonly #frame: H263Frame;

  constructor(largestFrame: number) {
    this.#frame = new H263Frame(largestFrame);
  }

  get size(): PictureSize | null {
    return this.#frame.size;
  }

  reset(): void {
    this.#frame.reset();
  }

  begin(): void {
    this.#frame.buffer.cut(0);
  }

  write(packet: Buffer, from: number, to: number): boolean {
    if (to - from < 2) return false;
    const first = packet[from];
    const spareHeader = ((first & 1) << 5) | (packet[from + 1] >> 3);
    const at = from + 2 + ((first & 0x02) >> 1) + spareHeader;
    if (at >= to) return false;
    const startFollows = (first & 0x04) !== 0;
    if (startFollows && !this.#frame.buffer.append(zeros, 0, 2)) return false;
    return this.#frame.buffer.append(packet, at, to);
  }

  gap(): void {
    // Nothing is under way: what is lost is lost.
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
