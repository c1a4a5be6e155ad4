import { randomUUID } from 'node:crypto';
import { maskUser } from '../observe/mask.ts';
import type { Clock, GuessGuard, GuessView } from '../ports.ts';

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

/** When somebody who is blocked may try again: monotonic ms. */
function blockEnd(misses: Misses, { blockAfter, windowMinutes }: GuessLimits): number {
  return (misses.at(-blockAfter) ?? 0) + windowMinutes * 60_000;
}

/** Some 10 MB at most. A stranger who fakes more numbers than this drives out the oldest ones. */
const maxSources = 50_000;

/** Who was blocked just now. */
export interface Blocked {
  readonly tenant: string;
  readonly source: string;
  readonly misses: number;
  readonly until: string;
}

interface MemoryGuessGuardOptions {
  readonly limits: GuessLimits;
  readonly clock: Clock;
  readonly maxSources?: number;
  /** Once for each block. */
  readonly onBlocked?: (blocked: Blocked) => void;
}

interface Source {
  readonly id: string;
  readonly tenant: string;
  readonly source: string;
  readonly misses: Misses;
}

/** Keeps misses in memory, per tenant and source. */
export class MemoryGuessGuard implements GuessGuard {
  readonly #limits: GuessLimits;
  readonly #clock: Clock;
  readonly #maxSources: number;
  readonly #onBlocked: (blocked: Blocked) => void;
  /** In the order of the last miss or hit, so that the first is the one to forget. */
  readonly #sources = new Map<string, Source>();

  constructor(options: MemoryGuessGuardOptions) {
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#maxSources = options.maxSources ?? maxSources;
    this.#onBlocked = options.onBlocked ?? (() => undefined);
  }

  /** Sources that are remembered. */
  get size(): number {
    return this.#sources.size;
  }

  delayMs(tenant: string, source: string): number {
    const { misses = [] } = this.#sources.get(keyOf(tenant, source)) ?? {};
    return delayAfter(misses, this.#clock.monotonicMs(), this.#limits);
  }

  missed(tenant: string, source: string): void {
    const before = this.delayMs(tenant, source);
    const { misses } = this.#update(tenant, source, afterMiss);
    if (before === Infinity || this.delayMs(tenant, source) !== Infinity) return;
    const until = this.#wallTime(blockEnd(misses, this.#limits));
    this.#onBlocked({ tenant, source, misses: misses.length, until });
  }

  hit(tenant: string, source: string): void {
    this.#update(tenant, source, afterHit);
  }

  list(): GuessView[] {
    const nowMs = this.#clock.monotonicMs();
    const views = [...this.#sources.values()].map((one) => this.#viewOf(one, nowMs));
    return views.filter((view) => view !== null).reverse();
  }

  lift(id: string): boolean {
    for (const [key, one] of this.#sources) if (one.id === id) return this.#sources.delete(key);
    return false;
  }

  /** Null: it may try at once. */
  #viewOf({ id, tenant, source, misses }: Source, nowMs: number): GuessView | null {
    const delayMs = delayAfter(misses, nowMs, this.#limits);
    if (delayMs === 0) return null;
    const recent = within(misses, nowMs, this.#limits);
    const isNumber = source.startsWith('number:');
    const shown = source.slice(source.indexOf(':') + 1);
    const blocked = delayMs === Infinity;
    return {
      ...{ id, tenant },
      kind: isNumber ? 'number' : 'address',
      source: isNumber ? maskUser(shown) : shown,
      misses: recent.length,
      state: blocked ? 'blocked' : 'slowed',
      lastAt: this.#wallTime(recent.at(-1) ?? nowMs),
      until: this.#wallTime(blocked ? blockEnd(recent, this.#limits) : nowMs + delayMs),
    };
  }

  #wallTime(monotonicMs: number): string {
    return new Date(this.#clock.nowMs() + monotonicMs - this.#clock.monotonicMs()).toISOString();
  }

  #update(tenant: string, source: string, transition: typeof afterMiss): Source {
    const key = keyOf(tenant, source);
    const known = this.#sources.get(key) ?? { id: randomUUID(), tenant, source: plain(source), misses: [] };
    const misses = transition(known.misses, this.#clock.monotonicMs(), this.#limits);
    const next = { ...known, misses };
    this.#sources.delete(key);
    if (misses.length > 0) this.#sources.set(key, next);
    if (this.#sources.size > this.#maxSources) {
      const [oldest] = this.#sources.keys();
      this.#sources.delete(oldest);
    }
    return next;
  }
}

/** A tenant's name holds no NUL. */
function keyOf(tenant: string, source: string): string {
  return `${tenant}\0${plain(source)}`;
}

/** A source comes from the wire: what is beyond any number is cut. */
function plain(source: string): string {
  return source.slice(0, 128);
}
