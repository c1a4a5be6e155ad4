import type { EndReason } from '../reasons.ts';
import type { SipMessage } from './srf-messages.ts';

/** What a final response to an INVITE of ours says, by its Q.850 cause, which says more than its status (RFC 3326 §2). */
const byCause: Readonly<Partial<Record<number, EndReason>>> = {
  1: 'unknown-number',
  2: 'unknown-number',
  3: 'unknown-number',
  17: 'busy',
  18: 'no-answer',
  19: 'no-answer',
  20: 'no-answer',
  21: 'declined',
  22: 'unknown-number',
  27: 'trunk-unavailable',
  28: 'unknown-number',
  34: 'trunk-unavailable',
  38: 'trunk-unavailable',
  41: 'trunk-unavailable',
  42: 'trunk-unavailable',
  47: 'trunk-unavailable',
  65: 'not-compatible',
  88: 'not-compatible',
};

/** By its status (RFC 3398 §8.2.6.1, RFC 8197 for 607, RFC 8688 for 608). */
const byStatus: Readonly<Partial<Record<number, EndReason>>> = {
  404: 'unknown-number',
  408: 'trunk-unavailable',
  410: 'unknown-number',
  415: 'not-compatible',
  416: 'unknown-number',
  480: 'no-answer',
  484: 'unknown-number',
  485: 'unknown-number',
  486: 'busy',
  487: 'no-answer',
  488: 'not-compatible',
  600: 'busy',
  603: 'declined',
  604: 'unknown-number',
  606: 'not-compatible',
  607: 'declined',
  608: 'declined',
};

/** Why a call that went out was not answered. Null: there was no final response. */
export function failureOf(res: (Pick<SipMessage, 'get'> & { readonly status: number }) | null): EndReason {
  if (res === null) return 'trunk-unavailable';
  const cause = q850Of(res.get('reason') ?? '');
  const said = cause === null ? undefined : byCause[cause];
  return said ?? byStatus[res.status] ?? byClass(res.status);
}

function byClass(status: number): EndReason {
  if (status >= 500) return 'trunk-unavailable';
  return status < 400 ? 'trunk-redirected' : 'trunk-refused';
}

/** Of a Reason field with several values (RFC 3326 §2); what stands in quotes means nothing. */
function q850Of(reason: string): number | null {
  const values = reason.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(',');
  const parameters = values.map((value) => value.split(';').map((part) => part.trim().toLowerCase()));
  const cause = parameters
    .find(([protocol]) => protocol === 'q.850')
    ?.map((parameter) => /^cause\s*=\s*(\d{1,3})$/.exec(parameter)?.[1])
    .find((found) => found !== undefined);
  return cause === undefined ? null : Number(cause);
}
