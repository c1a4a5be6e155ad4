import type { AudioDecoder } from './codec.ts';
import { createResampler } from './resampler.ts';
import type { RateHz, Resampler } from './resampler.ts';

/** 120 ms at 48 kHz: the longest Opus packet. */
const longestSamples = 5760;

interface Format {
  readonly decoder: AudioDecoder;
  /** To the best format's rate; null: it has that rate. */
  readonly resampler: Resampler | null;
}

/** Decodes each packet by its payload type: a peer may change between what was agreed at any packet (RFC 3264 §5.1). */
export class FormatDecoder implements AudioDecoder {
  /** The best format's. */
  readonly rateHz: RateHz;
  readonly #formats: (Format | undefined)[] = [];
  readonly #samples = new Int16Array(longestSamples);
  #payloadType = -1;

  constructor(formats: readonly { readonly payloadType: number; readonly decoder: AudioDecoder }[]) {
    this.rateHz = formats.reduce<RateHz>(
      (best, { decoder }) => (decoder.rateHz > best ? decoder.rateHz : best),
      8000,
    );
    for (const { payloadType, decoder } of formats) {
      const resampler =
        decoder.rateHz === this.rateHz ? null : createResampler(decoder.rateHz, this.rateHz, longestSamples);
      this.#formats[payloadType] ??= { decoder, resampler };
    }
  }

  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    const payloadType = packet[1] & 0x7f;
    const format = this.#formats[payloadType];
    if (!format) return 0;
    const { decoder, resampler } = format;
    if (!resampler) {
      this.#payloadType = payloadType;
      return decoder.decode(packet, start, end, out, at);
    }
    if (payloadType !== this.#payloadType) resampler.reset();
    this.#payloadType = payloadType;
    const ratio = this.rateHz / decoder.rateHz;
    const decoded = decoder.decode(packet, start, end, this.#samples, 0);
    const count = Math.min(decoded, Math.floor((out.length - at) / ratio));
    return resampler.process(this.#samples, count, out, at);
  }
}
