import { randomInt } from 'node:crypto';
import type { SipResponse } from './srf-messages.ts';
import { respond } from './srf.ts';

/** RFC 3261 §14.2, RFC 3311 §5.2: an offer that comes before the last one of theirs is answered has to wait. */
export function waits(res: SipResponse): Promise<boolean> {
  return respond(res, 500, { headers: { 'Retry-After': String(randomInt(0, 11)) } });
}

/** The same clauses: an offer that crosses one of ours. */
export function crosses(res: SipResponse): Promise<boolean> {
  return respond(res, 491);
}
