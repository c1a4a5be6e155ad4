/** What cameras send in the bench: coded and packetized beforehand, so that they cost little while they play. */
import { packetizerFor } from '../../../mcu/video/payload-formats.ts';
import { codedVideo } from '../../support/coded-video.ts';

export const fps = 30;
const clipSeconds = 4;
/** The frames of `flash` that are white, by their place in the clip; the others are dark. */
export const flashFrames = { first: 15, last: 24 } as const;
const flashClipSeconds = 1.5;

/** RTP payloads of frames that go round and round, the first a key frame. */
export interface Clip {
  readonly codec: BenchCodec;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly (readonly Buffer[])[];
}

export type BenchCodec = 'H264' | 'VP8';
/** `people`: a moving test card; `flash`: dark, and white once in each round; `bright`: white all the time. */
export type Picture = 'people' | 'flash' | 'bright';

/** A camera's simulcast layers as browsers send them, the smallest first. */
export const layers = [
  { rid: 'q', width: 320, height: 180, bitrate: 150_000 },
  { rid: 'h', width: 640, height: 360, bitrate: 500_000 },
  { rid: 'f', width: 1280, height: 720, bitrate: 1_500_000 },
] as const;

const filters: Readonly<Record<Picture, readonly string[]>> = {
  people: [],
  flash: [
    'drawbox=c=black@0.7:t=fill',
    `drawbox=c=white:t=fill:enable='between(n,${flashFrames.first},${flashFrames.last})'`,
  ],
  bright: ['drawbox=c=white@0.9:t=fill'],
};

const made = new Map<string, Clip>();

export function clipOf(picture: Picture, codec: BenchCodec, layer: (typeof layers)[number]): Clip {
  const key = `${picture} ${codec} ${layer.rid}`;
  let clip = made.get(key);
  if (!clip) made.set(key, (clip = makeClip(picture, codec, layer)));
  return clip;
}

function makeClip(
  picture: Picture,
  codec: BenchCodec,
  { width, height, bitrate }: (typeof layers)[number],
): Clip {
  const seconds = picture === 'flash' ? flashClipSeconds : clipSeconds;
  const filter = filters[picture].join(',');
  // A flash must not become a key frame, as it doesn't in a call.
  const coder = codec === 'H264' ? ['-profile:v', 'baseline', '-sc_threshold', '0'] : ['-cpu-used', '8'];
  const coded = codedVideo(codec, {
    size: `${width}x${height}`,
    seconds,
    gop: seconds * fps,
    bitrate: String(bitrate),
    more: [
      ...coder,
      ...['-maxrate', String(bitrate), '-bufsize', String(bitrate / 2)],
      ...(filter === '' ? [] : ['-vf', filter]),
    ],
  });
  const packetizer = packetizerFor({ codec, packetizationMode: 1 }, { ssrc: 0, payloadType: 0 });
  const frames = coded.frames.map((frame) => {
    const payloads: Buffer[] = [];
    packetizer.packetize(frame, 0, (packet) => payloads.push(Buffer.from(packet.subarray(12))));
    return payloads;
  });
  return { codec, width, height, frames };
}
