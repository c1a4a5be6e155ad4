import { buildTmmbr } from '../video/rtcp-feedback.ts';

/** What a 720p camera needs, bits per second: more would be scaled down in every tile, and costs a browser's downlink. */
const roomNeeds = 1_500_000;
/** IPv4, UDP and RTP. */
const overheadBytes = 40;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** Tells a device how much video we want of it (RFC 5104 §4.2.1), until it confirms. */
export class WantedBitrate {
  readonly #now: () => number;
  #nextMs = 0;
  #pauseMs = firstPauseMs;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The request, when it is time for one. */
  due(senderSsrc: number, mediaSsrc: number): Buffer | null {
    const nowMs = this.#now();
    if (nowMs < this.#nextMs) return null;
    this.#nextMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
    return buildTmmbr(senderSsrc, { ssrc: mediaSsrc, bitrate: roomNeeds, overhead: overheadBytes });
  }

  /** The device has confirmed it. */
  known(): void {
    this.#nextMs = Infinity;
  }

  /** Another stream of it, which knows nothing of that. */
  again(): void {
    this.#nextMs = 0;
    this.#pauseMs = firstPauseMs;
  }
}
