/** The codecs that callers come with. What they say is coded beforehand, so that they cost next to nothing. */
import { Decoder, Encoder } from '@evan/opus';
import { decodeLaw, muLaw } from '../support/audio.ts';

/** Of what is decoded. */
export const heardRateHz = 8000;

export interface Coding {
  readonly payloadType: number;
  /** The media description's lines about it. */
  readonly attributes: readonly string[];
  /** Of what is encoded. */
  readonly rateHz: 8000 | 48000;
  /** RTP timestamps of a packet. */
  readonly timestampStep: number;
  /** A sound that goes round and round → payloads of 20 ms. */
  encode(sound: Int16Array): Buffer[];
  /** For one stream: payloads in order → samples at 8 kHz. */
  newDecoder(): (payload: Buffer) => Int16Array;
}

function frames(sound: Int16Array, size: number): Int16Array[] {
  return Array.from({ length: sound.length / size }, (_, i) => sound.slice(i * size, (i + 1) * size));
}

const pcmu: Coding = {
  payloadType: 0,
  attributes: ['a=rtpmap:0 PCMU/8000'],
  rateHz: 8000,
  timestampStep: 160,
  encode: (sound) => frames(sound, 160).map((frame) => muLaw(frame)),
  newDecoder: () => (payload) => decodeLaw('PCMU', payload),
};

const opus: Coding = {
  payloadType: 111,
  attributes: ['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1'],
  rateHz: 48_000,
  timestampStep: 960,
  encode: (sound) => {
    const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
    encoder.bitrate = 32_000;
    const round = frames(sound, 960);
    // The second time round, so that the end goes on into the beginning.
    return [...round, ...round].map((frame) => Buffer.from(encoder.encode(frame))).slice(round.length);
  },
  newDecoder: () => {
    const decoder = new Decoder({ channels: 1, sample_rate: heardRateHz });
    return (payload) => {
      const { buffer, byteOffset, length } = decoder.decode(payload);
      return new Int16Array(buffer, byteOffset, length / 2);
    };
  },
};

export const codings = { pcmu, opus } as const satisfies Record<string, Coding>;
