/** From what a device takes to the feed it is sent: a small ladder, so that devices share feeds. */
import type { FeedProfile, H263Limits, H264Limits, LegVideoConfig, Vp8Limits } from '../ports/video.ts';

interface Rung {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Bits per second, where nothing limits it. */
  readonly bitrate: number;
  /** With less than this, a lower rung looks better. */
  readonly leastBitrate: number;
}

/** Room systems; the best first. */
const wide: readonly Rung[] = [
  { width: 1920, height: 1080, fps: 30, bitrate: 3_000_000, leastBitrate: 2_500_000 },
  { width: 1280, height: 720, fps: 30, bitrate: 1_500_000, leastBitrate: 1_200_000 },
  { width: 1024, height: 576, fps: 30, bitrate: 1_000_000, leastBitrate: 800_000 },
  { width: 1280, height: 720, fps: 15, bitrate: 1_000_000, leastBitrate: 800_000 },
  { width: 640, height: 360, fps: 30, bitrate: 600_000, leastBitrate: 300_000 },
  { width: 640, height: 360, fps: 15, bitrate: 300_000, leastBitrate: 150_000 },
  { width: 320, height: 180, fps: 15, bitrate: 150_000, leastBitrate: 0 },
];

/** Devices whose decoders end at CIF, and H.263: sizes that they all know. */
const narrow: readonly Rung[] = [
  { width: 352, height: 288, fps: 30, bitrate: 400_000, leastBitrate: 200_000 },
  { width: 352, height: 288, fps: 15, bitrate: 200_000, leastBitrate: 100_000 },
  { width: 176, height: 144, fps: 30, bitrate: 150_000, leastBitrate: 100_000 },
  { width: 176, height: 144, fps: 15, bitrate: 100_000, leastBitrate: 0 },
];

/** Bitrates that feeds have, so that limits that differ a little share one. */
const bitrates: readonly number[] = [
  3_000_000, 2_500_000, 1_500_000, 1_200_000, 1_000_000, 800_000, 600_000, 400_000, 300_000, 200_000, 150_000,
  100_000, 64_000, 48_000, 32_000,
];

/** 720p: VP8 costs three times what H.264 does to encode, and devices that take nothing else are rare. */
const vp8Macroblocks = 3600;
/** 640×360: who takes less is served by the narrow ladder. */
const leastWideMacroblocks = 920;
/** Below this rate a rung is sent at the rate that the device takes, and not left. */
const slowFps = 15;

interface Limits {
  readonly ladder: readonly Rung[];
  readonly frameMacroblocks: number;
  readonly macroblocksPerSecond: number;
  readonly fps: number;
  readonly bitrate: number;
}

/**
 * The highest feed on the ladder, of `maxHeight` pixels at most, that the device takes: level, `max-fs`, `max-mbps`,
 * `max-br` and `max-fps` of H.264 (RFC 6184 §8.1), `max-fs` and `max-fr` of VP8 (RFC 7741 §6.1), the sizes and intervals
 * of H.263 (RFC 4629 §8.1.1), and the bandwidth of the session. All H.264 is
 * Constrained Baseline, which decoders of every profile take (ITU-T H.264 §A.2), so that they share.
 */
export function feedProfileFor(config: LegVideoConfig, maxHeight = Infinity): FeedProfile {
  const { codec, h264 } = config;
  const limits = limitsOf(config);
  const picture = highest({ ...limits, ladder: limits.ladder.filter(({ height }) => height <= maxHeight) });
  return h264 === undefined || codec !== 'H264'
    ? { codec, ...picture }
    : {
        codec,
        h264Profile: 'constrained-baseline',
        packetizationMode: h264.packetizationMode,
        ...picture,
      };
}

