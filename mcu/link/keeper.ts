/** Keeps a link's session alive: joins, and joins afresh with back-off until the room ends it or time is up. */
import { withDeadline } from '../deadline.ts';
import type { LinkEnd, Log } from '../ports.ts';
import { LinkError } from './errors.ts';
import type { SessionOver } from './leave.ts';
import { pause } from './waits.ts';

/** One attempt: socket, join, offer and answer, ICE and DTLS. */
const JOIN_DEADLINE_MS = 10_000;
const FIRST_JOIN_ATTEMPTS = 3;
/** Longer than an SFU's restart, shorter than a caller's patience. */
const REJOIN_FOR_MS = 60_000;
const BACKOFF_MS = { first: 250, most: 5000 };
/** A session that lived this long was a good one: the next loss starts at the shortest back-off again. */
const STABLE_MS = 10_000;

export interface Session {
  close(): Promise<void>;
}

export interface KeeperOptions<S extends Session> {
  readonly open: (onOver: (over: SessionOver) => void, signal: AbortSignal) => Promise<S>;
  readonly onState: (state: 'lost' | 'restored') => void;
  readonly onEnd: (end: LinkEnd) => void;
  readonly log: Log;
}

export class Keeper<S extends Session> {
  readonly #options: KeeperOptions<S>;
  readonly #closing = new AbortController();
  #current: S | null = null;
  #openedAtMs = 0;
  #attempt = 0;
  #background: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions<S>) {
    this.#options = options;
  }

  /** The session that lives; null while there is none. */
  get current(): S | null {
    return this.#current;
  }

  /** The first join: tried again only where that may help. Rejects with a LinkError or the signal's reason. */
  async start(signal: AbortSignal): Promise<S> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#open(signal);
      } catch (error) {
        signal.throwIfAborted();
        if (attempt >= FIRST_JOIN_ATTEMPTS || !isRetryable(error)) throw error;
        this.#options.log.debug({ attempt, cause: sentence(error) }, 'joining the room failed, trying again');
        await pause(backoffMs(attempt), signal);
      }
    }
  }

  async #open(signal: AbortSignal): Promise<S> {
    const opening: { session: S | null; early: SessionOver | null } = { session: null, early: null };
    const onOver = (over: SessionOver): void => {
      if (opening.session === null) opening.early = over;
      else this.#over(opening.session, over);
    };
    const session = await withDeadline(JOIN_DEADLINE_MS, [signal, this.#closing.signal], (deadline) =>
      this.#options.open(onOver, deadline),
    );
    if (signal.aborted || this.#closing.signal.aborted) {
      await session.close();
      throw new LinkError('LINK_LOST', 'the link was closed while it joined');
    }
    opening.session = session;
    this.#current = session;
    this.#openedAtMs = performance.now();
    if (opening.early !== null) this.#over(session, opening.early);
    return session;
  }

  #over(session: S, over: SessionOver): void {
    if (this.#current !== session || this.#closing.signal.aborted) return;
    this.#current = null;
    this.#background = this.#replace(session, over);
  }

  async #replace(old: S, over: SessionOver): Promise<void> {
    if (over.kind === 'end') {
      this.#closing.abort();
      this.#options.onEnd(over.end);
      await old.close();
      return;
    }
    this.#options.log.warn({ cause: over.cause }, 'room link lost');
    this.#options.onState('lost');
    if (performance.now() - this.#openedAtMs > STABLE_MS) this.#attempt = 0;
    await old.close();
    const end = await this.#rejoin();
    if (this.#closing.signal.aborted) return;
    if (end === null) {
      this.#options.log.info({}, 'room link restored');
      this.#options.onState('restored');
    } else {
      this.#closing.abort();
      this.#options.log.error({ end }, 'room link given up');
      this.#options.onEnd(end);
    }
  }

  /** Null once a new session lives, else why there will be none. */
  async #rejoin(): Promise<LinkEnd | null> {
    const closing = this.#closing.signal;
    const until = performance.now() + REJOIN_FOR_MS;
    while (performance.now() < until) {
      this.#attempt += 1;
      try {
        await pause(backoffMs(this.#attempt), closing);
        await this.#open(closing);
        return null;
      } catch (error) {
        if (closing.aborted) return 'closed';
        this.#options.log.debug(
          { attempt: this.#attempt, cause: sentence(error) },
          'rejoining the room failed',
        );
        if (!isRetryable(error))
          return error instanceof LinkError ? (error.end ?? 'unreachable') : 'unreachable';
      }
    }
    return 'unreachable';
  }

  /** Leaves; no callback is called any more. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    const session = this.#current;
    this.#current = null;
    await session?.close();
    await this.#background;
  }
}

function isRetryable(error: unknown): boolean {
  return !(error instanceof LinkError) || error.retryable;
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Spread, because a node's callers all lose the same SFU at the same moment. */
function backoffMs(attempt: number): number {
  const most = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** (attempt - 1));
  return most * (0.5 + Math.random() / 2);
}
