import type { LegLinkState } from './room-return.ts';

export interface RemoteLegEvents {
  digit: [digit: string];
  silent: [ms: number];
  heard: [];
  mutedByHost: [muted: boolean];
  cameraMutedByHost: [muted: boolean];
  link: [state: LegLinkState];
  /** The way to the peer carries less video than was agreed on, or all of it again. */
  videoLimited: [limited: boolean];
  /** The camera's key frame is wanted, and signalling has to ask for it. */
  keyFrameWanted: [];
  /** There will be no media: no way to the peer was found, or no keys could be agreed. */
  failed: [reason: 'no-media-path' | 'encryption-failed'];
  lost: [];
}

type Listeners = { [E in keyof RemoteLegEvents]: ((...args: RemoteLegEvents[E]) => void)[] };
type Early = { [E in keyof RemoteLegEvents]: RemoteLegEvents[E][] };

/** An empty list for each event. */
const none = () => ({
  digit: [],
  silent: [],
  heard: [],
  mutedByHost: [],
  cameraMutedByHost: [],
  link: [],
  videoLimited: [],
  keyFrameWanted: [],
  failed: [],
  lost: [],
});

/** Longer than any PIN. */
const mostEarlyDigits = 32;

/**
 * A leg's events. What happens before anybody listens is told to the first who does: a device may dial on, or find no
 * way for its media, as soon as it is answered. Of digits that is all of them, of the others how it stands then.
 */
export class LegEvents {
  readonly #listeners: Listeners = none();
  readonly #early: Early = none();
  #closed = false;

  on<E extends keyof RemoteLegEvents>(event: E, listener: (...args: RemoteLegEvents[E]) => void): void {
    this.#listeners[event].push(listener);
    for (const args of this.#early[event].splice(0)) this.emit(event, ...args);
  }

  emit<E extends keyof RemoteLegEvents>(event: E, ...args: RemoteLegEvents[E]): void {
    if (this.#closed) return;
    const listeners = this.#listeners[event];
    if (listeners.length === 0) this.#keep(event, args);
    for (const listener of listeners) listener(...args);
  }

  /** Nothing more is said. */
  close(): void {
    this.#closed = true;
  }

  #keep<E extends keyof RemoteLegEvents>(event: E, args: RemoteLegEvents[E]): void {
    const early = this.#early[event];
    if (event !== 'digit') early.length = 0;
    if (event === 'heard') this.#early.silent.length = 0;
    if (event === 'silent') this.#early.heard.length = 0;
    if (early.length < mostEarlyDigits) early.push(args);
  }
}
