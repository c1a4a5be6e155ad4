import { Encoder } from '@evan/opus';
import type { OpusWishes } from '../ports.ts';
import type { AudioDecoder, AudioEncoder } from './coder.ts';
import { LibopusDecoder } from './libopus.ts';
import { repeatedMs } from './opus-packet.ts';
import type { RateHz } from './resampler.ts';

/** What an Opus packet holds at most at our rates and lengths (RFC 6716 §3.2.1). */
const maxPayloadBytes = 1275;
/** Where speech at each rate is transparent (RFC 7587 §3.1.1). */
const bitsPerSecond: Readonly<Record<RateHz, number>> = { 8000: 16_000, 16000: 24_000, 48000: 32_000 };
const leastBitsPerSecond = 6000;
/**
 * What error correction gets on top: out of the voice's own rate libopus repeats nothing while less than 5 % are
 * lost, and beyond that makes the voice narrower first.
 */
const correctionBitsPerSecond = 8000;
/** Of 10: beyond it speech gains little and time doubles. */
const complexity = 3;
/** How much loss in-band error correction is made for until the peer has told of any, in percent. */
export const assumedLossPercent = 10;
/** RFC 6716 §3.1: the first octet alone says that nothing is said. */
const dtxBytes = 2;

/**
 * Opus (RFC 6716) → samples. Always at 48 kHz, so that a listener who comes or goes changes nothing for a stream
 * that runs; it costs 7 µs a packet more than 8 kHz. Stereo is mixed down by the decoder.
 */
export class OpusDecoder implements AudioDecoder {
  readonly rateHz = 48_000;
  readonly #decoder = new LibopusDecoder(this.rateHz);

  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    return this.#decoder.decode(packet, start, end, out, at);
  }

  conceal(count: number, out: Int16Array, at: number): number {
    return this.#decoder.conceal(count, out, at);
  }

  repeatedMs(packet: Buffer, start: number, end: number): number {
    return repeatedMs(packet, start, end);
  }

  recover(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    const count = (repeatedMs(packet, start, end) * this.rateHz) / 1000;
    return count === 0 ? 0 : this.#decoder.recover(packet, start, end, count, out, at);
  }

  close(): void {
    this.#decoder.close();
  }
}

export function opusRateHz(wishes?: OpusWishes): RateHz {
  return wishes?.maxRateHz ?? 48_000;
}

/** What a peer is sent, bits per second. */
export function opusBitrate(wishes: OpusWishes | undefined, lossPercent: number): number {
  const correction = wishes?.inbandFec && lossPercent > 0 ? correctionBitsPerSecond : 0;
  const wanted = bitsPerSecond[opusRateHz(wishes)] + correction;
  return Math.max(leastBitsPerSecond, Math.min(wanted, wishes?.maxBitrate ?? Infinity));
}

/** Samples → mono Opus, as the peer wants it. */
export class OpusEncoder implements AudioEncoder {
  readonly rateHz: RateHz;
  readonly timestampStep = 960;
  readonly maxBytes = maxPayloadBytes;
  readonly #encoder: Encoder;
  readonly #wishes: OpusWishes | undefined;

  constructor(wishes?: OpusWishes) {
    this.#wishes = wishes;
    this.rateHz = opusRateHz(wishes);
    const encoder = new Encoder({ channels: 1, sample_rate: this.rateHz, application: 'voip' });
    encoder.complexity = complexity;
    encoder.dtx = wishes?.dtx ?? false;
    if (wishes?.cbr) encoder.vbr = false;
    encoder.inband_fec = wishes?.inbandFec ?? false;
    this.#encoder = encoder;
    this.expectLoss(assumedLossPercent);
  }

  /** For peers that use in-band error correction: how much of it, and none without loss. */
  expectLoss(percent: number): void {
    this.#encoder.bitrate = opusBitrate(this.#wishes, percent);
    if (this.#wishes?.inbandFec) this.#encoder.packet_loss = percent;
  }

  /** Forgets what it coded. */
  reset(): void {
    this.#encoder.reset();
  }

  /** Begins anew in the middle of a sound, of which these are the last two frames: a decoder can go on with it. */
  takeUp(lastButOne: Int16Array, last: Int16Array): void {
    this.#encoder.reset();
    this.#encoder.encode(lastButOne);
    this.#encoder.encode(last);
  }

  encode(samples: Int16Array, out: Buffer, at: number): number {
    const encoded = this.#encoder.encode(samples);
    if (this.#wishes?.dtx && encoded.length <= dtxBytes) return 0;
    out.set(encoded, at);
    return encoded.length;
  }
}
