import type { Headers } from '../message/headers.ts';
import { noTimer } from '../timers.ts';
import type { Cancel, Timers } from '../timers.ts';

/** RFC 4028 §4: no session interval is shorter, in seconds. */
export const leastInterval = 90;
/** Node's timers hold no more than 2³¹ ms. */
const longestInterval = 2_000_000;

/** A Session-Expires value (RFC 4028 §4). `refresher`: as seen from the transaction that it stands in. */
export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Undefined: there is none that could be read. */
export function readSessionExpires(headers: Headers): SessionExpires | undefined {
  const match = /^\s*(\d{1,9})\s*((?:;[^;]*)*)$/.exec(headers.get('Session-Expires') ?? '');
  if (!match) return undefined;
  const [, seconds, parameters] = match;
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\s*(?:;|$)/i.exec(parameters)?.[1]?.toLowerCase();
  return {
    seconds: Number(seconds),
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined,
  };
}

/** One dialog's clock of RFC 4028 §10: when to refresh the session, and when it is over. */
export class SessionTimer {
  readonly #timers: Timers;
  readonly #refresh: () => void;
  readonly #expire: () => void;
  #seconds = 0;
  #weRefresh = false;
  #stopRefresh: Cancel = noTimer;
  #stopExpiry: Cancel = noTimer;

  /** `refresh`: it is our turn to. `expire`: nobody did in time. */
  constructor(timers: Timers, on: { refresh: () => void; expire: () => void }) {
    this.#timers = timers;
    this.#refresh = on.refresh;
    this.#expire = on.expire;
  }

  get seconds(): number {
    return this.#seconds;
  }

  get weRefresh(): boolean {
    return this.#weRefresh;
  }

  /** A 2xx says how long the session lasts from now on. */
  start(seconds: number, weRefresh: boolean): void {
    this.stop();
    this.#seconds = Math.min(Math.max(seconds, leastInterval), longestInterval);
    this.#weRefresh = weRefresh;
    // RFC 4028 §10: who refreshes does it after half of the time; who waits gives up a little before the end, so
    // that its BYE does not come to a peer that has forgotten the call: by a third, at most by 32 s.
    const patience = this.#seconds - Math.min(32, this.#seconds / 3);
    this.#stopExpiry = this.#timers.after(patience * 1000, this.#expire);
    if (weRefresh) this.refreshAfter((this.#seconds / 2) * 1000);
  }

  /** The peer wants an interval of at least so many seconds; what runs goes on. */
  lengthen(seconds: number): void {
    this.#seconds = Math.min(Math.max(this.#seconds, seconds), longestInterval);
  }

  /** A refresh could not be done, or failed in a way that may pass. */
  refreshAfter(ms: number): void {
    this.#stopRefresh();
    this.#stopRefresh = this.#timers.after(ms, this.#refresh);
  }

  stop(): void {
    this.#stopRefresh();
    this.#stopExpiry();
  }
}
