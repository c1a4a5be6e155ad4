import { Decoder as OpusLibDecoder, Encoder as OpusLibEncoder } from '@evan/opus';
import type { AudioCodec } from '../ports.ts';
import { decodeG711, encodeG711 } from './g711.ts';
import type { G711 } from './g711.ts';

/** RTP payload → samples at the mix's rate. */
export interface AudioDecoder {
  /** Writes into `out` from `at`, never beyond its end; returns the number of samples, 0 for garbage. */
  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number;
}

/** 20 ms of samples → RTP payload. */
export interface AudioEncoder {
  /** How far RTP timestamps go on per frame: 8 kHz for G.711 (RFC 3551), 48 kHz for Opus (RFC 7587 §4.1). */
  readonly timestampStep: number;
  /** Writes into `out` from `at`; returns the number of octets. */
  encode(samples: Int16Array, out: Buffer, at: number): number;
}

/** Rates that Opus decodes to and encodes from without a resampler (RFC 6716 §2). */
export type MixRateHz = 8000 | 16000 | 48000;

/** The largest payload that an encoder writes. */
export const maxPayloadBytes = 1275;

/** Speech at 8 kHz is transparent well below this. */
const opusBitsPerSecond = 24_000;

export function createDecoder(codec: AudioCodec, rateHz: MixRateHz): AudioDecoder {
  return codec === 'opus' ? new OpusDecoder(rateHz) : new G711Decoder(codec, rateHz);
}

export function createEncoder(codec: AudioCodec, rateHz: MixRateHz): AudioEncoder {
  return codec === 'opus' ? new OpusEncoder(rateHz) : new G711Encoder(codec, rateHz);
}

function requireNarrowband(rateHz: number): void {
  if (rateHz !== 8000) throw new RangeError(`G.711 is mixed at 8000 Hz, not at ${rateHz}`);
}

class G711Decoder implements AudioDecoder {
  readonly #law: G711;

  constructor(law: G711, rateHz: number) {
    requireNarrowband(rateHz);
    this.#law = law;
  }

  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    const count = Math.min(end - start, out.length - at);
    decodeG711(this.#law, packet, start, start + count, out, at);
    return count;
  }
}

class G711Encoder implements AudioEncoder {
  readonly timestampStep = 160;
  readonly #law: G711;

  constructor(law: G711, rateHz: number) {
    requireNarrowband(rateHz);
    this.#law = law;
  }

  encode(samples: Int16Array, out: Buffer, at: number): number {
    encodeG711(this.#law, samples, samples.length, out, at);
    return samples.length;
  }
}

class OpusDecoder implements AudioDecoder {
  readonly #decoder: OpusLibDecoder;

  constructor(rateHz: MixRateHz) {
    this.#decoder = new OpusLibDecoder({ channels: 1, sample_rate: rateHz });
  }

  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    if (end <= start) return 0;
    let decoded: Uint8Array;
    try {
      decoded = this.#decoder.decode(packet.subarray(start, end));
    } catch {
      return 0;
    }
    const samples = new Int16Array(decoded.buffer, decoded.byteOffset, decoded.length >> 1);
    const count = Math.min(samples.length, out.length - at);
    for (let i = 0; i < count; i++) out[at + i] = samples[i];
    return count;
  }
}

class OpusEncoder implements AudioEncoder {
  readonly timestampStep = 960;
  readonly #encoder: OpusLibEncoder;

  constructor(rateHz: MixRateHz) {
    this.#encoder = new OpusLibEncoder({ channels: 1, sample_rate: rateHz, application: 'voip' });
    this.#encoder.bitrate = opusBitsPerSecond;
  }

  encode(samples: Int16Array, out: Buffer, at: number): number {
    const encoded = this.#encoder.encode(samples);
    out.set(encoded, at);
    return encoded.length;
  }
}
