import { Encoder } from '@evan/opus';
import type { OpusWishes } from '../ports.ts';
import type { AudioDecoder, AudioEncoder } from './codec.ts';
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
const assumedLossPercent = 10;
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

/** Samples → mono Opus, as the peer wants it. */
export class OpusEncoder implements AudioEncoder {
  readonly rateHz: RateHz;
  readonly timestampStep = 960;
  readonly maxBytes = maxPayloadBytes;
  readonly #encoder: Encoder;
  readonly #dtx: boolean;
  /** The peer uses in-band error correction. */
  readonly #corrects: boolean;
  readonly #mostBitsPerSecond: number;

  constructor(wishes?: OpusWishes) {
    this.rateHz = wishes?.maxRateHz ?? 48_000;
    this.#dtx = wishes?.dtx ?? false;
    const encoder = new Encoder({ channels: 1, sample_rate: this.rateHz, application: 'voip' });
    encoder.complexity = complexity;
    encoder.dtx = this.#dtx;
    if (wishes?.cbr) encoder.vbr = false;
    this.#encoder = encoder;
    this.#corrects = wishes?.inbandFec ?? false;
    this.#mostBitsPerSecond = wishes?.maxBitrate ?? Infinity;
    encoder.inband_fec = this.#corrects;
    this.expectLoss(assumedLossPercent);
  }

  /** For peers that use in-band error correction: how much of it, and none without loss. */
  expectLoss(percent: number): void {
    const correction = this.#corrects && percent > 0 ? correctionBitsPerSecond : 0;
    const wanted = Math.min(bitsPerSecond[this.rateHz] + correction, this.#mostBitsPerSecond);
    this.#encoder.bitrate = Math.max(leastBitsPerSecond, wanted);
    if (this.#corrects) this.#encoder.packet_loss = percent;
  }

  encode(samples: Int16Array, out: Buffer, at: number): number {
    const encoded = this.#encoder.encode(samples);
    if (this.#dtx && encoded.length <= dtxBytes) return 0;
    out.set(encoded, at);
    return encoded.length;
  }
}
