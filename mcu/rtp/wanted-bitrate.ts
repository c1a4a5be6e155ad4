import type { PictureSize } from '../ports.ts';
import { buildTmmbr } from '../video/rtcp-feedback.ts';
import { BitrateControl } from './bitrate-control.ts';
import type { SequenceTracker } from './sequence.ts';

/** What our answers offer (b=TIAS): for the best picture that a device can send. Bits per second of payload. */
const fullBitrate = 4_000_000;
/** What a camera needs that is shown at most so high: somewhat more than a picture of that size, as it is scaled. */
const bitrateForHeight: readonly (readonly [height: number, bitrate: number])[] = [
  [180, 400_000],
  [360, 1_000_000],
  [720, 2_000_000],
];
/** Layouts change, and a device takes seconds to send more again: less is asked for only when less has done for so long. */
const lowerAfterMs = 10_000;
const lossEveryMs = 2000;
/** IPv4, UDP and RTP, and what a packet carries: a limit counts headers (RFC 5104 §3.5.4.2). */
const overheadBytes = 40;
const payloadBytes = 1100;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** Who sees a camera: a room's browsers at whatever size, or only pictures of ours, so large at most; null: none of those. */
export type CameraUse = 'anybody' | PictureSize | null;

/**
 * Tells a device how much video we want of it (RFC 5104 §4.2.1), until it confirms: all that it has while a room gets it, as
 * much as its place on our pictures needs otherwise, and less while its network loses what it sends.
 */
export class WantedBitrate {
  readonly #now: () => number;
  readonly #control: BitrateControl;
  #needed = fullBitrate;
  #byLoss = Infinity;
  /** Since when less would do. */
  #enoughSinceMs: number;
  #asked = 0;
  #nextMs = 0;
  #pauseMs = firstPauseMs;
  /** When loss was looked at, and what had come by then. */
  #lossMs = 0;
  #highest = 0;
  #lost = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#enoughSinceMs = now();
    this.#control = new BitrateControl(now, (limit) => (this.#byLoss = limit));
    this.#control.configure(fullBitrate);
  }

  /** To be called a few times a second. */
  need(use: CameraUse): void {
    const needed = neededFor(use);
    const nowMs = this.#now();
    if (needed >= this.#needed) this.#enoughSinceMs = nowMs;
    if (needed < this.#needed && nowMs - this.#enoughSinceMs < lowerAfterMs) return;
    this.#needed = needed;
  }

  /** To be called a few times a second: what was lost for good of what the device sent. */
  watch(tracker: Pick<SequenceTracker, 'lost' | 'extendedHighest'>): void {
    const nowMs = this.#now();
    if (nowMs - this.#lossMs < lossEveryMs) return;
    const { extendedHighest, lost } = tracker;
    const packets = extendedHighest - this.#highest;
    const missing = Math.max(0, lost - this.#lost);
    this.#lossMs = nowMs;
    this.#highest = extendedHighest;
    this.#lost = lost;
    if (packets > 0) this.#control.reported(Math.min(100, (100 * missing) / packets), packets);
  }

  /** The request, when it is time for one. */
  due(senderSsrc: number, mediaSsrc: number): Buffer | null {
    const nowMs = this.#now();
    const wanted = Math.round(Math.min(this.#needed, this.#byLoss));
    if (wanted !== this.#asked) this.again();
    if (nowMs < this.#nextMs) return null;
    this.#asked = wanted;
    this.#nextMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
    const bitrate = (wanted * (payloadBytes + overheadBytes)) / payloadBytes;
    return buildTmmbr(senderSsrc, { ssrc: mediaSsrc, bitrate, overhead: overheadBytes });
  }

  /** The device has confirmed what it was asked last. */
  known(): void {
    this.#nextMs = Infinity;
  }

  /** Another stream of it, which knows nothing of that. */
  again(): void {
    this.#nextMs = 0;
    this.#pauseMs = firstPauseMs;
  }
}

function neededFor(use: CameraUse): number {
  if (use === 'anybody') return fullBitrate;
  const height = use?.height ?? 0;
  return bitrateForHeight.find(([most]) => height <= most)?.[1] ?? fullBitrate;
}
