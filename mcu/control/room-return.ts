import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '../errors.ts';
import { isClosed } from './way.ts';
import type { NodeChannel } from './way.ts';

export type LegLinkState = 'lost' | 'restored' | 'removed' | 'room-deleted' | 'unreachable';

export interface LegJoin {
  readonly room: string;
  readonly identity: string;
  readonly publish: 'auto' | 'opus';
}

/** A join waits for the SFU: the node's own deadline comes first. */
export const joinDeadlineMs = 15_000;
/** A shorter absence is a gap in the talk that needs no words. */
const wordlessMs = 2000;
/** As long as a link itself tries to come back (link/keeper.ts). */
const returnForMs = 60_000;
const firstPauseMs = 500;
const longestPauseMs = 5000;

/**
 * A caller's way back into its room after the media node's process died: the same identity joins again, which
 * takes the place of the dead process's participant.
 */
export class RoomReturn {
  readonly #leg: string;
  readonly #onLink: (state: LegLinkState) => void;
  #join: LegJoin | null = null;
  /** The caller was told that the room is lost. */
  #told = false;
  #tellTimer: NodeJS.Timeout | undefined;
  #interruptedMs = 0;

  constructor(leg: string, onLink: (state: LegLinkState) => void) {
    this.#leg = leg;
    this.#onLink = onLink;
  }

  joined(join: LegJoin): void {
    this.#join = join;
    this.#told = false;
  }

  left(): void {
    this.#join = null;
    clearTimeout(this.#tellTimer);
  }

  /** What the node says of the link. */
  linkIs(state: LegLinkState): void {
    if (state === 'lost' || state === 'restored') this.#told = state === 'lost';
    else this.left();
  }

  /** The node's process died. */
  interrupt(): void {
    if (!this.#join) return;
    this.#interruptedMs = performance.now();
    clearTimeout(this.#tellTimer);
    if (this.#told) return;
    this.#tellTimer = setTimeout(() => {
      this.#told = true;
      this.#onLink('lost');
    }, wordlessMs);
  }

  /** Joins again by a new process, or says that it can't be done; never rejects. */
  async rejoin(channel: NodeChannel): Promise<void> {
    const join = this.#join;
    if (!join) return;
    const until = this.#interruptedMs + returnForMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      const error: unknown = await channel
        .call('join', { leg: this.#leg, ...join }, { deadlineMs: joinDeadlineMs })
        .then(
          () => null,
          (reason: unknown) => reason,
        );
      // Left meanwhile, or the next process's business.
      if (this.#join !== join || isClosed(error)) return;
      if (error === null) {
        this.#isBack();
        return;
      }
      if (performance.now() > until || !mayPass(error)) {
        this.left();
        this.#onLink('unreachable');
        return;
      }
      await sleep(pauseMs);
      if (this.#join !== join || channel.closed) return;
    }
  }

  #isBack(): void {
    clearTimeout(this.#tellTimer);
    if (!this.#told) return;
    this.#told = false;
    this.#onLink('restored');
  }
}

function mayPass(error: unknown): boolean {
  return (
    error instanceof MediaError && (error.code === 'ROOM_UNAVAILABLE' || error.code === 'CONTROL_TIMEOUT')
  );
}
