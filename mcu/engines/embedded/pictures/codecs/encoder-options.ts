import type { FeedProfile, H264Profile, VideoCodec } from '../../../../ports.ts';

export interface EncoderOptions {
  /** FFmpeg's name of the encoder. */
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
  /** In seconds, as numerator and denominator. */
  readonly timeBase: readonly [number, number];
  /** A new rate is taken while it runs; else the encoder is opened anew for it. */
  readonly liveBitrate: boolean;
}

/** Of a packetization-mode 0 stream: each slice has to fit into a packet as it is (RFC 6184 §6.2). */
const longestSlice = 1180;

/**
 * x264 calls its baseline stream constrained (constraint_set1, as it knows neither FMO nor ASO), so the two are one.
 * RFC 6184 §8.1: whoever takes baseline, main or high takes that too.
 */
const x264Profiles = {
  'constrained-baseline': 'baseline',
  baseline: 'baseline',
  main: 'main',
  high: 'high',
} as const satisfies Record<H264Profile, string>;

export function encoderOptions(profile: FeedProfile): EncoderOptions {
  return makers[profile.codec](profile);
}

const makers: Record<VideoCodec, (profile: FeedProfile) => EncoderOptions> = {
  H264: x264Options,
  VP8: () => vp8Options,
  H263: () => ({ ...h263Options, name: 'h263' }),
  'H263-1998': () => ({ ...h263Options, name: 'h263p' }),
};

function x264Options({
  h264Profile = 'constrained-baseline',
  packetizationMode = 1,
}: FeedProfile): EncoderOptions {
  const x264 = [
    // Key frames are made when somebody needs them; a cut, such as a new layout, costs bits enough without.
    'scenecut=0',
    'keyint=infinite',
    // Each further reference costs time, and memory in a hardware decoder.
    'ref=1',
    // SPS and PPS before every IDR: viewers come late, and there is no other way to tell them.
    'repeat-headers=1',
    'annexb=1',
  ];
  if (packetizationMode === 0) x264.push(`slice-max-size=${longestSlice}`);
  return {
    name: 'libx264',
    options: {
      preset: 'superfast',
      // No frame is held back, and none is shown in another order.
      tune: 'zerolatency',
      profile: x264Profiles[h264Profile],
      'forced-idr': '1',
      'x264-params': x264.join(':'),
    },
    timeBase: [1, 90_000],
    liveBitrate: true,
  };
}

const vp8Options: EncoderOptions = {
  name: 'libvpx',
  options: {
    deadline: 'realtime',
    // Below zero: as fast as that whatever the machine is doing, where a positive one measures its own time.
    'cpu-used': '-12',
    'lag-in-frames': '0',
    'error-resilient': 'default',
    // Parts that don't move are left as they are.
    'static-thresh': '100',
    // A key frame may be this many times as large as others, in percent.
    'max-intra-rate': '500',
  },
  timeBase: [1, 90_000],
  liveBitrate: false,
};

/** Its clock is that of ITU-T H.263 §5.1.2: pictures are numbered by 1001/30000 s. */
const h263Options: Omit<EncoderOptions, 'name'> = {
  // A group of blocks or a slice begins anew after so many bytes, so that packets need not cut them (RFC 2190 §5.1).
  options: { ps: '1000' },
  timeBase: [1001, 30_000],
  liveBitrate: false,
};