/** The highest feed that needs no more than `bitrate` (bits per second) and nothing that `profile` doesn't. */
export function profileWithin(profile: FeedProfile, bitrate: number): FeedProfile {
  if (bitrate >= profile.bitrate) return profile;
  const macroblocks = macroblocksOf(profile);
  return {
    ...profile,
    ...highest({
      ladder: profile.width * 9 === profile.height * 16 ? wide : narrow,
      frameMacroblocks: macroblocks,
      macroblocksPerSecond: macroblocks * profile.fps,
      fps: profile.fps,
      bitrate,
    }),
  };
}

function limitsOf({ codec, h264, vp8, h263, maxBitrate }: LegVideoConfig): Limits {
  switch (codec) {
    case 'VP8':
      return vp8LimitsOf(vp8 ?? mostVp8, maxBitrate);
    case 'H264':
      return h264LimitsOf(h264 ?? leastH264, maxBitrate);
    case 'H263':
    case 'H263-1998':
      return h263LimitsOf(h263 ?? leastH263, maxBitrate);
  }
}

const mostVp8: Vp8Limits = { maxFrameMacroblocks: vp8Macroblocks, maxFps: Infinity };

function vp8LimitsOf({ maxFrameMacroblocks, maxFps }: Vp8Limits, maxBitrate: number): Limits {
  return {
    ladder: maxFrameMacroblocks < leastWideMacroblocks ? narrow : wide,
    frameMacroblocks: Math.min(vp8Macroblocks, maxFrameMacroblocks),
    macroblocksPerSecond: Infinity,
    fps: maxFps,
    bitrate: maxBitrate,
  };
}

/** What all who take the codec take: level 1 (RFC 6184 §8.1), QCIF (RFC 4629 §8.1.1). */
const leastH264 = { maxFrameMacroblocks: 99, maxMacroblocksPerSecond: 1485, maxBitrate: 64_000 } as const;
const leastH263: H263Limits = { qcifInterval: 2, cifInterval: null };

function h264LimitsOf(
  h264: Pick<H264Limits, 'maxFrameMacroblocks' | 'maxMacroblocksPerSecond' | 'maxBitrate' | 'maxFps'>,
  maxBitrate: number,
): Limits {
  return {
    ladder: h264.maxFrameMacroblocks < leastWideMacroblocks ? narrow : wide,
    frameMacroblocks: h264.maxFrameMacroblocks,
    macroblocksPerSecond: h264.maxMacroblocksPerSecond,
    // 29.97 is 30 to those who write it.
    fps: h264.maxFps === undefined ? Infinity : h264.maxFps + 0.1,
    bitrate: Math.min(maxBitrate, h264.maxBitrate),
  };
}

function h263LimitsOf({ qcifInterval, cifInterval }: H263Limits, maxBitrate: number): Limits {
  const [frameMacroblocks, interval] = cifInterval === null ? [99, qcifInterval] : [396, cifInterval];
  return {
    ladder: narrow,
    frameMacroblocks,
    macroblocksPerSecond: Infinity,
    fps: 30 / interval,
    bitrate: maxBitrate,
  };
}

function highest(limits: Limits): Pick<FeedProfile, 'width' | 'height' | 'fps' | 'bitrate'> {
  const { width, height, fps, bitrate } = limits.ladder.find((rung) => fits(rung, limits)) ?? lowest;
  const most = Math.min(bitrate, limits.bitrate);
  return {
    width,
    height,
    fps: Math.max(1, Math.floor(Math.min(fps, limits.fps))),
    bitrate: bitrates.find((one) => one <= most) ?? most,
  };
}

/** What can't be too much for anybody. */
const lowest = narrow[narrow.length - 1];

function fits(rung: Rung, limits: Limits): boolean {
  const macroblocks = macroblocksOf(rung);
  const fps = rung.fps > slowFps ? rung.fps : Math.min(rung.fps, limits.fps);
  return (
    fps <= limits.fps &&
    macroblocks <= limits.frameMacroblocks &&
    macroblocks * fps <= limits.macroblocksPerSecond &&
    rung.leastBitrate <= limits.bitrate
  );
}

function macroblocksOf({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.ceil(width / 16) * Math.ceil(height / 16);
}
