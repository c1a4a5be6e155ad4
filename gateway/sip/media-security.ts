/** Which of the offered streams is taken, plain or encrypted: the policy, and what the answer says of it. */
import type { LegSecurity, SrtpPolicy } from '../ports.ts';
import type { SipWarning } from './reasons.ts';
import { dtlsLines, readDtls } from './dtls-attributes.ts';
import type { DtlsSession } from './dtls-session.ts';
import type { SdesKeys } from './sdes-keys.ts';
import type { CryptoLine } from './sdes.ts';
import { cryptoSuites, isWhole, readCrypto, writeCrypto } from './sdes.ts';
import type { SdpAttribute, SdpMedia } from './sdp.ts';
import { attribute, hasAttribute } from './sdp.ts';

/** Our side of a session's security. */
export interface LocalSecurity {
  readonly policy: SrtpPolicy;
  readonly keys: SdesKeys;
  readonly dtls: DtlsSession;
}

/** An m-line and its place. */
export interface OfferedLine {
  readonly media: SdpMedia;
  readonly index: number;
}

/** One way to carry an m-line's stream. */
export interface Way extends OfferedLine {
  /** Absent: plain RTP. */
  readonly security?: LegSecurity;
  /** What the answer's m-line says of it. */
  readonly lines: readonly string[];
}

/** Why there is no way. */
export interface NoWay {
  readonly reason: 'encryption-required' | 'encryption-unusable' | 'no-common-codec';
  readonly warning: SipWarning;
}

const plainProfile = /^RTP\/AVPF?$/;
const securedProfile = /^(?:UDP\/TLS\/)?RTP\/SAVPF?$/;
const sdesProfile = /^RTP\/S?AVPF?$/;
/** RFC 5764 §8's own profiles; browsers once used the plain ones, and some softphones still do. */
const dtlsProfile = /^(?:UDP\/TLS\/RTP\/SAVPF?|RTP\/S?AVPF?)$/;

/**
 * How an offer's streams can be carried, the best first: encrypted before plain, otherwise in the peer's order. A
 * stream that is offered encrypted only is never carried in plain (RFC 4568 §5.1.2); encryption on RTP/AVP is an
 * option (RFC 8643). Keys that SDP carries are only as secret as the signalling, so DTLS goes before SDES.
 * `findsWay`: ICE will find the way to a stream's sender.
 */
export function waysToAnswer(
  lines: readonly OfferedLine[],
  session: readonly SdpAttribute[],
  local: LocalSecurity,
  findsWay: (media: SdpMedia) => boolean,
): readonly Way[] | NoWay {
  const { policy, keys, dtls } = local;
  const encrypted =
    policy === 'off'
      ? []
      : lines.flatMap((line) => [
          ...(dtlsWay(line, session, dtls, findsWay(line.media)) ?? []),
          ...(sdesWay(line, policy, keys) ?? []),
        ]);
  const plain = policy === 'require' ? [] : lines.filter(({ media }) => isPlain(media));
  const ways = [...encrypted, ...plain.map((line) => ({ ...line, lines: [] }))];
  return ways.length > 0 ? ways : noWay(lines, session, policy);
}

function dtlsWay(
  line: OfferedLine,
  session: readonly SdpAttribute[],
  dtls: DtlsSession,
  ice: boolean,
): Way[] | null {
  const offered = dtlsProfile.test(line.media.proto) ? readDtls(session, line.media) : null;
  const settled = offered && dtls.fingerprints?.length !== 0 ? dtls.answerTo(offered, ice) : null;
  if (!offered || !settled) return null;
  const tlsId = dtls.tlsIdFor(offered.tlsId);
  return [
    { ...line, security: settled.security, lines: dtlsLines(dtls.fingerprints ?? [], settled.setup, tlsId) },
  ];
}

function sdesWay(line: OfferedLine, policy: SrtpPolicy, keys: SdesKeys): Way[] | null {
  const { media } = line;
  if (!sdesProfile.test(media.proto)) return null;
  const usable = cryptosOf(media);
  // Who leaves out half of SRTP gets that only when nothing better is offered.
  const chosen =
    usable.find(({ keying }) => isWhole(keying)) ?? (policy === 'require' ? undefined : usable[0]);
  if (!chosen) return null;
  const send = keys.answerTo(chosen.keying);
  return [
    {
      ...line,
      security: { kind: 'sdes', send, receive: chosen.keying },
      // RFC 4568 §5.1.2: the tag and the suite of the line that was chosen, and our own key.
      lines: [`a=crypto:${writeCrypto({ tag: chosen.tag, keying: send })}`],
    },
  ];
}

function cryptosOf(media: SdpMedia): CryptoLine[] {
  return media.attributes.flatMap(({ name, value }) => (name === 'crypto' ? (readCrypto(value) ?? []) : []));
}

