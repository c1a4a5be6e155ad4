import type { Clock, GuessGuard } from '../ports.ts';

export interface GuessLimits {
  /** Wrong PINs of one source before it is slowed. */
  readonly freeMisses: number;
  /** Wrong PINs before it is blocked. */
  readonly blockAfter: number;
  /** Misses older than this are forgotten. */
  readonly windowMinutes: number;
}

/** Times of a source's misses, monotonic ms, oldest first; at most `blockAfter` of them. */
export type Misses = readonly number[];

const firstDelayMs = 1_000;
const longestDelayMs = 30_000;

/** How long after `nowMs` the next try may come: it doubles with each miss past the free ones. Pure. */
export function delayAfter(misses: Misses, nowMs: number, limits: GuessLimits): number {
  const recent = within(misses, nowMs, limits);
  if (recent.length >= limits.blockAfter) return Infinity;
  const counted = recent.length - limits.freeMisses;
  const last = recent.at(-1);
  if (counted <= 0 || last === undefined) return 0;
  const delayMs = Math.min(firstDelayMs * 2 ** (counted - 1), longestDelayMs);
  return Math.max(0, last + delayMs - nowMs);
}

/** One more miss. Those of a blocked source count too, so that it stays blocked while it tries on. */
export function afterMiss(misses: Misses, nowMs: number, limits: GuessLimits): Misses {
  return [...within(misses, nowMs, limits), nowMs].slice(-limits.blockAfter);
}

/**
 * A right PIN forgives the last wrong one: honest people type more right than wrong, also when many share an
 * address. Whoever knows one PIN gains no more than one guess by each use of it.
 */
export function afterHit(misses: Misses, nowMs: number, limits: GuessLimits): Misses {
  return within(misses, nowMs, limits).slice(0, -1);
}

function within(misses: Misses, nowMs: number, limits: GuessLimits): Misses {
  const since = nowMs - limits.windowMinutes * 60_000;
  return misses.filter((atMs) => atMs > since);
}

/** Some 10 MB at most. A stranger who fakes more numbers than this drives out the oldest ones. */
const maxSources = 50_000;

/** Keeps misses in memory, per tenant and source. */
export class MemoryGuessGuard implements GuessGuard {
  readonly #limits: GuessLimits;
  readonly #clock: Clock;
  readonly #maxSources: number;
  /** In the order of the last miss or hit, so that the first is the one to forget. */
  readonly #misses = new Map<string, Misses>();

  constructor(options: { limits: GuessLimits; clock: Clock; maxSources?: number }) {
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#maxSources = options.maxSources ?? maxSources;
  }

  /** Sources that are remembered. */
  get size(): number {
    return this.#misses.size;
  }

  delayMs(tenant: string, source: string): number {
    const misses = this.#misses.get(keyOf(tenant, source)) ?? [];
    return delayAfter(misses, this.#clock.monotonicMs(), this.#limits);
  }

  missed(tenant: string, source: string): void {
    this.#update(tenant, source, afterMiss);
  }

  hit(tenant: string, source: string): void {
    this.#update(tenant, source, afterHit);
  }

  #update(tenant: string, source: string, transition: typeof afterMiss): void {
    const key = keyOf(tenant, source);
    const misses = transition(this.#misses.get(key) ?? [], this.#clock.monotonicMs(), this.#limits);
    this.#misses.delete(key);
    if (misses.length > 0) this.#misses.set(key, misses);
    if (this.#misses.size <= this.#maxSources) return;
    const [oldest] = this.#misses.keys();
    this.#misses.delete(oldest);
  }
}

/** A tenant's name holds no NUL. A source comes from the wire: what is beyond any number is cut. */
function keyOf(tenant: string, source: string): string {
  return `${tenant}\0${source.slice(0, 128)}`;
}
