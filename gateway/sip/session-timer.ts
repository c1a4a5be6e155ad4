import { tokens } from './capabilities.ts';
import type { SipMessage } from './srf-messages.ts';

/**
 * Session timers (RFC 4028): what the gateway agrees to in its 2xx. The SIP server, embedded or not, reads it there,
 * refreshes the session when that is our part, and ends calls that nobody refreshes any more.
 */

/** §4: no session interval is shorter, in seconds. */
export const leastSessionSeconds = 90;

/** What a request says of its session. */
interface SessionWish {
  /** Null: nothing. */
  readonly seconds: number | null;
  readonly refresher: 'uac' | 'uas' | null;
  /** The lowest interval that hops in between take. */
  readonly minSeconds: number;
  /** Its sender knows session timers; otherwise a proxy may have asked. */
  readonly knowsTimers: boolean;
}

/** Header fields of a 422 (§9); null: the interval is long enough. */
export function tooShortSession(req: SipMessage): Record<string, string> | null {
  const { seconds, knowsTimers } = readWish(req);
  if (seconds === null || seconds >= leastSessionSeconds || !knowsTimers) return null;
  return { 'Min-SE': String(leastSessionSeconds) };
}

/** RFC 4028 §7.3: what a 422 asks for, in seconds; null: it is none, or asks for nothing that was not offered. */
export function longerSession(res: SipMessage & { readonly status: number }, offered: number): number | null {
  const least = res.status === 422 ? leadingNumber(res.get('min-se')) : null;
  return least !== null && least > offered ? least : null;
}

/** Header fields of the 200 to the INVITE that begins the session. `ownSeconds`: the longest interval that we want. */
export function sessionOfCall(req: SipMessage, ownSeconds: number): Record<string, string> {
  const wish = readWish(req);
  // Who neither asks for a session timer nor knows any gets none: OPTIONS finds out when it is gone.
  if (wish.seconds === null && !wish.knowsTimers) return {};
  const { refresher } = wish;
  // §9, table 2: who does not know timers can't refresh. Who leaves it open does it itself: it may sit behind a
  // firewall that only its own packets keep open.
  return agreed(wish, wish.knowsTimers ? (refresher ?? 'uac') : 'uas', ownSeconds);
}

/**
 * Header fields of the 200 to a re-INVITE or UPDATE. One that asks for no timer gets none, which takes the limit off
 * the session: drachtio-server stops its clock then, whatever the answer says.
 */
export function sessionOfRefresh(req: SipMessage, ownSeconds: number): Record<string, string> {
  return readWish(req).seconds === null ? {} : sessionOfCall(req, ownSeconds);
}

/** §9: the interval may be lowered, but not below what hops in between take. */
function agreed(wish: SessionWish, refresher: 'uac' | 'uas', ownSeconds: number): Record<string, string> {
  const least = Math.max(leastSessionSeconds, wish.minSeconds);
  const seconds = Math.max(least, Math.min(wish.seconds ?? ownSeconds, ownSeconds));
  return {
    'Session-Expires': `${seconds};refresher=${refresher}`,
    ...(wish.knowsTimers && { Require: 'timer' }),
  };
}

function readWish(req: SipMessage): SessionWish {
  const expires = req.get('session-expires') ?? '';
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(expires)?.[1]?.toLowerCase();
  const known = [...tokens(req.get('supported')), ...tokens(req.get('require'))];
  return {
    seconds: leadingNumber(expires),
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null,
    minSeconds: leadingNumber(req.get('min-se')) ?? 0,
    knowsTimers: known.some((extension) => extension.toLowerCase() === 'timer'),
  };
}

function leadingNumber(value: string | undefined): number | null {
  const digits = /^\s*(\d{1,9})\s*(?:;|$)/.exec(value ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}
