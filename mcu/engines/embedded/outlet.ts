import { randomInt } from 'node:crypto';
import { createEncoder } from '../../codecs/codec.ts';
import type { AudioEncoder } from '../../codecs/coder.ts';
import { silenceOctet } from '../../codecs/g711.ts';
import type { RateHz } from '../../codecs/resampler.ts';
import type { AudioCodec, OpusWishes } from '../../ports.ts';
import { newRtpPacket, rewriteRtp, rtpHeaderBytes } from '../../rtp/packet.ts';
import { frameSamples } from './frame-rates.ts';
import type { OpusFeed } from './opus-feed.ts';

/**
 * One outgoing private RTP stream. Its packets' memory is used again and again: whoever gets one reads it before
 * the call returns.
 */
export class Outlet {
  readonly rateHz: RateHz;
  readonly #encoder: AudioEncoder;
  readonly #payloadType: number;
  readonly #packet: Buffer;
  /** G.711's silence is known; other codecs have to be told, so that their decoder follows. */
  readonly #silentPayload: Buffer | null;
  readonly #silentFrame: Int16Array;
  #sequence = randomInt(0x10000);
  /** What was sent last came from there. */
  #feed: OpusFeed | null = null;

  constructor(codec: AudioCodec, payloadType: number, ssrc: number, wishes?: OpusWishes) {
    this.#encoder = createEncoder(codec, wishes);
    this.rateHz = this.#encoder.rateHz;
    this.#payloadType = payloadType;
    this.#packet = newRtpPacket(this.#encoder.maxBytes, payloadType, ssrc);
    const isG711 = codec === 'PCMU' || codec === 'PCMA';
    this.#silentPayload = isG711 ? Buffer.alloc(this.#encoder.maxBytes, silenceOctet[codec]) : null;
    this.#silentFrame = new Int16Array(isG711 ? 0 : frameSamples(this.rateHz));
  }

  expectLoss(percent: number): void {
    this.#encoder.expectLoss?.(percent);
  }

  /** Null: silence that need not be sent. */
  encode(frame: Int16Array, tick: number, payloadType = this.#payloadType): Buffer | null {
    this.#feed?.handOver(this.#encoder, tick);
    this.#feed = null;
    return this.#finish(this.#encoder.encode(frame, this.#packet, rtpHeaderBytes), tick, payloadType);
  }

  /** What is encoded for several; the encoder rests until it is wanted again. Null: silence that need not be sent. */
  share(feed: OpusFeed, tick: number): Buffer | null {
    this.#feed = feed;
    return this.#finish(feed.copyTo(this.#packet, rtpHeaderBytes), tick, this.#payloadType);
  }

  /** A payload that is encoded already, of full length. */
  copy(payload: Buffer, tick: number): Buffer {
    this.#packet.set(payload, rtpHeaderBytes);
    this.#stamp(tick, this.#payloadType);
    return this.#packet;
  }

  silence(tick: number): Buffer | null {
    return this.#silentPayload ? this.copy(this.#silentPayload, tick) : this.encode(this.#silentFrame, tick);
  }

  #finish(bytes: number, tick: number, payloadType: number): Buffer | null {
    if (bytes === 0) return null;
    this.#stamp(tick, payloadType);
    return bytes === this.#encoder.maxBytes ? this.#packet : this.#packet.subarray(0, rtpHeaderBytes + bytes);
  }

  #stamp(tick: number, payloadType: number): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    rewriteRtp(this.#packet, payloadType, false, this.#sequence, (tick * this.#encoder.timestampStep) >>> 0);
  }
}
