import type { PictureSize } from '../../ports/pictures.ts';
import { noFacts } from '../depacketizer.ts';
import type { Depacketizer, FrameFacts } from '../depacketizer.ts';
import { FrameBuffer } from '../frame-buffer.ts';
import { newVp8Descriptor, readVp8Descriptor } from './descriptor.ts';
import { readVp8Size } from './frame-header.ts';

/** VP8 from RTP (RFC 7741 §4). Picture IDs and layers tell whether what was lost between two frames matters (§4.5). */
export class Vp8Depacketizer implements Depacketizer {
  readonly #facts: FrameFacts = noFacts();
  readonly #frame: FrameBuffer;
  readonly #descriptor = newVp8Descriptor();
  /** Of the frame's first packet. */
  readonly #start = newVp8Descriptor();
  #lastPictureId = -1;
  #lastTl0PicIndex = -1;
  size: PictureSize | null = null;

  constructor(largestFrame: number) {
    this.#frame = new FrameBuffer(largestFrame);
  }

  reset(): void {
    this.#lastPictureId = this.#lastTl0PicIndex = -1;
    this.size = null;
    this.begin();
  }

  begin(): void {
    this.#frame.cut(0);
    const facts = this.#facts;
    facts.picture = facts.keyFrame = facts.startsWhole = facts.followsOn = facts.disposable = false;
  }

  write(packet: Buffer, from: number, to: number): boolean {
    const descriptor = this.#descriptor;
    const at = readVp8Descriptor(packet, from, to, descriptor);
    if (at === -1) return false;
    if (!this.#facts.picture) {
      Object.assign(this.#start, descriptor);
      this.#facts.startsWhole = descriptor.startsFrame;
      this.#facts.disposable = descriptor.disposable;
    } else if (descriptor.startsFrame) {
      return false;
    }
    this.#facts.picture = true;
    return this.#frame.append(packet, at, to);
  }

  gap(): void {
    // Nothing is under way: what is lost is lost.
  }

  finish(): FrameFacts {
    const facts = this.#facts;
    const size = facts.startsWhole ? readVp8Size(this.#frame.bytes, 0, this.#frame.length) : null;
    facts.keyFrame = size !== null;
    facts.followsOn = this.#followsOn();
    if (size !== null) this.size = size;
    return facts;
  }

  take(): Buffer {
    return Buffer.from(this.#frame.bytes.subarray(0, this.#frame.length));
  }

  accept(): void {
    this.#lastPictureId = this.#start.pictureId;
    this.#lastTl0PicIndex = this.#start.tl0PicIndex;
  }

  #followsOn(): boolean {
    const { pictureId, longPictureId, tl0PicIndex, temporalLayer, layerSync } = this.#start;
    if (pictureId >= 0 && this.#lastPictureId >= 0) {
      const next = (this.#lastPictureId + 1) & (longPictureId ? 0x7fff : 0x7f);
      if (pictureId === next) return true;
    }
    if (tl0PicIndex < 0 || this.#lastTl0PicIndex < 0) return false;
    // The base layer refers to itself only, and so does a frame that brings a higher one back.
    if (temporalLayer === 0) return tl0PicIndex === ((this.#lastTl0PicIndex + 1) & 0xff);
    return temporalLayer > 0 && layerSync && tl0PicIndex === this.#lastTl0PicIndex;
  }
}
