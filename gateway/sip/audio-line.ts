import type { AudioCodec, AudioFormat, LegIce, LegMediaConfig, MediaDirection, RemoteIce } from '../ports.ts';
import type { EventFormat } from './audio-formats.ts';
import {
  audioFormats,
  clockOf,
  eventFormats,
  noiseFormats,
  opusWishes,
  packetTimeMs,
} from './audio-formats.ts';
import { iceLines, readIce } from './ice-attributes.ts';
import type { IceSession } from './ice-session.ts';
import type { LocalSecurity, NoWay, OfferedLine, Way } from './media-security.ts';
import type { SipWarning } from './reasons.ts';
import type { SdpConnection, SdpDescription, SdpMedia } from './sdp.ts';
import { attribute, hasAttribute } from './sdp.ts';

/** What we have to offer or to answer with. */
export interface LocalMedia {
  readonly address: string;
  readonly rtpPort: number;
  /** Default: the next port. */
  readonly rtcpPort?: number;
  /** RFC 8866 §5.2: sess-id stays for the dialog, sess-version grows with each change. */
  readonly sessionId: number;
  readonly version: number;
  readonly supported: readonly AudioCodec[];
  readonly security: LocalSecurity;
  /** Null: the media node does no ICE. */
  readonly ice: IceSession | null;
}

/** Why an offer or an answer can't be used. */
export interface Unusable {
  readonly ok: false;
  readonly reason: NoWay['reason'] | 'bad-offer';
  /** Says more exactly what is wrong; for the Warning header field and the log. */
  readonly warning: SipWarning;
}

export function unusable(reason: Unusable['reason'], code: number, text: string): Unusable {
  return { ok: false, reason, warning: { code, text } };
}

/** An audio stream that both ends can carry. */
export interface SettledAudio {
  readonly ok: true;
  /** Position of its m-line. */
  readonly index: number;
  readonly media: LegMediaConfig;
  /** What our answer takes: the first is sent; the others have its clock (RFC 7160 §3). */
  readonly formats: readonly AudioFormat[];
  readonly events: readonly EventFormat[];
  /** What our answer says of its security, and of ICE. */
  readonly securityLines: readonly string[];
  readonly iceLines: readonly string[];
  /** False: `media.remote.address` is a host name that is still to be resolved. */
  readonly addressIsLiteral: boolean;
}

/** RFC 3611 §5.1: the report block that we send and take. */
export const voipMetrics = 'voip-metrics';

/** What depends on whether a description is an offer or an answer. */
export interface Reading {
  /** How the audio lines that are in use can be carried. */
  readonly waysOf: (lines: readonly OfferedLine[]) => readonly Way[] | NoWay;
  /** The ICE session that the peer's ICE leads to; null: there is none. */
  readonly iceOf: (remote: RemoteIce) => LegIce | null;
  /** Whether the line's RTCP shares the RTP port. */
  readonly muxes: (media: SdpMedia) => boolean;
}

/** Chooses the first way with a common codec, and the line's first such codec: the peer's order rules. */
export function settleAudio(
  description: SdpDescription,
  local: LocalMedia,
  reading: Reading,
): SettledAudio | Unusable {
  const ways = reading.waysOf(
    description.media
      .map((media, index) => ({ media, index }))
      .filter(({ media }) => media.kind === 'audio' && media.port !== 0),
  );
  if ('reason' in ways) return { ok: false, ...ways };
  for (const way of ways) {
    const formats = audioFormats(way.media, local.supported);
    if (formats.length > 0) return settle(description, way, formats, local, reading);
  }
  return unusable('no-common-codec', 305, `None of the audio codecs is one of ${local.supported.join(', ')}`);
}

