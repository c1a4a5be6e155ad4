import { rewriteRtp, sequenceDelta, timestampDelta } from './packet.ts';
import type { RtpView } from './packet.ts';

const longestGapSeconds = 10;

/**
 * The caller's stream as the room gets it: digits, muted and held passages are taken out, and the sequence
 * closes over them, so that the SFU asks for nothing that was never meant for it. Timestamps jump instead.
 */
export class RoomFeed {
  readonly #now: () => number;
  readonly #clockHz: number;
  readonly #marksTalk: boolean;
  #offset = 0;
  #timestampOffset = 0;
  #newest = 0;
  #newestTimestamp = 0;
  #newestMs = 0;
  #ssrc = -1;
  /** Packets before this one can't be placed any more: something was taken out after them. */
  #floor = 0;
  #hasFloor = false;
  #gap = true;

  /** `marks`: what the marker means: in video it ends a frame, and is left alone (RFC 3551 §4.1, §5). */
  constructor(clockHz: number, now: () => number, marks: 'talk' | 'frames' = 'talk') {
    this.#clockHz = clockHz;
    this.#now = now;
    this.#marksTalk = marks === 'talk';
  }

  /** A packet that the room doesn't get. */
  skip(view: RtpView): void {
    if (!this.#follow(view)) return;
    this.#offset = (this.#offset - 1) & 0xffff;
    this.#floor = view.sequence;
    this.#hasFloor = true;
    this.#gap = true;
  }

  /** Renumbers a packet in place; false: too late to be placed, drop it. */
  pass(packet: Buffer, view: RtpView): boolean {
    const newest = this.#follow(view);
    if (!newest && this.#hasFloor && sequenceDelta(view.sequence, this.#floor) <= 0) return false;
    rewriteRtp(
      packet,
      view.payloadType,
      view.marker || (newest && this.#gap && this.#marksTalk),
      (view.sequence + this.#offset) & 0xffff,
      (view.timestamp + this.#timestampOffset) >>> 0,
    );
    if (newest) this.#gap = false;
    return true;
  }

  /** True: the newest so far. A new SSRC or a wild jump goes on where the last packet ended. */
  #follow(view: RtpView): boolean {
    const nowMs = this.#now();
    const step = sequenceDelta(view.sequence, this.#newest);
    const restarted =
      view.ssrc !== this.#ssrc ||
      Math.abs(step) > 1000 ||
      Math.abs(timestampDelta(view.timestamp, this.#newestTimestamp)) > longestGapSeconds * this.#clockHz;
    if (restarted && this.#ssrc !== -1) {
      const elapsed = Math.max(
        this.#clockHz / 50,
        Math.round(((nowMs - this.#newestMs) * this.#clockHz) / 1000),
      );
      this.#offset = (this.#newest + this.#offset + 1 - view.sequence) & 0xffff;
      this.#timestampOffset =
        (this.#newestTimestamp + this.#timestampOffset + elapsed - view.timestamp) >>> 0;
      this.#floor = (view.sequence - 1) & 0xffff;
      this.#hasFloor = true;
      this.#gap = true;
    }
    if (!restarted && step <= 0) return false;
    this.#ssrc = view.ssrc;
    this.#newest = view.sequence;
    this.#newestTimestamp = view.timestamp;
    this.#newestMs = nowMs;
    return true;
  }
}
