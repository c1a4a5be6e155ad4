import { levelOf } from '../../codecs/g711.ts';
import type { RateHz } from '../../codecs/resampler.ts';
import type { VoiceBack } from '../../ports.ts';
import { newRtpPacket } from '../../rtp/packet.ts';
import type { FrameRates } from './frame-rates.ts';
import { Outlet } from './outlet.ts';

const silentLevel = 127;
/** For the SFU; at the voice's own rate, as a higher one would carry nothing more. */
const plainOpus = { inbandFec: false, dtx: false, maxBitrate: 64_000, cbr: false } as const;

/** A member's own voice on its way back to the node; the payload type field of its packets carries the level. */
export interface VoiceReturn {
  /** This tick's frame as it came, before any levelling; null: nothing is said. */
  came(frame: Int16Array | null): void;
  /** Null: nothing to send in this tick. */
  take(voice: FrameRates, speaks: boolean, tick: number): Buffer | null;
}

export function createVoiceReturn(how: VoiceBack, ssrc: number, voiceRateHz: RateHz): VoiceReturn | null {
  if (how === 'nothing') return null;
  if (how === 'level') return new LevelReturn(ssrc);
  return new CodedReturn(new Outlet(how, 0, ssrc, { ...plainOpus, maxRateHz: voiceRateHz }));
}

/**
 * Numbered without gaps while timestamps follow the beat: silence is not sent. Its level is that of what is in the
 * packet (RFC 6464 §3): after levelling.
 */
class CodedReturn implements VoiceReturn {
  readonly #outlet: Outlet;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  came(): void {
    // What is sent is told of.
  }

  take(voice: FrameRates, speaks: boolean, tick: number): Buffer | null {
    return speaks
      ? this.#outlet.encode(voice.at(this.#outlet.rateHz, tick), tick, levelIn(voice.frame))
      : null;
  }
}

/** Only a header, and only when the level is another: for packets that go on as they came, before any levelling. */
class LevelReturn implements VoiceReturn {
  readonly #packet: Buffer;
  #level = silentLevel;
  #told = silentLevel;

  constructor(ssrc: number) {
    this.#packet = newRtpPacket(0, 0, ssrc);
  }

  came(frame: Int16Array | null): void {
    this.#level = frame ? levelIn(frame) : silentLevel;
  }

  take(): Buffer | null {
    if (this.#level === this.#told) return null;
    this.#told = this.#packet[1] = this.#level;
    return this.#packet;
  }
}

/** RFC 6464: 0 loud … 127 silent. */
function levelIn(frame: Int16Array): number {
  let power = 0;
  for (const sample of frame) power += sample * sample;
  return levelOf(power / frame.length / (32768 * 32768));
}
