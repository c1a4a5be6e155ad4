import type { CanvasShape } from '../../../compositor/scene.ts';
import type { I420 } from '../../../compositor/i420.ts';
import { memoryOf, newPicture } from './codecs/av.ts';
import type { Frame } from './codecs/av.ts';

/** The memory that a picture is composed in and encoded from. Nobody draws while an encoder reads. */
export class Canvas {
  readonly frame: Frame;
  /** Its planes; nobody keeps them. */
  readonly planes: I420;
  #readers = 0;
  #closed = false;

  constructor({ width, height }: Omit<CanvasShape, 'pixelAspect'>) {
    this.frame = newPicture(width, height);
    // These views are kept: this frame's memory stays where it is until `close`.
    this.planes = { width, height, data: memoryOf(this.frame), linesize: this.frame.linesize };
  }

  get beingRead(): boolean {
    return this.#readers > 0;
  }

  /** Holds the picture as it is, until the promise is settled. */
  async whileRead(reading: Promise<void>): Promise<void> {
    this.#readers++;
    try {
      await reading;
    } finally {
      this.#readers--;
      if (this.#closed && this.#readers === 0) this.frame.free();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#readers === 0) this.frame.free();
  }
}
