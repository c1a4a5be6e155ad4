import type { AudioEncoder } from '../../codecs/coder.ts';
import { OpusEncoder, opusBitrate, opusRateHz } from '../../codecs/opus.ts';
import type { RateHz } from '../../codecs/resampler.ts';
import type { OpusWishes } from '../../ports.ts';
import { frameSamples } from './frame-rates.ts';

/** After so many frames an encoder that began anew is where one is that always ran; with one alone tones click. */
const warmUpFrames = 2;
const keptFrames = warmUpFrames + 1;
/** Below it libopus changes its inner rate as it goes, each encoder at another time: a change-over clicks. */
const leastBitrate = 24_000;
/** Listeners whose loss is about the same are sent the same. */
const lossSteps = [0, 2, 5, 10, 20, 40] as const;

export function lossStep(percent: number): number {
  return lossSteps.find((step) => percent <= step) ?? 40;
}

/** Listeners with the same key may share; null: one who may not, since a change-over would be heard. */
export function feedKey(wishes: OpusWishes | undefined, lossPercent: number): string | null {
  const rateHz = opusRateHz(wishes);
  const bitrate = opusBitrate(wishes, lossPercent);
  // At 8 kHz tones that change over step further.
  if (rateHz === 8000 || bitrate < leastBitrate) return null;
  const { inbandFec = false, dtx = false, cbr = false } = wishes ?? {};
  return [rateHz, bitrate, inbandFec ? lossPercent : 'no FEC', dtx, cbr].join();
}

/**
 * One encoding for all silent Opus listeners of a room who want the same. A decoder may go on from one encoder to
 * another when both coded the same sound in the frames before, so this one is heard only after a warm-up, and keeps
 * the frames that a listener's own encoder needs for its own.
 */
export class OpusFeed {
  readonly rateHz: RateHz;
  readonly #encoder: OpusEncoder;
  readonly #payload: Buffer;
  /** By tick, in a ring. */
  readonly #frames: readonly Int16Array[];
  #tick = -1;
  /** Frames in a row. */
  #run = 0;
  #bytes = 0;

  constructor(wishes: OpusWishes | undefined, lossPercent: number) {
    this.#encoder = new OpusEncoder(wishes);
    this.#encoder.expectLoss(lossPercent);
    this.#payload = Buffer.alloc(this.#encoder.maxBytes);
    this.rateHz = this.#encoder.rateHz;
    const samples = frameSamples(this.rateHz);
    this.#frames = Array.from({ length: keptFrames }, () => new Int16Array(samples));
  }

  /** Encodes a tick's frame, the first time it is asked to; false: the encoder isn't warm yet. */
  take(frame: Int16Array, tick: number): boolean {
    if (this.#tick !== tick) {
      if (this.#tick !== tick - 1) this.#begin();
      this.#tick = tick;
      this.#frames[tick % keptFrames].set(frame);
      this.#bytes = this.#encoder.encode(frame, this.#payload, 0);
      this.#run++;
    }
    return this.#run > warmUpFrames;
  }

  /** Writes this tick's payload; returns the number of octets, 0: silence that need not be sent. */
  copyTo(out: Buffer, at: number): number {
    this.#payload.copy(out, at, 0, this.#bytes);
    return this.#bytes;
  }

  /** Makes an encoder ready to go on with `tick` for somebody who heard this feed until then. */
  handOver(encoder: AudioEncoder, tick: number): void {
    const frames = this.#frames;
    encoder.takeUp?.(frames[(tick - 2) % keptFrames], frames[(tick - 1) % keptFrames]);
  }

  #begin(): void {
    this.#encoder.reset();
    this.#run = 0;
  }
}
