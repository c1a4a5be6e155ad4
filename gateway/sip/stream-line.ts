/** What an m-line of either kind comes to: where its peer is, in which directions it flows, how it is protected. */
import type { LegIce, LegSecurity, MediaDirection, RemoteIce } from '../ports.ts';
import { iceLines, readIce } from './ice-attributes.ts';
import type { LocalPlace } from './ice-attributes.ts';
import type { IceSession } from './ice-session.ts';
import type { LocalSecurity, NoWay, OfferedLine, Way } from './media-security.ts';
import type { SipWarning } from './reasons.ts';
import type { SdpConnection, SdpDescription, SdpMedia } from './sdp.ts';
import { attribute, hasAttribute } from './sdp.ts';

/** Our end of a stream. */
export interface LocalStream {
  readonly rtpPort: number;
  /** Default: the next port. */
  readonly rtcpPort?: number;
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

/** What depends on whether a description is an offer or an answer. */
export interface Reading {
  /** How the lines that are in use can be carried. */
  readonly waysOf: (lines: readonly OfferedLine[], local: LocalStream) => readonly Way[] | NoWay;
  /** The ICE session that the peer's ICE leads to; null: there is none. */
  readonly iceOf: (remote: RemoteIce, ours: IceSession) => LegIce | null;
  /** Whether the line's RTCP shares the RTP port. */
  readonly muxes: (media: SdpMedia) => boolean;
}

/** A line that both ends can carry, in the words that audio and video share. */
export interface SettledStream {
  readonly ok: true;
  /** For the media node. */
  readonly stream: {
    readonly remote: { readonly address: string; readonly rtpPort: number; readonly rtcpPort: number };
    readonly direction: MediaDirection;
    readonly security?: LegSecurity;
    readonly rtcpMux?: boolean;
    readonly ice?: LegIce;
  };
  /** What our answer says of its security, and of ICE. */
  readonly securityLines: readonly string[];
  readonly iceLines: readonly string[];
}

/** The lines of a kind that are in use. */
export function linesInUse(description: SdpDescription, kind: string): OfferedLine[] {
  return description.media
    .map((media, index) => ({ media, index }))
    .filter(({ media }) => media.kind === kind && media.port !== 0);
}

export function settleStream(
  description: SdpDescription,
  { media, security, lines }: Way,
  address: string,
  local: LocalStream,
  reading: Reading,
): SettledStream | Unusable {
  const { connection, kind } = media;
  if (!connection) return unusable('bad-offer', 399, `The ${kind} stream has no connection address (c=)`);
  if (isMulticast(connection)) return unusable('bad-offer', 330, `Multicast ${kind} is not taken`);
  const mux = reading.muxes(media);
  const { ice: session } = local;
  const iceOf = session && ((remote: RemoteIce) => reading.iceOf(remote, session));
  const connectivity = connect(description, media, placeOf(address, local), mux, iceOf);
  if (!connectivity)
    return unusable('bad-offer', 399, 'The credentials a=ice-ufrag and a=ice-pwd can not be read');
  const { ice } = connectivity;
  return {
    ok: true,
    securityLines: lines,
    iceLines: connectivity.lines,
    stream: {
      remote: {
        // With ICE nobody is sent to by c=, where browsers may name an mDNS host.
        address: connection.literal || !ice ? connection.address : '0.0.0.0',
        rtpPort: media.port,
        rtcpPort: remoteRtcpPort(media, mux),
      },
      direction: answerDirection(description, media, ice !== null || !isUnspecified(connection)),
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
  place: LocalPlace,
  mux: boolean,
  iceOf: ((remote: RemoteIce) => LegIce | null) | null,
): { ice: LegIce | null; lines: string[] } | null {
  const offered = iceOf ? readIce(description, media) : { kind: 'none' as const };
  switch (offered.kind) {
    case 'none':
      return { ice: null, lines: [] };
    case 'unreadable':
      return null;
    case 'mismatch':
      return { ice: null, lines: ['a=ice-mismatch'] };
    case 'ice': {
      const ice = iceOf?.(offered.remote) ?? null;
      return { ice, lines: ice ? iceLines(ice.local, place, mux) : [] };
    }
  }
}

/** Where a stream is received. */
export function placeOf(address: string, { rtpPort, rtcpPort = rtpPort + 1 }: LocalStream): LocalPlace {
  return { address, rtpPort, rtcpPort };
}

/** RFC 3605 §2.1: said only when it is not the next port. */
export function rtcpLines({ rtpPort, rtcpPort }: LocalStream, mux: boolean): string[] {
  if (mux) return ['a=rtcp-mux'];
  return rtcpPort === undefined || rtcpPort === rtpPort + 1 ? [] : [`a=rtcp:${rtcpPort}`];
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
