/** What we say of the video that we take, in answers and in our own offers. */
import { levelLimits } from '../../mcu/video/h264/levels.ts';
import { atLevel, readProfileLevelId } from '../../mcu/video/h264/profile.ts';
import type { H263Limits, H264Limits, VideoCodec } from '../ports.ts';
import { bandwidthLines } from './bandwidth.ts';
import { takePayloadType } from './payload-types.ts';
import type { OfferedVideo } from './video-formats.ts';
import { h264Rank, h264TypeName, readH264TypeName, videoMap } from './video-formats.ts';

/** Bits per second of RTP payload that we take, and send at most. */
export const mostVideoBitrate = 4_000_000;

/** Heads of IPv4, UDP and RTP are 40 octets of 1240. */
const headsShare = 31 / 30;

export function withoutHeads(bitrate: number): number {
  return Math.floor(bitrate / headsShare);
}

/** Our decoder takes level 3.1, and as much as level 4 from who sends 1920×1080. */
const ownLevel = 31;
const fullHdLevel = 40;
const fullHdMacroblocks = 8160;

/** Constrained Baseline. */
const ownProfile = '42e0';

/** A format of our own description. */
export interface OwnVideo {
  readonly codec: VideoCodec;
  readonly payloadType: number;
  /** Of `a=fmtp`; absent: none. */
  readonly parameters?: string;
}

/** `b=`, then what the payload types of the line are. */
export function ownVideoLines(formats: readonly OwnVideo[]): string[] {
  return [
    ...bandwidthLines(mostVideoBitrate, mostVideoBitrate * headsShare),
    ...formats.flatMap(({ codec, payloadType, parameters }) => [
      `a=rtpmap:${payloadType} ${videoMap[codec]}`,
      ...(parameters === undefined ? [] : [`a=fmtp:${payloadType} ${parameters}`]),
    ]),
  ];
}

/** An offered format as our answer has it. */
export function answeredFormat({ format, parameters }: OfferedVideo): OwnVideo {
  const { codec, payloadType, h264, h263 } = format;
  if (h264) return { codec, payloadType, parameters: answeredH264(h264, parameters) };
  return { codec, payloadType, ...(h263 && { parameters: h263Parameters(h263) }) };
}

/**
 * RFC 6184 §8.2.2: profile and packetization mode as offered; the level as well, unless each end may have its own.
 * What our decoder takes beyond the level is said as room systems say it.
 */
function answeredH264(h264: H264Limits, offered: ReadonlyMap<string, string>): string {
  const { packetizationMode, profile, maxFrameMacroblocks, maxFps } = h264;
  const asymmetric = offered.get('level-asymmetry-allowed') === '1';
  return h264Parameters({
    profileLevelId: offered.get('profile-level-id'),
    level: asymmetric ? ownLevel : Math.min(ownLevel, h264.level),
    asymmetric,
    packetizationMode,
    takes: levelLimits(maxFrameMacroblocks >= fullHdMacroblocks ? fullHdLevel : ownLevel, profile),
    maxFps: maxFps !== undefined,
  });
}

function h264Parameters(own: {
  readonly profileLevelId: string | undefined;
  readonly level: number;
  readonly asymmetric: boolean;
  readonly packetizationMode: 0 | 1;
  readonly takes: { readonly maxFrameMacroblocks: number; readonly maxMacroblocksPerSecond: number };
  readonly maxFps: boolean;
}): string {
  const { level, takes } = own;
  const of = levelLimits(level, 'baseline');
  const beyond = (name: string, value: number, least: number) => (value > least ? [`${name}=${value}`] : []);
  return [
    `profile-level-id=${atLevel(own.profileLevelId, level) ?? ''}`,
    ...(own.packetizationMode === 1 ? ['packetization-mode=1'] : []),
    ...(own.asymmetric ? ['level-asymmetry-allowed=1'] : []),
    ...beyond('max-mbps', takes.maxMacroblocksPerSecond, of.maxMacroblocksPerSecond),
    ...beyond('max-fs', takes.maxFrameMacroblocks, of.maxFrameMacroblocks),
    ...beyond('max-br', mostVideoBitrate / 1000, of.maxBitrate / 1000),
    // In hundredths; not in the RFC, and known to those who could send 60 frames a second to every browser.
    ...(own.maxFps ? ['max-fps=3000'] : []),
  ].join(';');
}

/** RFC 4629 §8.1.1. */
function h263Parameters({ cifInterval, qcifInterval }: H263Limits): string {
  return [...(cifInterval === null ? [] : [`CIF=${cifInterval}`]), `QCIF=${qcifInterval}`].join(';');
}

/**
 * The formats of our own offer. A running session keeps its payload types and its H.264 (RFC 3264 §8.3.2).
 * @param taken What the line's payload types stand for; ours are added.
 */
export function offeredFormats(taken: Map<number, string>): OwnVideo[] {
  const h263 = h263Parameters({ cifInterval: 1, qcifInterval: 1 });
  const wanted = [
    ...offeredH264(taken).map(({ profile, packetizationMode }) => ({
      codec: 'H264' as const,
      name: h264TypeName(profile, packetizationMode),
      usual: packetizationMode === 1 ? 97 : 98,
      parameters: h264Parameters({
        profileLevelId: `${profile}1f`,
        level: ownLevel,
        asymmetric: true,
        packetizationMode,
        takes: levelLimits(fullHdLevel, 'baseline'),
        maxFps: true,
      }),
    })),
    { codec: 'VP8' as const, name: videoMap.VP8, usual: 96 },
    { codec: 'H263-1998' as const, name: videoMap['H263-1998'], usual: 99, parameters: h263 },
    { codec: 'H263' as const, name: videoMap.H263, usual: 34, parameters: h263 },
  ];
  return wanted.flatMap(({ name, usual, ...format }) => {
    const payloadType = takePayloadType(taken, name, usual);
    return payloadType === null ? [] : [{ ...format, payloadType }];
  });
}

/** The session's, the best first; in a new one ours. */
function offeredH264(taken: ReadonlyMap<number, string>) {
  const rank = (one: { profile: string; packetizationMode: 0 | 1 }) =>
    h264Rank(readProfileLevelId(`${one.profile}1f`)?.profile ?? 'baseline', one.packetizationMode);
  const running = [...new Set(taken.values())].flatMap((name) => readH264TypeName(name) ?? []);
  if (running.length > 0) return running.sort((one, other) => rank(one) - rank(other));
  return ([1, 0] as const).map((packetizationMode) => ({ profile: ownProfile, packetizationMode }));
}
