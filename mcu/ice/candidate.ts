/** ICE candidates and the order in which their pairs are tried (RFC 8445 §5.1.2, §6.1.2.3). */

import type { IceCandidate } from '../ports.ts';

type CandidateType = IceCandidate['type'];

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
