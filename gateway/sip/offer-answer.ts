import type { AudioCodec, AudioFormat, LegMediaConfig, OpusWishes } from '../ports.ts';
import type { LocalMedia, SettledAudio, Unusable } from './audio-line.ts';
import type { EventFormat } from './audio-formats.ts';
import { allKeys, codecMap, opusParameters } from './audio-formats.ts';
import { placeOf, settleAudio, unusable, voipMetrics, wantsMux } from './audio-line.ts';
import { bundleLines, midOf } from './bundle.ts';
import { iceLines, readIce } from './ice-attributes.ts';
import { IceSession } from './ice-session.ts';
import { offerSecurity, waysAnswered, waysToAnswer } from './media-security.ts';
import { payloadTypeFor, payloadTypeMap } from './payload-types.ts';
import type { SdpMedia } from './sdp.ts';
import { readSdp } from './sdp.ts';

export type { LocalMedia, Unusable } from './audio-line.ts';

/** What stays of an m-line for the dialog's life: a later offer repeats the lines in place (RFC 3264 §8). */
export interface LineShape {
  readonly kind: string;
  readonly proto: string;
  readonly format: string;
  /** Its name (RFC 5888); absent: it has none. */
  readonly mid?: string;
}

/** The m-lines of a session and which of them carries the audio. */
export interface SessionShape {
  readonly lines: readonly LineShape[];
  readonly audio: number;
  /** The audio is a group of its own (RFC 9143). */
  readonly bundled: boolean;
  /** RTCP shares the RTP port (RFC 5761). */
  readonly rtcpMux: boolean;
  /** What the audio line's payload types stand for, for as long as the session lasts. */
  readonly types: ReadonlyMap<number, string>;
}

export interface Answer extends Pick<SettledAudio, 'ok' | 'media' | 'addressIsLiteral'> {
  readonly answerSdp: string;
  readonly shape: SessionShape;
}

export interface AnswerRead extends Omit<SettledAudio, 'index'> {
  readonly types: ReadonlyMap<number, string>;
}

/** telephone-event in our own offers: the payload type that everybody uses, and one for Opus. */
const usualEventTypes = { 8000: 101, 48_000: 110 } as const;
/** In our own offers. */
const ptimeMs = 20;
/** Payload types in our own offers; opus has none of its own (RFC 3551 §3). */
const offeredTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const satisfies Record<AudioCodec, number>;
/** We like to know how the peer hears us (RFC 3611 §5.1); in an answer only when it knows the attribute. */
const xrLine = `a=rtcp-xr:${voipMetrics}`;

/**
 * Answers an offer (RFC 3264 §6): one audio stream in the peer's first common codec, every other m-line
 * refused in place. Pure; garbage gives `bad-offer`, never an exception.
 */
export function answerOffer(offerSdp: string, local: LocalMedia): Answer | Unusable {
  const offer = readSdp(offerSdp);
  if (!offer) return unusable('bad-offer', 399, 'The session description could not be read');
  const { ice, security } = local;
  const audio = settleAudio(offer, local, {
    waysOf: (lines) =>
      waysToAnswer(
        lines,
        offer.attributes,
        security,
        (media) => ice !== null && readIce(offer, media).kind === 'ice',
      ),
    iceOf: (remote) => ice?.answerTo(remote) ?? null,
    muxes: wantsMux,
  });
  if (!audio.ok) return audio;
  const bundle = bundleLines(offer, offer.media[audio.index]);
  const lines = offer.media.map((media, index) =>
    index === audio.index ? audioLines(media, audio, local) : refusedLine(shapeOf(media)),
  );
  return {
    ok: true,
    media: audio.media,
    addressIsLiteral: audio.addressIsLiteral,
    answerSdp: describe(
      local,
      offer.timing,
      [...bundle, ...sessionIceLines(local, audio.media.ice)],
      lines.flat(),
    ),
    shape: {
      lines: offer.media.map(shapeOf),
      audio: audio.index,
      bundled: bundle.length > 0,
      rtcpMux: audio.media.rtcpMux === true,
      types: payloadTypeMap(offer.media[audio.index]),
    },
  };
}

/**
 * RFC 3264 §8.2: in a running session a peer may take its audio line out by port zero, and put it in again later. The
 * answer has port zero too, and nothing flows meanwhile. Null: the offer is no such.
 */
export function answerRemoval(offerSdp: string, local: LocalMedia, running: LegMediaConfig): Answer | null {
  const offer = readSdp(offerSdp);
  const audio = offer?.media.filter(({ kind }) => kind === 'audio') ?? [];
  if (!offer || audio.length === 0 || audio.some(({ port }) => port !== 0)) return null;
  const lines = offer.media.map(shapeOf);
  return {
    ok: true,
    media: { ...running, direction: 'inactive' },
    addressIsLiteral: true,
    answerSdp: describe(local, offer.timing, [], lines.flatMap(refusedLine)),
    shape: {
      lines,
      audio: offer.media.indexOf(audio[0]),
      bundled: false,
      rtcpMux: running.rtcpMux === true,
      types: new Map(),
    },
  };
}

/** Why an offer can't be answered, asked before there is media for it; null: it can. */
export function offerProblem(
  offerSdp: string,
  can: Pick<LocalMedia, 'supported' | 'security'>,
): Unusable | null {
  const ice = new IceSession('full');
  const somewhere = { ...can, ice, address: '0.0.0.0', rtpPort: 2, sessionId: 1, version: 1 };
  const answer = answerOffer(offerSdp, somewhere);
  return answer.ok ? null : answer;
}

