import type { AudioDecoder } from './coder.ts';
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
  /** Of the packet that was decoded last. */
  #last: Format | null = null;

  /** A decoder may stand for several payload types. */
  constructor(formats: readonly { readonly payloadType: number; readonly decoder: AudioDecoder }[]) {
    this.rateHz = formats.reduce<RateHz>(
      (best, { decoder }) => (decoder.rateHz > best ? decoder.rateHz : best),
      8000,
    );
    for (const { payloadType, decoder } of formats) {
      const known = this.#formats.find((format) => format?.decoder === decoder);
      this.#formats[payloadType] ??= known ?? this.#format(decoder);
    }
  }

  decode(packet: Buffer, start: number, end: number, out: Int16Array, at: number): number {
    const format = this.#formats[packet[1] & 0x7f];
    if (!format) return 0;
    const { decoder, resampler } = format;
    if (format !== this.#last) resampler?.reset();
    this.#last = format;
    if (!resampler) return decoder.decode(packet, start, end, out, at);
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

  #format(decoder: AudioDecoder): Format {
    const { rateHz } = decoder;
    const resampler = rateHz === this.rateHz ? null : createResampler(rateHz, this.rateHz, longestSamples);
    return { decoder, resampler };
  }

  /** Whose packet it is, when what was lost is likely to have been its too. */
  #ownOf(packet: Buffer): AudioDecoder | null {
    const format = this.#formats[packet[1] & 0x7f];
    return format && format === this.#last && !format.resampler ? format.decoder : null;
  }
}
