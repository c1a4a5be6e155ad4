/** ICE candidates and the order in which their pairs are tried (RFC 8445 §5.1.2, §6.1.2.3). */

export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay';

export interface IceCandidate {
  /** 1: RTP, and RTCP where they share a port; 2: RTCP. */
  readonly component: number;
  readonly foundation: string;
  /** 32 bits. */
  readonly priority: number;
  /** An IP literal. */
  readonly address: string;
  readonly port: number;
  readonly type: CandidateType;
}

/** What offer/answer says of one end's ICE (RFC 8839 §5). */
export interface IceCredentials {
  /** 4–256 ice-chars. */
  readonly ufrag: string;
  /** 22–256 ice-chars. */
  readonly pwd: string;
}

export interface IceRemote extends IceCredentials {
  readonly lite: boolean;
  readonly candidates: readonly IceCandidate[];
}

/** RFC 8445 §5.1.2.2. */
const typePreferences = { host: 126, prflx: 110, srflx: 100, relay: 0 } as const satisfies Record<
  CandidateType,
  number
>;

/** @param localPreference 0–65535; the highest for an agent with one address. */
export function candidatePriority(type: CandidateType, component: number, localPreference = 65_535): number {
  return typePreferences[type] * 2 ** 24 + localPreference * 2 ** 8 + (256 - component);
}

/** Of a pair, from the priorities of its controlling and its controlled end (RFC 8445 §6.1.2.3). */
export function pairPriority(controlling: number, controlled: number): bigint {
  const [less, more] = controlling < controlled ? [controlling, controlled] : [controlled, controlling];
  return (BigInt(less) << 32n) + 2n * BigInt(more) + (controlling > controlled ? 1n : 0n);
}