/**
 * Our own offer, for an INVITE or re-INVITE without one (RFC 3261 §13.3.1, §14.2). In a running session the
 * m-lines stay where they are.
 */
export function makeOffer(
  local: LocalMedia,
  shape?: SessionShape | null,
): { offerSdp: string; shape: SessionShape } {
  const taken = new Map(shape?.types);
  const typeFor = (encoding: string, usual: number): number => {
    const payloadType = payloadTypeFor(encoding, usual, taken);
    taken.set(payloadType, encoding.toLowerCase());
    return payloadType;
  };
  const formats = local.supported.map((codec) => ({
    codec,
    payloadType: typeFor(codecMap[codec], offeredTypes[codec]),
  }));
  const clocks = local.supported.includes('opus') ? ([8000, 48_000] as const) : ([8000] as const);
  const events = clocks.map((clockHz) => ({
    clockHz,
    keys: allKeys,
    payloadType: typeFor(`telephone-event/${clockHz}`, usualEventTypes[clockHz]),
  }));
  const audio = shape?.audio ?? 0;
  const security = offerSecurity(local.security, shape?.lines[audio].proto);
  const own: LineShape = {
    kind: 'audio',
    proto: security.proto,
    format: String(formats[0]?.payloadType ?? 0),
  };
  const lines = shape?.lines ?? [own];
  const { bundled = false, rtcpMux = false } = shape ?? {};
  const { mid } = lines[audio];
  const ice = local.ice?.offer() ?? undefined;
  const audioBlock = [
    ...formatLines(`m=audio ${local.rtpPort} ${security.proto}`, formats, events, []),
    ...midLines(mid),
    ...security.lines,
    ...(ice ? iceLines(ice, placeOf(local), rtcpMux) : []),
    ...rtcpLines(local, rtcpMux),
    xrLine,
    `a=ptime:${ptimeMs}`,
    'a=sendrecv',
  ];
  const blocks = lines.map((line, index) => (index === audio ? audioBlock : refusedLine(line)));
  const session = [
    ...(bundled && mid !== undefined ? [`a=group:BUNDLE ${mid}`] : []),
    ...sessionIceLines(local, ice),
  ];
  return {
    offerSdp: describe(local, '0 0', session, blocks.flat()),
    shape: { lines, audio, bundled, rtcpMux, types: taken },
  };
}

/** Reads the answer to our own offer. RFC 3264 §6: it has the offer's m-lines, in order. */
export function readAnswer(answerSdp: string, local: LocalMedia, shape: SessionShape): AnswerRead | Unusable {
  const answer = readSdp(answerSdp);
  if (!answer) return unusable('bad-offer', 399, 'The session description could not be read');
  if (answer.media.length !== shape.lines.length || answer.media[shape.audio].kind !== 'audio')
    return unusable('bad-offer', 399, 'The answer does not have the media lines of the offer');
  // Only the offered audio line counts; some devices answer lines that were refused.
  const media = answer.media.map((line, index) => (index === shape.audio ? line : { ...line, port: 0 }));
  const { ice, security } = local;
  const settled = settleAudio({ ...answer, media }, local, {
    waysOf: (lines) => waysAnswered(lines, answer.attributes, security),
    iceOf: (remote) => ice?.answered(remote) ?? null,
    muxes: (line) => shape.rtcpMux && wantsMux(line),
  });
  return settled.ok ? { ...settled, types: payloadTypeMap(answer.media[shape.audio]) } : settled;
}

function shapeOf(media: SdpMedia): LineShape {
  const { kind, proto, formats } = media;
  const mid = midOf(media);
  return { kind, proto, format: formats[0] ?? '0', ...(mid === undefined ? {} : { mid }) };
}

function midLines(mid: string | undefined): string[] {
  return mid === undefined ? [] : [`a=mid:${mid}`];
}

/** RFC 8839 §5.3, §5.6: what kind of agent we are. */
function sessionIceLines({ ice }: LocalMedia, used: object | undefined): string[] {
  if (!ice || !used) return [];
  return [...(ice.mode === 'lite' ? ['a=ice-lite'] : []), 'a=ice-options:ice2'];
}

/** RFC 3264 §6: port zero refuses; a format has to be there and means nothing. */
function refusedLine({ kind, proto, format, mid }: LineShape): string[] {
  return [`m=${kind} 0 ${proto} ${format}`, ...midLines(mid)];
}

function audioLines(offered: SdpMedia, settled: SettledAudio, local: LocalMedia): string[] {
  const { media, formats, events } = settled;
  const line = `m=audio ${local.rtpPort} ${offered.proto}`;
  return [
    ...formatLines(line, formats, events, media.noisePayloadTypes ?? [], media.opus),
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
function formatLines(
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

/** RFC 3605 §2.1: said only when it is not the next port. */
function rtcpLines(local: LocalMedia, mux: boolean): string[] {
  if (mux) return ['a=rtcp-mux'];
  return local.rtcpPort === undefined || local.rtcpPort === local.rtpPort + 1
    ? []
    : [`a=rtcp:${local.rtcpPort}`];
}

function describe(
  local: LocalMedia,
  timing: string,
  session: readonly string[],
  media: readonly string[],
): string {
  const family = local.address.includes(':') ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=- ${local.sessionId} ${local.version} IN ${family} ${local.address}`,
    's=-',
    `c=IN ${family} ${local.address}`,
    `t=${timing}`,
    ...session,
    ...media,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
