import { Decoder, Encoder } from '@evan/opus';
import { G722Decoder, G722Encoder } from '../../mcu/codecs/g722.ts';
import { createResampler } from '../../mcu/codecs/resampler.ts';
import type { AudioCodec } from '../../mcu/ports.ts';
import { decodeLaw, encodeLaw, joinSamples, tone, toneDb } from './audio.ts';
import { Phone } from './phone.ts';

export const ratesHz = { PCMU: 8000, PCMA: 8000, G722: 16_000, opus: 48_000 } as const;
/** Of RTP timestamps (G.722's by RFC 3551 §4.5.2). */
export const clocksHz = { PCMU: 8000, PCMA: 8000, G722: 8000, opus: 48_000 } as const;
export const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const;

/** 20 ms of samples at the codec's rate → payload. G.722's own check is that against ffmpeg. */
function encoderOf(codec: AudioCodec): (samples: Int16Array) => Buffer {
  if (codec === 'opus') {
    const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'audio' });
    return (samples) => Buffer.from(encoder.encode(samples));
  }
  if (codec !== 'G722') return (samples) => encodeLaw(codec, samples);
  const encoder = new G722Encoder();
  return (samples) => {
    const out = Buffer.alloc(samples.length / 2);
    encoder.encode(samples, samples.length, out, 0);
    return out;
  };
}

/** Payload → samples at the codec's rate; the payloads of one stream, in order. */
function decoderOf(codec: AudioCodec): (payload: Buffer) => Int16Array {
  if (codec === 'PCMU' || codec === 'PCMA') return (payload) => decodeLaw(codec, payload);
  if (codec === 'opus') {
    const decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
    return (payload) => {
      const { buffer, byteOffset, length } = decoder.decode(payload);
      return new Int16Array(buffer, byteOffset, length / 2);
    };
  }
  const decoder = new G722Decoder();
  return (payload) => {
    const out = new Int16Array(payload.length * 2);
    decoder.decode(payload, 0, payload.length, out, 0);
    return out;
  };
}

/** A stream's payloads in order → samples at the codec's rate. */
export function decodePayloads(codec: AudioCodec, payloads: readonly Buffer[]): Int16Array {
  return joinSamples(payloads.map(decoderOf(codec)));
}

/** Telephone speech (8 kHz) → payloads of 20 ms. */
export function encodeSpeech(codec: AudioCodec, sound: Int16Array): Buffer[] {
  const encode = encoderOf(codec);
  const rateHz = ratesHz[codec];
  const resampler = rateHz === 8000 ? null : createResampler(8000, rateHz, 160);
  return Array.from({ length: Math.floor(sound.length / 160) }, (_, index) => {
    const samples = sound.slice(index * 160, (index + 1) * 160);
    if (!resampler) return encode(samples);
    const wide = new Int16Array(rateHz / 50);
    resampler.process(samples, 160, wide, 0);
    return encode(wide);
  });
}

/** What a stream's packets say, by their timestamps, as telephone speech (8 kHz): what never came is silence. */
export function speechIn(
  codec: AudioCodec,
  packets: readonly { readonly timestamp: number; readonly payload: Buffer }[],
): Int16Array {
  const decode = decoderOf(codec);
  const step = ratesHz[codec] / 8000;
  const perSample = clocksHz[codec] / 8000;
  const pieces = packets.map(({ timestamp, payload }) => ({
    at: Math.round(((timestamp - packets[0].timestamp) >>> 0) / perSample),
    // What is above a telephone's band must be empty.
    sound: decode(payload).filter((_, i) => i % step === 0),
  }));
  const heard = new Int16Array(Math.max(0, ...pieces.map(({ at, sound }) => at + sound.length)));
  for (const { at, sound } of pieces) heard.set(sound, at);
  return heard;
}

/** A phone that speaks and hears in any of our codecs. */
export class CodecPhone {
  readonly phone: Phone;
  readonly codec: AudioCodec;
  #timer: NodeJS.Timeout | null = null;
  #timestamp = 5000;

  private constructor(phone: Phone, codec: AudioCodec) {
    this.phone = phone;
    this.codec = codec;
  }

  static async open(codec: AudioCodec): Promise<CodecPhone> {
    return new CodecPhone(await Phone.open(), codec);
  }

  /** Says a tone, 50 packets a second, until told otherwise; in another codec than its own when asked to. */
  speak(hz: number, codec = this.codec): void {
    const encode = encoderOf(codec);
    const rateHz = ratesHz[codec];
    this.say((index) => encode(tone(hz, 8000, rateHz / 50, (index * rateHz) / 50, rateHz)), codec);
  }

  /** The same with payloads of one's own making, 20 ms each. */
  say(payloadOf: (index: number) => Buffer, codec = this.codec): void {
    this.hush();
    const step = codec === 'opus' ? 960 : 160;
    const begin = performance.now();
    let index = 0;
    this.#timer = setInterval(() => {
      for (; index * 20 <= performance.now() - begin; index++) {
        this.#timestamp = (this.#timestamp + step) >>> 0;
        this.phone.sendRtp(payloadTypes[codec], this.#timestamp, payloadOf(index), index === 0);
      }
    }, 5);
  }

  /** Telephone speech (8 kHz) as this phone's next packets, for `phone.sendRaw`. */
  packetsOf(sound: Int16Array): Buffer[] {
    const packets: Buffer[] = [];
    const { way } = this.phone;
    this.phone.way = (packet) => packets.push(packet);
    encodeSpeech(this.codec, sound).forEach((payload, index) => {
      this.#timestamp = (this.#timestamp + clocksHz[this.codec] / 50) >>> 0;
      this.phone.sendRtp(payloadTypes[this.codec], this.#timestamp, payload, index === 0);
    });
    this.phone.way = way;
    return packets;
  }

  hush(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Level of a tone in what was heard in the last 400 ms. */
  db(hz: number): number {
    const payloads = this.phone.packets
      .filter(({ payloadType }) => payloadType === payloadTypes[this.codec])
      .map(({ payload }) => payload);
    const rateHz = ratesHz[this.codec];
    // Some packets more, so that decoders with a memory have settled.
    const heard = decodePayloads(this.codec, payloads.slice(-40)).slice(-rateHz * 0.4);
    return heard.length < rateHz * 0.4 ? -Infinity : toneDb(heard, hz, rateHz);
  }

  close(): void {
    this.hush();
    this.phone.close();
  }
}
