/** The audio line of an offer or answer: what comes of it, and what ours says. */
import type { AudioCodec, AudioFormat, LegMediaConfig, OpusWishes } from '../ports.ts';
import type { EventFormat } from './audio-formats.ts';
import {
  audioFormats,
  clockOf,
  codecMap,
  eventFormats,
  noiseFormats,
  opusParameters,
  opusWishes,
  packetTimeMs,
} from './audio-formats.ts';
import { midLines, midOf } from './bundle.ts';
import type { Way } from './media-security.ts';
import type { SdpDescription, SdpMedia } from './sdp.ts';
import { attribute } from './sdp.ts';
import { linesInUse, rtcpLines, settleStream, unusable } from './stream-line.ts';
import type { LocalStream, Reading, SettledStream, Unusable } from './stream-line.ts';

/** Our audio: where it is, and what we can do. */
export interface LocalAudio extends LocalStream {
  readonly address: string;
  readonly supported: readonly AudioCodec[];
}

/** An audio stream that both ends can carry. */
export interface SettledAudio extends Omit<SettledStream, 'stream'> {
  /** Position of its m-line. */
  readonly index: number;
  readonly media: LegMediaConfig;
  /** What our answer takes: the first is sent; the others have its clock (RFC 7160 §3). */
  readonly formats: readonly AudioFormat[];
  readonly events: readonly EventFormat[];
}

/** RFC 3611 §5.1: the report block that we send and take. */
const voipMetrics = 'voip-metrics';

/** We like to know how the peer hears us (RFC 3611 §5.1); in an answer only when it knows the attribute. */
export const xrLine = `a=rtcp-xr:${voipMetrics}`;

/** Chooses the first way with a common codec, and the line's first such codec: the peer's order rules. */
export function settleAudio(
  description: SdpDescription,
  local: LocalAudio,
  reading: Reading,
): SettledAudio | Unusable {
  const ways = reading.waysOf(linesInUse(description, 'audio'), local);
  if ('reason' in ways) return { ok: false, ...ways };
  for (const way of ways) {
    const formats = audioFormats(way.media, local.supported);
    if (formats.length > 0) return settle(description, way, formats, local, reading);
  }
  return unusable('no-common-codec', 305, `None of the audio codecs is one of ${local.supported.join(', ')}`);
}

function settle(
  description: SdpDescription,
  way: Way,
  formats: readonly AudioFormat[],
  local: LocalAudio,
  reading: Reading,
): SettledAudio | Unusable {
  const settled = settleStream(description, way, local.address, local, reading);
  if (!settled.ok) return settled;
  const { media, index } = way;
  const { stream, ...lines } = settled;
  const [chosen, ...alternatives] = formats;
  const { codec, payloadType } = chosen;
  const events = eventFormats(media, codec);
  return {
    ...lines,
    index,
    formats: formats.filter((format) => clockOf(format.codec) === clockOf(codec)),
    events,
    media: {
      codec,
      payloadType,
      // All that it offers is understood, whatever it makes of our answer.
      alternatives,
      dtmfPayloadTypes: events.map((event) => event.payloadType),
      ...keyType(events, codec),
      noisePayloadTypes: noiseFormats(media, codec),
      ptimeMs: packetTimeMs(media, codec),
      ...(codec === 'opus' && { opus: opusWishes(media, payloadType) }),
      ...(asksForVoipMetrics(description, media) ? { voipMetrics: true } : {}),
      ...stream,
    },
  };
}

/** RFC 4733 §2.5.1.1: events have the clock of the voice that they take the place of. */
function keyType(events: readonly EventFormat[], codec: AudioCodec): { keyPayloadType?: number } {
  const fitting = events.find(({ clockHz }) => clockHz === clockOf(codec));
  return fitting === undefined ? {} : { keyPayloadType: fitting.payloadType };
}

/** RFC 3611 §5.1: `a=rtcp-xr`, for the stream or the whole session, names the reports that its sender wants. */
function asksForVoipMetrics(description: SdpDescription, media: SdpMedia): boolean {
  const wanted = attribute(media, 'rtcp-xr') ?? attribute(description, 'rtcp-xr') ?? '';
  return wanted.split(/\s+/).includes(voipMetrics);
}

/** The line in our answer. */
export function audioLines(offered: SdpMedia, settled: SettledAudio, local: LocalStream): string[] {
  const { media, formats, events } = settled;
  const line = `m=audio ${local.rtpPort} ${offered.proto}`;
  return [
    ...audioFormatLines(line, formats, events, media.noisePayloadTypes ?? [], media.opus),
    ...midLines(midOf(offered)),
    ...settled.securityLines,
    ...settled.iceLines,
    ...rtcpLines(local, media.rtcpMux === true),
    ...(media.voipMetrics === true ? [xrLine] : []),
    `a=ptime:${media.ptimeMs}`,
    `a=${media.direction}`,
  ];
}

/** The m-line and what its payload types mean. */
export function audioFormatLines(
  line: string,
  formats: readonly AudioFormat[],
  events: readonly EventFormat[],
  noise: readonly number[],
  opus?: OpusWishes,
): string[] {
  const types = [...formats, ...events].map(({ payloadType }) => payloadType);
  return [
    [line, ...types, ...noise].join(' '),
    ...formats.flatMap(({ codec, payloadType }) => [
      `a=rtpmap:${payloadType} ${codecMap[codec]}`,
      ...(codec === 'opus' ? [opusParameters(payloadType, opus)] : []),
    ]),
    ...events.flatMap(({ payloadType, clockHz, keys }) => [
      `a=rtpmap:${payloadType} telephone-event/${clockHz}`,
      `a=fmtp:${payloadType} ${keys}`,
    ]),
    ...noise.map((payloadType) => `a=rtpmap:${payloadType} CN/8000`),
  ];
}