function noWay(lines: readonly OfferedLine[], session: readonly SdpAttribute[], policy: SrtpPolicy): NoWay {
  const media = lines.map((line) => line.media);
  const kind = media.at(0)?.kind ?? 'audio';
  const asked = media.filter((line) => isSecured(line) || hasAttribute(line, 'crypto'));
  if (asked.length === 0) {
    if (policy === 'require' && media.some(isPlain))
      return {
        reason: 'encryption-required',
        warning: { code: 302, text: `Only encrypted ${kind} is taken; offer RTP/SAVP with a=crypto` },
      };
    return {
      reason: 'no-common-codec',
      warning: { code: 304, text: `No ${kind} stream is offered over RTP` },
    };
  }
  return { reason: 'encryption-unusable', warning: unusableWarning(kind, asked, session, policy) };
}

function unusableWarning(
  kind: string,
  asked: readonly SdpMedia[],
  session: readonly SdpAttribute[],
  policy: SrtpPolicy,
): SipWarning {
  if (policy === 'off')
    return { code: 302, text: `Only encrypted ${kind} is offered, and SRTP is off here; offer RTP/AVP` };
  if (asked.some((line) => sdesProfile.test(line.proto) && hasAttribute(line, 'crypto')))
    return {
      code: 305,
      text: `None of the a=crypto lines can be used; offer one of ${cryptoSuites.join(', ')}`,
    };
  const isDtls = asked.some(
    (line) =>
      line.proto.startsWith('UDP/TLS/') ||
      hasAttribute({ attributes: [...line.attributes, ...session] }, 'fingerprint'),
  );
  return isDtls
    ? {
        code: 305,
        text: 'DTLS-SRTP is offered without a fingerprint that can be checked; offer a=fingerprint:sha-256',
      }
    : { code: 305, text: `Encrypted ${kind} is offered without a key; offer it with a=crypto` };
}

/** Whether a stream may be carried in plain RTP, in its sender's view. */
function isPlain(media: SdpMedia): boolean {
  return plainProfile.test(media.proto) && attribute(media, 'encryption') !== 'required';
}

function isSecured(media: SdpMedia): boolean {
  return securedProfile.test(media.proto) || attribute(media, 'encryption') === 'required';
}

// ── Our own offers ────────────────────────────────────────────────────────────────────────────────

/**
 * What our own offer says of its audio line. A running session keeps its profile (RFC 3264 §8.3.1 has no word for
 * another one). `prefer` puts keys on RTP/AVP, which a device without SRTP passes over (RFC 8643 §3).
 */
export function offerSecurity(
  { policy, keys, dtls }: LocalSecurity,
  runningProto: string | undefined,
): { proto: string; lines: readonly string[] } {
  const proto = runningProto ?? (policy === 'require' ? 'RTP/SAVP' : 'RTP/AVP');
  const association = dtls.offer();
  if (association) return { proto, lines: dtlsLines(dtls.fingerprints ?? [], 'actpass', association.tlsId) };
  if (!sdesProfile.test(proto) || (policy === 'off' && plainProfile.test(proto))) return { proto, lines: [] };
  return { proto, lines: keys.offer().map((line) => `a=crypto:${writeCrypto(line)}`) };
}

/** How the answer to our offer has its stream carried (RFC 4568 §5.1.3): by one of our lines, or not at all. */
export function waysAnswered(
  lines: readonly OfferedLine[],
  session: readonly SdpAttribute[],
  { policy, keys, dtls }: LocalSecurity,
): readonly Way[] | NoWay {
  const line = lines.at(0);
  if (!line)
    return {
      reason: 'no-common-codec',
      warning: { code: 304, text: 'The answer refuses the audio stream' },
    };
  const { media } = line;
  if (dtls.offer()) {
    const answered = readDtls(session, media);
    const security = answered && dtls.answered(answered);
    if (security) return [{ ...line, security, lines: [] }];
    return {
      reason: 'encryption-required',
      warning: { code: 302, text: 'The answer does not take the offered DTLS-SRTP' },
    };
  }
  const offered = keys.offer();
  for (const { tag, keying: receive } of cryptosOf(media)) {
    const send = offered.find((ours) => ours.tag === tag && ours.keying.profile === receive.profile)?.keying;
    if (send && isWhole(receive)) return [{ ...line, security: { kind: 'sdes', send, receive }, lines: [] }];
  }
  if (policy !== 'require' && isPlain(media) && !hasAttribute(media, 'crypto'))
    return [{ ...line, lines: [] }];
  return {
    reason: 'encryption-required',
    warning: { code: 302, text: 'The answer takes none of the offered keys' },
  };
}
