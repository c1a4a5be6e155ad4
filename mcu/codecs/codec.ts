import type { AudioCodec, AudioFormat, OpusWishes } from '../ports.ts';
import type { AudioDecoder, AudioEncoder } from './coder.ts';
import { FormatDecoder } from './formats.ts';
import { decodeG711, encodeG711 } from './g711.ts';
import type { G711 } from './g711.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import { OpusDecoder, OpusEncoder } from './opus.ts';

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
