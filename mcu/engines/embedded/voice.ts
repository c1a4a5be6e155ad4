import type { AudioDecoder } from '../../codecs/codec.ts';
import { empty, JitterBuffer, lost } from '../../jitter/buffer.ts';

/** Opus packets carry up to 120 ms (RFC 6716 §2.1.4), G.711 ones rarely more than 60. */
const longestPacketMs = 120;
/** Each concealed packet is quieter than the last. */
const fade = 0.5;

/** One stream from packets to 20 ms frames: jitter buffer, decoder, concealment. */
export class Voice {
  readonly jitter = new JitterBuffer();
  readonly #decoder: AudioDecoder;
  readonly #rateHz: number;
  readonly #queue: Int16Array;
  readonly #lastPacket: Int16Array;
  #queued = 0;
  #lastCount = 0;

  constructor(decoder: AudioDecoder, rateHz: number) {
    this.#decoder = decoder;
    this.#rateHz = rateHz;
    const longest = (rateHz * longestPacketMs) / 1000;
    this.#queue = new Int16Array(longest * 2);
    this.#lastPacket = new Int16Array(longest);
  }

  /** Fills the frame; false: nothing to hear, the frame is undefined. */
  pull(frame: Int16Array): boolean {
    while (this.#queued < frame.length) {
      const slot = this.jitter.take();
      if (slot === empty) break;
      if (slot === lost) this.#conceal(frame.length);
      else this.#decode(slot);
    }
    if (this.#queued === 0) return false;
    const count = Math.min(this.#queued, frame.length);
    for (let i = 0; i < count; i++) frame[i] = this.#queue[i];
    if (count < frame.length) frame.fill(0, count);
    this.#queue.copyWithin(0, count, this.#queued);
    this.#queued -= count;
    return true;
  }

  #decode(slot: number): void {
    const { jitter } = this;
    const packet = jitter.release(slot);
    const last = this.#lastPacket;
    const count = this.#decoder.decode(packet, jitter.startOf(slot), jitter.endOf(slot), last, 0);
    if (count === 0) return;
    this.#lastCount = count;
    jitter.packetMs = (count * 1000) / this.#rateHz;
    this.#append(count);
  }

  /** Says the last packet again, quieter each time. */
  #conceal(frameSamples: number): void {
    const last = this.#lastPacket;
    const count = this.#lastCount === 0 ? frameSamples : this.#lastCount;
    for (let i = 0; i < count; i++) last[i] = last[i] * fade;
    this.#append(count);
  }

  #append(count: number): void {
    const free = Math.min(count, this.#queue.length - this.#queued);
    for (let i = 0; i < free; i++) this.#queue[this.#queued + i] = this.#lastPacket[i];
    this.#queued += free;
  }
}