function settle(
  description: SdpDescription,
  { media, index, security, lines }: Way,
  formats: readonly AudioFormat[],
  local: LocalMedia,
  reading: Reading,
): SettledAudio | Unusable {
  const { connection } = media;
  if (!connection) return unusable('bad-offer', 399, 'The audio stream has no connection address (c=)');
  if (isMulticast(connection)) return unusable('bad-offer', 330, 'Multicast audio is not taken');
  const mux = reading.muxes(media);
  const connectivity = connect(description, media, local, mux, reading.iceOf);
  if (!connectivity)
    return unusable('bad-offer', 399, 'The credentials a=ice-ufrag and a=ice-pwd can not be read');
  const { ice } = connectivity;
  const [chosen, ...alternatives] = formats;
  const { codec, payloadType } = chosen;
  const events = eventFormats(media, codec);
  return {
    ok: true,
    index,
    // With ICE nobody is sent to by c=, where browsers may name an mDNS host.
    addressIsLiteral: connection.literal || ice !== null,
    formats: formats.filter((format) => clockOf(format.codec) === clockOf(codec)),
    events,
    securityLines: lines,
    iceLines: connectivity.lines,
    media: {
      codec,
      payloadType,
      // All that it offers is understood, whatever it makes of our answer.
      alternatives,
      dtmfPayloadTypes: events.map((event) => event.payloadType),
      noisePayloadTypes: noiseFormats(media, codec),
      ptimeMs: packetTimeMs(media, codec),
      ...(codec === 'opus' && { opus: opusWishes(media, payloadType) }),
      remote: {
        address: connection.literal || !ice ? connection.address : '0.0.0.0',
        rtpPort: media.port,
        rtcpPort: remoteRtcpPort(media, mux),
      },
      direction: answerDirection(description, media, ice !== null || !isUnspecified(connection)),
      ...(asksForVoipMetrics(description, media) ? { voipMetrics: true } : {}),
      ...(security && { security }),
      ...(mux && { rtcpMux: true }),
      ...(ice && { ice }),
    },
  };
}

/** What becomes of the peer's ICE, and what our answer says of it; null: it can't be read. */
function connect(
  description: SdpDescription,
  media: SdpMedia,
  local: LocalMedia,
  mux: boolean,
  iceOf: Reading['iceOf'],
): { ice: LegIce | null; lines: string[] } | null {
  const offered = local.ice ? readIce(description, media) : { kind: 'none' as const };
  switch (offered.kind) {
    case 'none':
      return { ice: null, lines: [] };
    case 'unreadable':
      return null;
    case 'mismatch':
      return { ice: null, lines: ['a=ice-mismatch'] };
    case 'ice': {
      const ice = iceOf(offered.remote);
      return { ice, lines: ice ? iceLines(ice.local, placeOf(local), mux) : [] };
    }
  }
}

/** Where our media is received. */
export function placeOf({ address, rtpPort, rtcpPort = rtpPort + 1 }: LocalMedia) {
  return { address, rtpPort, rtcpPort };
}

/** RFC 3611 §5.1: `a=rtcp-xr`, for the stream or the whole session, names the reports that its sender wants. */
export function asksForVoipMetrics(description: SdpDescription, media: SdpMedia): boolean {
  const wanted = attribute(media, 'rtcp-xr') ?? attribute(description, 'rtcp-xr') ?? '';
  return wanted.split(/\s+/).includes(voipMetrics);
}

function isMulticast({ address, literal, family }: SdpConnection): boolean {
  if (!literal) return false;
  return family === 'IP4' ? /^(?:22[4-9]|23\d|255)\./.test(address) : /^ff/i.test(address);
}

/** RFC 2543's way to hold: the peer has nowhere to receive. */
function isUnspecified({ address }: SdpConnection): boolean {
  return address === '0.0.0.0' || address === '::';
}

/**
 * RFC 3605's a=rtcp, else the next port. An address in a=rtcp is not followed: symmetric RTCP finds the peer.
 * Browsers' `a=rtcp:9` stands for "multiplexed" (RFC 8829 §5.2.1) and names no port.
 */
function remoteRtcpPort(media: SdpMedia, mux: boolean): number {
  if (mux) return media.port;
  const named = Number(/^(\d{1,5})(?: |$)/.exec(attribute(media, 'rtcp') ?? '')?.[1] ?? 0);
  if (named !== 0 && named !== 9 && named <= 65_535) return named;
  return Math.min(media.port + 1, 65_535);
}

/** RFC 5761 §5.1.1: when the peer wants it; we always can. */
export function wantsMux(media: SdpMedia): boolean {
  return hasAttribute(media, 'rtcp-mux');
}

/** RFC 3264 §6.1: what we do, given what the peer does; on hold (§8.4) it receives nothing. */
function answerDirection(description: SdpDescription, media: SdpMedia, hasPlace: boolean): MediaDirection {
  const offered = directionOf(media.attributes) ?? directionOf(description.attributes) ?? 'sendrecv';
  const peerReceives = hasPlace && (offered === 'sendrecv' || offered === 'recvonly');
  const peerSends = offered === 'sendrecv' || offered === 'sendonly';
  return directionFrom(peerReceives, peerSends);
}

/** SDP's word for what one end does. */
function directionFrom(sends: boolean, receives: boolean): MediaDirection {
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

function directionOf(attributes: SdpMedia['attributes']): MediaDirection | null {
  for (const { name } of attributes) {
    if (name === 'sendrecv' || name === 'sendonly' || name === 'recvonly' || name === 'inactive') return name;
  }
  return null;
}
