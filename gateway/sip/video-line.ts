/** The video line of an offer or answer: which it is, what comes of it, and what ours says. */
import type { LegVideoConfig } from '../ports.ts';
import type { NoVideoReason } from '../reasons.ts';
import { payloadBitrate } from './bandwidth.ts';
import { isBundleOnly, midLines, midOf, sharesTransport } from './bundle.ts';
import type { OfferedLine, Way } from './media-security.ts';
import type { OwnVideo } from './own-video.ts';
import { answeredFormat, mostVideoBitrate, ownVideoLines, withoutHeads } from './own-video.ts';
import type { SipWarning } from './reasons.ts';
import type { SdpDescription, SdpMedia } from './sdp.ts';
import { attribute } from './sdp.ts';
import { rtcpLines, settleStream } from './stream-line.ts';
import type { LocalStream, Reading, SettledStream, Unusable } from './stream-line.ts';
import { agreedFeedback } from './video-feedback.ts';
import type { OfferedVideo } from './video-formats.ts';
import { formatBitrate, parameterSets, videoFormats } from './video-formats.ts';

/** Why there is no video: a stable reason, and what the peer is told. */
export interface VideoRefused extends SipWarning {
  readonly reason: NoVideoReason;
}

/** Our end of a leg's video, or why it has none. */
export type LocalVideo = LocalStream | { readonly refused: VideoRefused };

/** A video stream that both ends can carry. */
export interface SettledVideo extends Omit<SettledStream, 'stream'> {
  /** Position of its m-line. */
  readonly index: number;
  readonly media: LegVideoConfig;
  /** What our answer takes. */
  readonly format: OwnVideo;
  readonly feedbackLines: readonly string[];
}

/** For the voice beside it, where a limit counts for both. */
const voiceBitrate = 64_000;
/** A picture of QCIF now and then. */
const leastVideoBitrate = 16_000;

/**
 * Chooses the first way of the main picture with a format that we take, and its best format. What can't be carried
 * never fails the call. Null: no video is offered.
 */
export function settleVideo(
  description: SdpDescription,
  audio: SdpMedia,
  address: string,
  local: LocalVideo,
  reading: Reading,
): SettledVideo | NotSettled | null {
  const lines = linesOffered(description).filter(({ media }) => !isPresentation(description, media));
  if (lines.length === 0) return null;
  if ('refused' in local) return { ok: false, refused: local.refused };
  const apart = lines.filter(({ media }) => !sharesTransport(description, audio, media));
  if (apart.length === 0) return { ok: false, refused: bundled };
  const ways = reading.waysOf(apart, local);
  if ('reason' in ways) return notSettled(ways);
  for (const way of ways) {
    const formats = videoFormats(way.media);
    if (formats.length === 0) continue;
    const settled = settle(description, way, formats, address, local, reading);
    return settled.ok ? settled : notSettled(settled);
  }
  return { ok: false, refused: noCodec };
}

interface NotSettled {
  readonly ok: false;
  readonly refused: VideoRefused;
}

const bundled: VideoRefused = {
  reason: 'bundled',
  code: 304,
  text: 'Video in one transport with the audio (BUNDLE) is not taken; offer it on a port of its own',
};
const noCodec: VideoRefused = {
  reason: 'no-common-codec',
  code: 305,
  text: 'None of the video codecs is H264, VP8, H263-1998 or H263',
};

function notSettled({ reason, warning }: Pick<Unusable, 'reason' | 'warning'>): NotSettled {
  return { ok: false, refused: { reason, ...warning } };
}

/** Lines in use, and those that only a bundle would carry: their port is zero as well (RFC 9143 §6). */
function linesOffered(description: SdpDescription): OfferedLine[] {
  const media = description.media.map((line, index) => ({ media: line, index }));
  return media.filter(
    (line) => line.media.kind === 'video' && (line.media.port !== 0 || isBundleOnly(line.media)),
  );
}

/** RFC 4796 §5, and without its word RFC 8856 §5: a line that BFCP gives the floor for. */
function isPresentation(description: SdpDescription, media: SdpMedia): boolean {
  const content = contentOf(media);
  if (content.length > 0) return content.includes('slides') && !content.includes('main');
  const label = attribute(media, 'label');
  return label !== undefined && floorLabels(description).includes(label);
}

function contentOf({ attributes }: SdpMedia): string[] {
  return attributes.flatMap(({ name, value }) => (name === 'content' ? value.split(',') : []));
}

/** `a=floorid:2 mstrm:12`; some write `m-stream`. */
function floorLabels({ media }: SdpDescription): string[] {
  return media.flatMap(({ attributes }) =>
    attributes.flatMap(({ name, value }) => (name === 'floorid' ? streamsOf(value.split(' ')) : [])),
  );
}

function streamsOf(words: readonly string[]): string[] {
  const at = words.findIndex((word, index) => index > 0 && /^(?:mstrm|m-stream):/.test(word));
  return at < 0 ? [] : [words[at].slice(words[at].indexOf(':') + 1), ...words.slice(at + 1)];
}

function settle(
  description: SdpDescription,
  way: Way,
  formats: readonly OfferedVideo[],
  address: string,
  local: LocalStream,
  reading: Reading,
): SettledVideo | Unusable {
  const settled = settleStream(description, way, address, local, reading);
  if (!settled.ok) return settled;
  const { media, index } = way;
  const { stream, ...lines } = settled;
  const [best, ...others] = formats;
  // Devices that were answered one of their H.264 formats send another.
  const alternatives = others.filter(({ format }) => format.codec === best.format.codec);
  const { feedback, lines: feedbackLines } = agreedFeedback(media, best.format.payloadType);
  const sets = parameterSets(best);
  return {
    ...lines,
    index,
    format: answeredFormat(best),
    feedbackLines,
    media: {
      ...best.format,
      ...(alternatives.length > 0 && { alternatives: alternatives.map(({ format }) => format) }),
      feedback,
      maxBitrate: bitrateOf(description, media, best),
      ...(sets.length > 0 && { parameterSets: sets }),
      ...stream,
    },
  };
}

/** What the peer takes: the least of what it says for the line, for the session and with the format. */
function bitrateOf(description: SdpDescription, media: SdpMedia, best: OfferedVideo): number {
  const whole = payloadBitrate(description, withoutHeads);
  const limits = [
    payloadBitrate(media, withoutHeads),
    whole === null ? null : whole - voiceBitrate,
    formatBitrate(best),
  ];
  const least = Math.min(mostVideoBitrate, ...limits.filter((limit) => limit !== null));
  return Math.max(leastVideoBitrate, least);
}

/** The line in our answer. */
export function videoLines(offered: SdpMedia, settled: SettledVideo, local: LocalStream): string[] {
  const { media, format } = settled;
  return [
    `m=video ${local.rtpPort} ${offered.proto} ${format.payloadType}`,
    ...ownVideoLines([format]),
    ...midLines(midOf(offered)),
    ...settled.securityLines,
    ...settled.iceLines,
    ...rtcpLines(local, media.rtcpMux === true),
    ...settled.feedbackLines,
    ...(contentOf(offered).includes('main') ? ['a=content:main'] : []),
    `a=${media.direction}`,
  ];
}
