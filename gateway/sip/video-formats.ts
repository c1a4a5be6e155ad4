/** The video formats of an m-line: which of them we take, and what the peer takes of these. */
import { levelLimits } from '../../mcu/video/h264/levels.ts';
import { atLevel, readProfileLevelId } from '../../mcu/video/h264/profile.ts';
import type { H263Limits, H264Limits, H264Profile, VideoCodec, VideoFormat, Vp8Limits } from '../ports.ts';
import { encodingOf, formatParameters, payloadTypeMap, sameEncoding } from './payload-types.ts';
import type { SdpMedia } from './sdp.ts';

/** A format as it is offered, and its `a=fmtp` as it was written. */
export interface OfferedVideo {
  readonly format: VideoFormat;
  readonly parameters: ReadonlyMap<string, string>;
}

/** `a=rtpmap` of a codec (RFC 6184 §8.1, RFC 7741 §6.1, RFC 4629 §8.1). */
export const videoMap = {
  H264: 'H264/90000',
  VP8: 'VP8/90000',
  'H263-1998': 'H263-1998/90000',
  H263: 'H263/90000',
} as const satisfies Record<VideoCodec, string>;

/** The best first: what devices have in hardware and browsers take as it is, then what browsers take, then what is left. */
const codecs = Object.keys(videoMap) as readonly VideoCodec[];

/**
 * The best first. Baseline goes before Main and High: every browser takes a camera's as it is, and all devices of a
 * room can share one feed of it.
 */
const profiles = [
  'constrained-baseline',
  'baseline',
  'main',
  'high',
] as const satisfies readonly H264Profile[];

/** CIF; a decoder of less is worth less than another codec's. */
const cifMacroblocks = 396;

/** Of level 6.2; more is no promise that anybody keeps. */
const mostMacroblocks = 139_264;
const mostMacroblocksPerSecond = 16_711_680;
const mostBitrate = 1_000_000_000;
/** What nobody sends. */
const mostFps = 300;

/** The formats of an m-line that we know, the best first; among equals the peer's order rules. */
export function videoFormats(media: SdpMedia): OfferedVideo[] {
  const found: OfferedVideo[] = [];
  // Each once: a line may name one a hundred times.
  for (const written of new Set(media.formats)) {
    const payloadType = Number(written);
    const offered = readFormat(media, written, payloadType);
    if (offered && !found.some(({ format }) => format.payloadType === payloadType)) found.push(offered);
  }
  return found.sort((one, other) => rankOf(one.format) - rankOf(other.format));
}

function readFormat(media: SdpMedia, written: string, payloadType: number): OfferedVideo | null {
  const encoding = encodingOf(media, written);
  const codec = codecs.find((candidate) => sameEncoding(encoding, videoMap[candidate]));
  if (codec === undefined) return null;
  // Old devices have spaces between H.263's (RFC 3555).
  const parameters = formatParameters(media, payloadType, codec.startsWith('H263') ? /[;\s]+/ : ';');
  switch (codec) {
    case 'H264': {
      const h264 = readH264(parameters);
      return h264 && { format: { codec, payloadType, h264 }, parameters };
    }
    case 'VP8': {
      const vp8 = readVp8(parameters);
      return { format: { codec, payloadType, ...(vp8 && { vp8 }) }, parameters };
    }
    case 'H263':
    case 'H263-1998':
      return { format: { codec, payloadType, h263: readH263(parameters) }, parameters };
  }
}

function rankOf({ codec, h264 }: VideoFormat): number {
  if (!h264) return codecs.indexOf(codec) * 100;
  // Level 1 is all that can be read from who writes none.
  const small = h264.maxFrameMacroblocks < cifMacroblocks ? codecs.indexOf('VP8') * 100 + 50 : 0;
  return small + h264Rank(h264.profile, h264.packetizationMode);
}

/**
 * Of the formats of H.264, one for each packetization mode and profile, the lowest is the best: fragments before single
 * NAL units, as slices cut to packets cost an encoder of their own; then the profile.
 */
export function h264Rank(profile: H264Profile, packetizationMode: 0 | 1): number {
  return (packetizationMode === 1 ? 0 : profiles.length) + profiles.indexOf(profile);
}

