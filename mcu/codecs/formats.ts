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
  /** Of the packet that was decoded last. */
  #last: Format | null = null;

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
    this.#last = format;
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

  /** By the codec that was heard last, when it needs no resampling. */
  conceal(count: number, out: Int16Array, at: number): number {
    return this.#last?.resampler === null ? (this.#last.decoder.conceal?.(count, out, at) ?? 0) : 0;
  }

  repeatedMs(packet: Buffer, start: number, end: number): number {
    return this.#ownOf(packet)?.repeatedMs?.(packet, start, end) ?? 0;
  }

  recover(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    return this.#ownOf(packet)?.recover?.(packet, start, end, out, at) ?? 0;
  }

  close(): void {
    for (const format of this.#formats) format?.decoder.close?.();
  }

  /** Whose packet it is, when what was lost is likely to have been its too. */
  #ownOf(packet: Buffer): AudioDecoder | null {
    const format = this.#formats[packet[1] & 0x7f];
    return format && format === this.#last && !format.resampler ? format.decoder : null;
  }
}
