import type { Refusal } from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { reasonText } from '../reasons.ts';

/** How a reason looks on the SIP wire. */
export interface SipEnding {
  /** Final status when the call was not answered. */
  readonly status: number;
  readonly phrase: string;
  /** Q.850 cause for the Reason header field (RFC 3326). */
  readonly q850: number;
  /** Warning code (RFC 3261 §20.43). */
  readonly warning: number;
}

/** RFC 3261 §20.43: 302 transport protocol, 305 media format, 399 whatever else. */
const misc = 399;

/** Every reason's wire codes. Causes: Q.850, statuses: RFC 3261 §21 and RFC 3398 §8.2.6.1. */
export const sipEndings = {
  'caller-hung-up': { status: 487, phrase: 'Request Terminated', q850: 16, warning: misc },
  'caller-left': { status: 487, phrase: 'Request Terminated', q850: 16, warning: misc },
  'caller-cancelled': { status: 487, phrase: 'Request Terminated', q850: 16, warning: misc },
  'room-ended': { status: 410, phrase: 'Room Closed', q850: 16, warning: misc },
  'removed-by-host': { status: 403, phrase: 'Removed By Host', q850: 21, warning: misc },
  'ended-by-admin': { status: 480, phrase: 'Ended By Administrator', q850: 31, warning: misc },
  'time-limit': { status: 480, phrase: 'Time Limit Reached', q850: 31, warning: misc },
  'empty-room-limit': { status: 480, phrase: 'Nobody Came', q850: 19, warning: misc },
  'no-host-came': { status: 480, phrase: 'No Host Came', q850: 19, warning: misc },
  'meeting-locked': { status: 403, phrase: 'Meeting Locked', q850: 21, warning: misc },
  'meeting-full': { status: 486, phrase: 'Meeting Full', q850: 17, warning: misc },
  'meeting-not-yet': { status: 480, phrase: 'Meeting Not Begun', q850: 31, warning: misc },
  'meeting-over': { status: 410, phrase: 'Meeting Over', q850: 31, warning: misc },
  'wrong-pin': { status: 403, phrase: 'Wrong PIN', q850: 21, warning: misc },
  'no-pin-entered': { status: 403, phrase: 'No PIN Entered', q850: 21, warning: misc },
  'pin-guessing-blocked': { status: 403, phrase: 'Too Many Wrong PINs', q850: 21, warning: misc },
  'no-route': { status: 404, phrase: 'Not Found', q850: 1, warning: misc },
  'rejected-by-plan': { status: 403, phrase: 'Rejected By Dial Plan', q850: 21, warning: misc },
  'unknown-meeting': { status: 404, phrase: 'Unknown Meeting', q850: 21, warning: misc },
  'no-choice-made': { status: 480, phrase: 'No Choice Made', q850: 19, warning: misc },
  // What a transfer says before the answer is a redirection of its own; this is for its BYE.
  transferred: { status: 480, phrase: 'Transferred', q850: 16, warning: misc },
  'transfer-failed': { status: 480, phrase: 'Transfer Failed', q850: 31, warning: misc },
  'other-side-hung-up': { status: 480, phrase: 'Other Side Hung Up', q850: 16, warning: misc },
  busy: { status: 486, phrase: 'Busy Here', q850: 17, warning: misc },
  'no-answer': { status: 480, phrase: 'No Answer', q850: 19, warning: misc },
  declined: { status: 603, phrase: 'Decline', q850: 21, warning: misc },
  'unknown-number': { status: 404, phrase: 'Not Found', q850: 1, warning: misc },
  'not-compatible': { status: 480, phrase: 'Not Compatible', q850: 88, warning: misc },
  // Not 503: that would say that the gateway itself takes no calls (RFC 3261 §16.7, step 6).
  'trunk-refused': { status: 500, phrase: 'Trunk Refused The Call', q850: 21, warning: misc },
  'trunk-redirected': { status: 500, phrase: 'Trunk Redirected The Call', q850: 21, warning: misc },
  'trunk-unavailable': { status: 500, phrase: 'Trunk Unavailable', q850: 38, warning: misc },
  'call-loops': { status: 483, phrase: 'Too Many Hops', q850: 25, warning: misc },
  'no-common-codec': { status: 488, phrase: 'Not Acceptable Here', q850: 65, warning: 305 },
  'encryption-required': { status: 488, phrase: 'Not Acceptable Here', q850: 88, warning: 302 },
  'encryption-unusable': { status: 488, phrase: 'Not Acceptable Here', q850: 88, warning: 305 },
  // RFC 3261 §13.3.1.3: an offer that is refused gets 488 and a Warning.
  'bad-offer': { status: 488, phrase: 'Not Acceptable Here', q850: 95, warning: misc },
  'bad-request': { status: 400, phrase: 'Bad Request', q850: 41, warning: misc },
  'too-many-calls': { status: 503, phrase: 'Too Many Calls', q850: 42, warning: misc },
  'source-limit': { status: 503, phrase: 'Too Many Calls From Here', q850: 42, warning: misc },
  'room-unavailable': { status: 503, phrase: 'Room Unavailable', q850: 38, warning: misc },
  'media-unavailable': { status: 503, phrase: 'Media Unavailable', q850: 47, warning: misc },
  'media-lost': { status: 503, phrase: 'Media Lost', q850: 41, warning: misc },
  'gateway-lost': { status: 503, phrase: 'Gateway Lost', q850: 41, warning: misc },
  'database-unavailable': { status: 503, phrase: 'Database Unavailable', q850: 41, warning: misc },
  'no-media-path': { status: 480, phrase: 'No Media Path', q850: 27, warning: misc },
  'encryption-failed': { status: 488, phrase: 'Encryption Failed', q850: 88, warning: misc },
  'peer-unreachable': { status: 504, phrase: 'Caller Unreachable', q850: 102, warning: misc },
  'shutting-down': { status: 503, phrase: 'Shutting Down', q850: 41, warning: misc },
  'internal-error': { status: 500, phrase: 'Internal Server Error', q850: 41, warning: misc },
} as const satisfies Record<EndReason, SipEnding>;

