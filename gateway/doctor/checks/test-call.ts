import { CallRefused } from '../call/phone-call.ts';
import { because, failed } from '../finding.ts';
import type { Finding } from '../finding.ts';

export interface CallOptions {
  /** That is called. */
  readonly number: string;
  readonly nearOf: (address: string) => string;
  /** Calls of strangers have to be encrypted. */
  readonly encryptedOnly: boolean;
}

export const encryptedReason =
  'sip.srtp: require refuses calls without encryption, and the doctor’s telephone has none';

/** What a refused or unanswered call says. */
export function refusal(number: string, error: unknown): Finding {
  if (!(error instanceof CallRefused))
    return failed(`A call to ${number} is not answered.`, {
      why: because(error),
      todo: 'See the gateway’s log for this minute.',
    });
  const todo =
    error.status === 404
      ? 'Name the number in the dial plan (POST /api/v1/dial-plan/try says where a call goes, and why).'
      : 'See the gateway’s log and the record of this call for the reason.';
  return failed(`A call to ${number} is refused.`, { why: because(error), todo });
}