/** RFC 6184 §8.1; null: a packetization mode or a profile that we can't do. */
function readH264(parameters: ReadonlyMap<string, string>): H264Limits | null {
  const mode = parameters.get('packetization-mode') ?? '0';
  const read = readProfileLevelId(parameters.get('profile-level-id'));
  if (!read || (mode !== '0' && mode !== '1')) return null;
  const { profile, level } = read;
  const limits = levelLimits(level, profile);
  // The parameters promise more than the level; less is an error, and the level holds.
  const atLeast = (least: number, name: string, most: number, unit = 1) =>
    Math.min(most, Math.max(least, whole(parameters.get(name)) * unit));
  const maxFps = framesPerSecond(whole(parameters.get('max-fps')));
  return {
    profile,
    level,
    packetizationMode: mode === '1' ? 1 : 0,
    maxFrameMacroblocks: atLeast(limits.maxFrameMacroblocks, 'max-fs', mostMacroblocks),
    maxMacroblocksPerSecond: atLeast(limits.maxMacroblocksPerSecond, 'max-mbps', mostMacroblocksPerSecond),
    maxBitrate: atLeast(limits.maxBitrate, 'max-br', mostBitrate, profile === 'high' ? 1250 : 1000),
    ...(maxFps > 0 && { maxFps }),
  };
}

/** RFC 7741 §6.1; null: it names no limit. */
function readVp8(parameters: ReadonlyMap<string, string>): Vp8Limits | null {
  const [size, rate] = ['max-fs', 'max-fr'].map((name) => whole(parameters.get(name)));
  if (size === 0 && rate === 0) return null;
  return { maxFrameMacroblocks: size || mostMacroblocks, maxFps: rate || mostFps };
}

/** Not in the RFC: room systems write hundredths, and nobody has less than 2 or more than 120 frames a second. */
function framesPerSecond(written: number): number {
  return written > 120 ? written / 100 : written;
}

/** SPS and PPS as `sprop-parameter-sets` has them. */
export function parameterSets({ parameters }: OfferedVideo): string[] {
  const sets = parameters.get('sprop-parameter-sets') ?? '';
  return sets
    .split(',')
    .map((set) => set.trim())
    .filter((set) => set.length <= 1024 && /^[A-Za-z0-9+/]+={0,2}$/.test(set))
    .slice(0, 8);
}

/** The least number of 1/29.97 s between two pictures of the sizes that we send (RFC 4629 §8.1.1). */
function readH263(parameters: ReadonlyMap<string, string>): H263Limits {
  const interval = (...names: string[]): number | null => {
    for (const name of names) {
      const value = whole(parameters.get(name));
      if (value >= 1 && value <= 32) return value;
    }
    return null;
  };
  // Who takes 4CIF takes CIF.
  const cifInterval = interval('cif', 'cif4');
  // Level 10, which every decoder has: QCIF at 15 a second (ITU-T H.263 annex X).
  return { cifInterval, qcifInterval: interval('qcif') ?? cifInterval ?? 2 };
}

/** What a line's payload types stand for, as `payloadTypeMap` has it; of H.264 profile and packetization mode too. */
export function videoTypeMap(media: SdpMedia): Map<number, string> {
  const map = payloadTypeMap(media);
  for (const { format, parameters } of videoFormats(media)) {
    const id = format.h264 && atLevel(parameters.get('profile-level-id'), 0);
    if (id) map.set(format.payloadType, h264TypeName(id.slice(0, 4), format.h264.packetizationMode));
  }
  return map;
}

/** @param profile The first four digits of `profile-level-id`. */
export function h264TypeName(profile: string, packetizationMode: 0 | 1): string {
  return `${videoMap.H264.toLowerCase()} ${profile}/${packetizationMode}`;
}

/** Null: a name of another codec. */
export function readH264TypeName(name: string): { profile: string; packetizationMode: 0 | 1 } | null {
  const match = /^h264\/90000 ([0-9a-f]{4})\/([01])$/.exec(name);
  return match && { profile: match[1], packetizationMode: match[2] === '1' ? 1 : 0 };
}

/** Bits per second that a format's own parameters allow; null: they don't say. */
export function formatBitrate({ format, parameters }: OfferedVideo): number | null {
  if (format.h264) return format.h264.maxBitrate;
  // RFC 4629 §8.1.1: in units of 100 bit/s.
  const h263 = whole(parameters.get('maxbr')) * 100;
  return h263 > 0 ? h263 : null;
}

function whole(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