/** A more exact Warning than the reason's own. */
export interface SipWarning {
  readonly code: number;
  readonly text: string;
}

/** Text for a quoted-string: plain quotes and no character that would need an escape. */
function quotable(text: string): string {
  return text.replaceAll('’', "'").replaceAll(/["\\\r\n]/g, '');
}

/** `Warning: 305 gateway "text"`; the agent is a pseudonym (RFC 3261 §20.43). */
export function warningHeader(reason: EndReason, exact?: SipWarning): string {
  return `${exact?.code ?? sipEndings[reason].warning} gateway "${quotable(exact?.text ?? reasonText[reason])}"`;
}

/** Q.850 causes of statuses (RFC 3398 §8.2.6.1); of others it says 127, interworking. */
const causes: Readonly<Partial<Record<number, number>>> = {
  ...{ 400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 415: 79 },
  ...{ 480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17 },
  ...{ 500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 600: 17, 603: 21, 604: 1 },
};
const interworking = 127;

function causeOf(status: number): number {
  return causes[status] ?? interworking;
}

/**
 * Header fields of a final response. RFC 6432 §3: only Q.850 may stand in a response's Reason.
 * @param exactStatus null: the reason's own
 */
export function refusalHeaders(
  reason: EndReason,
  exact?: SipWarning,
  exactStatus: number | null = null,
): Record<string, string> {
  const status = exactStatus ?? sipEndings[reason].status;
  const cause = exactStatus === null ? sipEndings[reason].q850 : causeOf(exactStatus);
  return {
    Reason: `Q.850;cause=${cause};text="${quotable(reasonText[reason])}"`,
    Warning: warningHeader(reason, exact),
    // RFC 3261 §20.33: tells the caller, and a proxy, to try again soon.
    ...(status === 503 ? { 'Retry-After': '10' } : {}),
  };
}

/** RFC 3261 §20.43 allows a Warning in a 200 as well: why a call has its voice only. */
export function videoWarning(refused: SipWarning | null | undefined): Record<string, string> {
  return refused ? { Warning: `${refused.code} gateway "${quotable(refused.text)}"` } : {};
}

/** Header fields of a refusal at the door, whose status says more than its reason. */
export function doorHeaders(status: number, text: string): Record<string, string> {
  const words = quotable(text);
  return { Reason: `Q.850;cause=${causeOf(status)};text="${words}"`, Warning: `${misc} gateway "${words}"` };
}

/** Header fields of a BYE: both protocols, since trunks read Q.850 and SIP devices the status (RFC 3326 §2). */
export function byeHeaders(reason: EndReason, refusal: Refusal | null = null): Record<string, string> {
  const ending = sipEndings[reason];
  const status = refusal?.status ?? ending.status;
  const q850 = status === ending.status ? ending.q850 : causeOf(status);
  const text = quotable(refusal?.text ?? reasonText[reason]);
  return { Reason: `Q.850;cause=${q850};text="${text}", SIP;cause=${status};text="${text}"` };
}
