/** Our own offers, for an INVITE or re-INVITE without one (RFC 3261 §13.3.1, §14.2). */
import type { AudioCodec } from '../ports.ts';
import { allKeys, codecMap } from './audio-formats.ts';
import { audioFormatLines, xrLine } from './audio-line.ts';
import { midLines } from './bundle.ts';
import { iceLines } from './ice-attributes.ts';
import { offerSecurity } from './media-security.ts';
import type { LocalMedia } from './offer-answer.ts';
import { offeredFormats, ownVideoLines } from './own-video.ts';
import { takePayloadType } from './payload-types.ts';
import type { LineShape, SessionShape, StreamShape } from './session-shape.ts';
import { describe, refusedLine, sessionIceLines } from './session-shape.ts';
import { placeOf, rtcpLines } from './stream-line.ts';
import type { LocalStream } from './stream-line.ts';
import { ownFeedback } from './video-feedback.ts';

/** telephone-event: the payload type that everybody uses, and one for Opus. */
const usualEventTypes = { 8000: 101, 48_000: 110 } as const;
const ptimeMs = 20;
/** opus has no payload type of its own (RFC 3551 §3). */
const usualTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const satisfies Record<AudioCodec, number>;

/** A line of ours, and what stays of it. */
interface OwnLine {
  readonly lines: readonly string[];
  readonly shape: LineShape;
  readonly stream: StreamShape;
  readonly ice: boolean;
}

/** All that we can do; in a running session the m-lines stay where they are, and what is new comes at the end. */
export function makeOffer(
  local: LocalMedia,
  running?: SessionShape | null,
): { offerSdp: string; shape: SessionShape } {
  const audio = audioLine(local, running?.audio ?? null, running?.lines);
  const { video: ours } = local;
  const video =
    ours && 'rtpPort' in ours ? videoLine(local, ours, running?.video ?? null, running?.lines) : null;
  const lines = [...(running?.lines ?? [audio.shape])];
  if (video && video.stream.index >= lines.length) lines.push(video.shape);
  const blocks = lines.flatMap((line, index) => {
    if (index === audio.stream.index) return audio.lines;
    return index === video?.stream.index ? video.lines : refusedLine(line);
  });
  const bundled = running?.bundled ?? false;
  const { mid } = lines[audio.stream.index];
  const session = [
    ...(bundled && mid !== undefined ? [`a=group:BUNDLE ${mid}`] : []),
    ...sessionIceLines(local.ice?.mode, audio.ice || video?.ice === true),
  ];
  return {
    offerSdp: describe(local, '0 0', session, blocks),
    shape: { lines, audio: audio.stream, video: video?.stream ?? running?.video ?? null, bundled },
  };
}

function audioLine(
  local: LocalMedia,
  running: StreamShape | null,
  lines: readonly LineShape[] | undefined,
): OwnLine {
  const types = new Map(running?.types);
  const formats = local.supported.flatMap((codec) => {
    const payloadType = takePayloadType(types, codecMap[codec], usualTypes[codec]);
    return payloadType === null ? [] : [{ codec, payloadType }];
  });
  const clocks = local.supported.includes('opus') ? ([8000, 48_000] as const) : ([8000] as const);
  const events = clocks.flatMap((clockHz) => {
    const payloadType = takePayloadType(types, `telephone-event/${clockHz}`, usualEventTypes[clockHz]);
    return payloadType === null ? [] : [{ clockHz, keys: allKeys, payloadType }];
  });
  const at = { index: running?.index ?? 0, rtcpMux: running?.rtcpMux ?? false, types };
  const { proto, transport, ice } = transportOf(local.address, local, at, lines);
  return {
    lines: [
      ...audioFormatLines(`m=audio ${local.rtpPort} ${proto}`, formats, events, []),
      ...transport,
      xrLine,
      `a=ptime:${ptimeMs}`,
      'a=sendrecv',
    ],
    shape: { kind: 'audio', proto, format: String(formats[0]?.payloadType ?? 0) },
    stream: at,
    ice,
  };
}

function videoLine(
  { address }: LocalMedia,
  local: LocalStream,
  running: StreamShape | null,
  lines: readonly LineShape[] | undefined,
): OwnLine {
  const types = new Map(running?.types);
  const formats = offeredFormats(types);
  const at = { index: running?.index ?? lines?.length ?? 1, rtcpMux: running?.rtcpMux ?? false, types };
  const { proto, transport, ice } = transportOf(address, local, at, lines);
  const payloadTypes = formats.map(({ payloadType }) => payloadType);
  return {
    lines: [
      [`m=video ${local.rtpPort} ${proto}`, ...payloadTypes].join(' '),
      ...ownVideoLines(formats),
      ...transport,
      ...ownFeedback,
      'a=sendrecv',
    ],
    shape: { kind: 'video', proto, format: String(payloadTypes[0]) },
    stream: at,
    ice,
  };
}

/** A line's name, its protection and its ways; a running one keeps its profile. */
function transportOf(
  address: string,
  local: LocalStream,
  { index, rtcpMux }: StreamShape,
  lines: readonly LineShape[] | undefined,
): { proto: string; transport: string[]; ice: boolean } {
  const line = lines?.at(index);
  const security = offerSecurity(local.security, line?.proto);
  const ice = local.ice?.offer();
  return {
    proto: security.proto,
    ice: Boolean(ice),
    transport: [
      ...midLines(line?.mid),
      ...security.lines,
      ...(ice ? iceLines(ice, placeOf(address, local), rtcpMux) : []),
      ...rtcpLines(local, rtcpMux),
    ],
  };
}
