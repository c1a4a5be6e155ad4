import type { AudioCodec, LegMediaConfig } from '../ports.ts';
import type { SipWarning } from './reasons.ts';
import type { SdpConnection, SdpDescription, SdpMedia } from './sdp.ts';
import { attribute, hasAttribute } from './sdp.ts';

type MediaDirection = LegMediaConfig['direction'];

/** What we have to offer or to answer with. */
export interface LocalMedia {
  readonly address: string;
  readonly rtpPort: number;
  /** Default: the next port. The same as `rtpPort`: RTP and RTCP share it (RFC 5761). */
  readonly rtcpPort?: number;
  /** RFC 8866 §5.2: sess-id stays for the dialog, sess-version grows with each change. */
  readonly sessionId: number;
  readonly version: number;
  readonly supported: readonly AudioCodec[];
}

/** Why an offer or an answer can't be used. */
export interface Unusable {
  readonly ok: false;
  readonly reason: 'no-common-codec' | 'encryption-required' | 'bad-offer';
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
  /** False: `media.remote.address` is a host name that is still to be resolved. */
  readonly addressIsLiteral: boolean;
}

/** Our packet time. Phones that ask for another one with a=ptime take 20 ms too (RFC 8866 §6.4: a hint). */
export const ptimeMs = 20;

/** RFC 3611 §5.1: the report block that we send and take. */
export const voipMetrics = 'voip-metrics';

/** Static payload types need no rtpmap (RFC 3551 §6). */
const staticCodecs: Readonly<Record<string, string>> = { '0': 'PCMU/8000', '8': 'PCMA/8000' };

const codecClock = { PCMU: 8000, PCMA: 8000, G722: 8000, opus: 48_000 } as const satisfies Record<
  AudioCodec,
  number
>;

/** `a=rtpmap` of a codec (RFC 3551, RFC 7587 §7). */
export const codecMap = {
  PCMU: 'PCMU/8000',
  PCMA: 'PCMA/8000',
  G722: 'G722/8000',
  opus: 'opus/48000/2',
} as const satisfies Record<AudioCodec, string>;

export function clockOf(codec: AudioCodec): number {
  return codecClock[codec];
}

/** Chooses the first audio line with a common codec, and that line's first such codec: the peer's order rules. */
export function settleAudio(description: SdpDescription, local: LocalMedia): SettledAudio | Unusable {
  const audio = description.media
    .map((media, index) => ({ media, index }))
    .filter(({ media }) => media.kind === 'audio' && media.port !== 0);
  const plain = audio.filter(({ media }) => isPlain(media));
  if (plain.length === 0) {
    // An encrypted stream is never answered by a plain one.
    return audio.some(({ media }) => isEncrypted(media))
      ? unusable('encryption-required', 302, 'Only encrypted audio is offered; offer RTP/AVP')
      : unusable('no-common-codec', 304, 'No audio stream is offered over RTP/AVP');
  }
  for (const { media, index } of plain) {
    const codec = chooseCodec(media, local.supported);
    if (codec) return settle(description, media, index, codec, local);
  }
  return unusable('no-common-codec', 305, `None of the audio codecs is one of ${local.supported.join(', ')}`);
}

function settle(
  description: SdpDescription,
  media: SdpMedia,
  index: number,
  chosen: { codec: AudioCodec; payloadType: number },
  local: LocalMedia,
): SettledAudio | Unusable {
  const { connection } = media;
  if (!connection) return unusable('bad-offer', 399, 'The audio stream has no connection address (c=)');
  if (isMulticast(connection)) return unusable('bad-offer', 330, 'Multicast audio is not taken');
  return {
    ok: true,
    index,
    addressIsLiteral: connection.literal,
    media: {
      codec: chosen.codec,
      payloadType: chosen.payloadType,
      dtmfPayloadTypes: payloadTypes(media, 'telephone-event', codecClock[chosen.codec]),
      ptimeMs,
      remote: {
        address: connection.address,
        rtpPort: media.port,
        rtcpPort: remoteRtcpPort(media, local),
      },
      direction: answerDirection(description, media, connection),
      ...(asksForVoipMetrics(description, media) ? { voipMetrics: true } : {}),
    },
  };
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

/** Plain RTP. Crypto on RTP/AVP is an option that may be declined (RFC 8643 §3), unless the peer says otherwise. */
function isPlain(media: SdpMedia): boolean {
  return /^RTP\/AVPF?$/.test(media.proto) && attribute(media, 'encryption') !== 'required';
}

function isEncrypted(media: SdpMedia): boolean {
  return /SAVPF?$/.test(media.proto) || attribute(media, 'encryption') === 'required';
}

function chooseCodec(media: SdpMedia, supported: readonly AudioCodec[]) {
  for (const format of media.formats) {
    const name = encodingOf(media, format);
    const codec = supported.find((candidate) => sameEncoding(name, codecMap[candidate]));
    if (codec) return { codec, payloadType: Number(format) };
  }
  return null;
}

/** `name/clock[/channels]` of a payload type; null: dynamic without rtpmap, or none at all. */
function encodingOf(media: SdpMedia, format: string): string | null {
  if (!/^\d{1,3}$/.test(format) || Number(format) > 127) return null;
  for (const { name, value } of media.attributes) {
    if (name !== 'rtpmap') continue;
    const [payloadType, encoding] = value.split(/ +/, 2);
    if (payloadType === format && encoding) return encoding;
  }
  return staticCodecs[format] ?? null;
}

/** Encoding names have no case (RFC 8866 §6.6); one channel is the default. */
function sameEncoding(encoding: string | null, wanted: string): boolean {
  return encoding?.toLowerCase().replace(/^([^/]+\/\d+)\/1$/, '$1') === wanted.toLowerCase();
}

function payloadTypes(media: SdpMedia, name: string, clock: number): number[] {
  return media.formats
    .filter((format) => sameEncoding(encodingOf(media, format), `${name}/${clock}`))
    .map(Number)
    .filter((payloadType, position, all) => all.indexOf(payloadType) === position);
}

/**
 * RFC 3605's a=rtcp, else the next port. An address in a=rtcp is not followed: symmetric RTCP finds the peer.
 * Browsers' `a=rtcp:9` stands for "multiplexed" (RFC 8829 §5.2.1) and names no port.
 */
function remoteRtcpPort(media: SdpMedia, local: LocalMedia): number {
  if (muxes(media, local)) return media.port;
  const named = Number(/^(\d{1,5})(?: |$)/.exec(attribute(media, 'rtcp') ?? '')?.[1] ?? 0);
  if (named !== 0 && named !== 9 && named <= 65_535) return named;
  return Math.min(media.port + 1, 65_535);
}

/** RFC 5761 §5.1.1: only when both ends can. */
export function muxes(media: SdpMedia, local: LocalMedia): boolean {
  return local.rtcpPort === local.rtpPort && hasAttribute(media, 'rtcp-mux');
}

/** RFC 3264 §6.1: what we do, given what the peer does; on hold (§8.4) it receives nothing. */
function answerDirection(
  description: SdpDescription,
  media: SdpMedia,
  connection: SdpConnection,
): MediaDirection {
  const offered = directionOf(media.attributes) ?? directionOf(description.attributes) ?? 'sendrecv';
  const peerReceives = !isUnspecified(connection) && (offered === 'sendrecv' || offered === 'recvonly');
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
