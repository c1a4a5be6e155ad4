import type { CandidatePair } from './check-list.ts';

/** RFC 7675 §5.1: asked every 5 s, less or more a fifth, and gone 30 s after the last answer. */
const askEveryMs = 5000;
const lostAfterMs = 30_000;

interface Given {
  untilMs: number;
  askMs: number;
}

/** Consent freshness: whether the peer still wants what we send. */
export class Consent {
  readonly #now: () => number;
  readonly #given = new WeakMap<CandidatePair, Given>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The peer answered there. */
  renew(pair: CandidatePair): void {
    const nowMs = this.#now();
    const given = this.#given.get(pair);
    if (given) given.untilMs = nowMs + lostAfterMs;
    else this.#given.set(pair, { untilMs: nowMs + lostAfterMs, askMs: nowMs + spread() });
  }

  /** Whether it is time to ask again; true once each time. */
  isDue(pair: CandidatePair): boolean {
    const given = this.#given.get(pair);
    const nowMs = this.#now();
    if (!given || nowMs < given.askMs) return false;
    given.askMs = nowMs + spread();
    return true;
  }

  isLost(pair: CandidatePair): boolean {
    return this.#now() > (this.#given.get(pair)?.untilMs ?? Infinity);
  }
}

function spread(): number {
  return askEveryMs * (0.8 + 0.4 * Math.random());
}
