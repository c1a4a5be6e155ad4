import type { AudioCodec, AudioFormat, OpusWishes } from '../ports.ts';
import { FormatDecoder } from './formats.ts';
import { decodeG711, encodeG711 } from './g711.ts';
import type { G711 } from './g711.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import { OpusDecoder, OpusEncoder } from './opus.ts';
import type { RateHz } from './resampler.ts';

/** RTP payload → samples. */
export interface AudioDecoder {
  readonly rateHz: RateHz;
  /** Writes into `out` from `at`, never beyond its end; returns the number of samples, 0 for garbage. */
  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number;
  /**
   * The codec's own concealment, for those that have one: writes `count` samples, whole 10 ms, in place of
   * what is lost. Returns the number of samples; 0: it has nothing to offer.
   */
  conceal?(count: number, out: Int16Array, at: number): number;
  /** How much of what was before it a packet repeats (in-band FEC), in ms; 0: nothing. */
  repeatedMs?(packet: Buffer, start: number, end: number): number;
  /** That sound, before the packet itself is decoded; returns the number of samples. */
  recover?(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number;
  /** For those that hold memory of their own. Idempotent. */
  close?(): void;
}

/** 20 ms of samples → RTP payload. */
export interface AudioEncoder {
  readonly rateHz: RateHz;
  /** How far RTP timestamps go on per frame. */
  readonly timestampStep: number;
  /** The largest payload that it writes. */
  readonly maxBytes: number;
  /** Writes into `out` from `at`; returns the number of octets, 0: silence that need not be sent. */
  encode(samples: Int16Array, out: Buffer, at: number): number;
  /** How much of what is sent gets lost, 0–100; for those that can do something about it. */
  expectLoss?(percent: number): void;
  /** For those with a memory that can be made anew: goes on after another encoder, which coded these frames last. */
  takeUp?(lastButOne: Int16Array, last: Int16Array): void;
}

/** The RTP clock: 8 kHz for G.722 too, by an old mistake that stays (RFC 3551 §4.5.2); always 48 kHz for Opus (RFC 7587 §4.1). */
export function clockHzOf(codec: AudioCodec): 8000 | 48000 {
  return codec === 'opus' ? 48_000 : 8000;
}

export function createDecoder(codec: AudioCodec): AudioDecoder {
  switch (codec) {
    case 'opus':
      return new OpusDecoder();
    case 'G722':
      return new WidebandDecoder();
    case 'PCMU':
    case 'PCMA':
      return new LawDecoder(codec);
  }
}

/** For a stream whose packets may be of several formats; those of one codec are one decoder's. */
export function createFormatDecoder(formats: readonly AudioFormat[]): AudioDecoder {
  if (formats.length === 1) return createDecoder(formats[0].codec);
  const decoders = new Map<AudioCodec, AudioDecoder>();
  const decoderOf = (codec: AudioCodec): AudioDecoder => {
    const decoder = decoders.get(codec) ?? createDecoder(codec);
    decoders.set(codec, decoder);
    return decoder;
  };
  return new FormatDecoder(
    formats.map(({ codec, payloadType }) => ({ payloadType, decoder: decoderOf(codec) })),
  );
}

export function createEncoder(codec: AudioCodec, wishes?: OpusWishes): AudioEncoder {
  switch (codec) {
    case 'opus':
      return new OpusEncoder(wishes);
    case 'G722':
      return new WidebandEncoder();
    case 'PCMU':
    case 'PCMA':
      return new LawEncoder(codec);
  }
}

class LawDecoder implements AudioDecoder {
  readonly rateHz = 8000;
  readonly #law: G711;

  constructor(law: G711) {
    this.#law = law;
  }

  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    const count = Math.min(end - start, out.length - at);
    decodeG711(this.#law, packet, start, start + count, out, at);
    return count;
  }
}

class LawEncoder implements AudioEncoder {
  readonly rateHz = 8000;
  readonly timestampStep = 160;
  readonly maxBytes = 160;
  readonly #law: G711;

  constructor(law: G711) {
    this.#law = law;
  }

  encode(samples: Int16Array, out: Buffer, at: number): number {
    encodeG711(this.#law, samples, samples.length, out, at);
    return samples.length;
  }
}

class WidebandDecoder implements AudioDecoder {
  readonly rateHz = 16_000;
  readonly #decoder = new G722Decoder();

  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    const octets = Math.min(end - start, (out.length - at) >> 1);
    this.#decoder.decode(packet, start, start + octets, out, at);
    return octets * 2;
  }
}

class WidebandEncoder implements AudioEncoder {
  readonly rateHz = 16_000;
  readonly timestampStep = 160;
  readonly maxBytes = 160;
  readonly #encoder = new G722Encoder();

  encode(samples: Int16Array, out: Buffer, at: number): number {
    return this.#encoder.encode(samples, samples.length, out, at);
  }
}
