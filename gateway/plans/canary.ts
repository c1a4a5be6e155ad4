import { createHash } from 'node:crypto';
import type { EndReason } from '../reasons.ts';
import type { StoredCanary, Tally } from './stored.ts';

/**
 * What a call's end says of the plan that decided it. `failed`: the caller did not get what it called for, and the
 * plan may be why: a refusal counts too, since a rule that takes too many calls shows up as nothing else. `neither`:
 * it would have ended so with any plan.
 */
export const outcomes = {
  'caller-hung-up': 'served',
  'caller-left': 'served',
  'room-ended': 'served',
  'removed-by-host': 'served',
  'ended-by-admin': 'served',
  'time-limit': 'served',
  'empty-room-limit': 'served',
  'no-host-came': 'served',
  transferred: 'served',
  'no-route': 'failed',
  'rejected-by-plan': 'failed',
  'unknown-meeting': 'failed',
  'no-choice-made': 'failed',
  'transfer-failed': 'failed',
  'unknown-number': 'failed',
  'not-compatible': 'failed',
  'trunk-refused': 'failed',
  'trunk-redirected': 'failed',
  'trunk-unavailable': 'failed',
  'call-loops': 'failed',
  'other-side-hung-up': 'served',
  busy: 'neither',
  'no-answer': 'neither',
  declined: 'neither',
  // A rule that leads to the wrong tenant, or to a PIN where none was asked for before.
  'wrong-pin': 'failed',
  'no-pin-entered': 'failed',
  'encryption-required': 'failed',
  'room-unavailable': 'failed',
  'media-unavailable': 'failed',
  'internal-error': 'failed',
  'caller-cancelled': 'neither',
  'meeting-locked': 'neither',
  'meeting-full': 'neither',
  'meeting-not-yet': 'neither',
  'meeting-over': 'neither',
  'pin-guessing-blocked': 'neither',
  'no-common-codec': 'neither',
  'encryption-unusable': 'neither',
  'bad-offer': 'neither',
  'bad-request': 'neither',
  'too-many-calls': 'neither',
  'source-limit': 'neither',
  'media-lost': 'neither',
  'gateway-lost': 'neither',
  'database-unavailable': 'neither',
  'no-media-path': 'neither',
  'encryption-failed': 'neither',
  'peer-unreachable': 'neither',
  'shutting-down': 'neither',
} as const satisfies Record<EndReason, 'served' | 'failed' | 'neither'>;

export const noCalls: Tally = { served: 0, failed: 0 };

export function add(a: Tally, b: Tally): Tally {
  return { served: a.served + b.served, failed: a.failed + b.failed };
}

/** Whether the candidate decides a call; the same answer for a call however often it is asked. */
export function isForCandidate(
  { plan, version, numbers, share }: StoredCanary,
  call: { readonly id: string; readonly called: string },
): boolean {
  if (numbers.length > 0 && !numbers.some((number) => number.toLowerCase() === call.called.toLowerCase()))
    return false;
  if (share >= 100) return true;
  // Another candidate gets other calls.
  const hash = createHash('sha256').update(`${plan} ${version} ${call.id}`).digest();
  return hash.readUInt32BE(0) / 2 ** 32 < share / 100;
}

/** Share of calls that failed, in percent; null: there were none. */
export function failureRate({ served, failed }: Tally): number | null {
  return served + failed === 0 ? null : (failed / (served + failed)) * 100;
}

/** Why a candidate has to be taken back, in words; null: it may go on. */
export function verdict(
  canary: Pick<StoredCanary, 'failureRate' | 'calls' | 'candidate' | 'rest'>,
): string | null {
  const { candidate, rest } = canary;
  const over = candidate.served + candidate.failed;
  const rate = failureRate(candidate);
  if (rate === null || over < canary.calls || rate <= canary.failureRate) return null;
  const usual = failureRate(rest);
  // Then something else is broken, and the old version would not help.
  if (usual !== null && rate <= usual) return null;
  const others = usual === null ? 'there were no other calls' : `of the others ${rounded(usual)} % did`;
  return `${candidate.failed} of its ${over} calls failed (${rounded(rate)} %, more than ${rounded(canary.failureRate)} %); ${others}`;
}

function rounded(percent: number): number {
  return Math.round(percent * 10) / 10;
}
