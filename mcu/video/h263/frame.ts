import type { PictureSize } from '../../ports/pictures.ts';
import { noFacts } from '../depacketizer.ts';
import type { FrameFacts } from '../depacketizer.ts';
import { FrameBuffer } from '../frame-buffer.ts';
import { readH263Picture } from './picture-header.ts';

/** An H.263 frame that is put together, whatever its packets look like. */
export class H263Frame {
  readonly #facts: FrameFacts = noFacts();
  readonly buffer: FrameBuffer;
  size: PictureSize | null = null;

  constructor(largestFrame: number) {
    this.buffer = new FrameBuffer(largestFrame);
  }

  reset(): void {
    this.size = null;
    this.buffer.cut(0);
  }

  finish(): FrameFacts {
    const { bytes, length } = this.buffer;
    const picture = readH263Picture(bytes, 0, length);
    this.#facts.picture = length > 0;
    this.#facts.startsWhole = picture !== null;
    this.#facts.keyFrame = picture?.keyFrame === true;
    if (picture?.size) this.size = picture.size;
    return this.#facts;
  }

  take(): Buffer {
    return Buffer.from(this.buffer.bytes.subarray(0, this.buffer.length));
  }
}
