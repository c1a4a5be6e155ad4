import { MediaError } from '../errors.ts';
import type { AudioCodec, HearSource, LegMediaConfig, LegStats } from '../ports.ts';
import type { NodeChannel } from './client.ts';
import type { LegAddress } from './protocol.ts';

export interface RemoteLegEvents {
  digit: [digit: string];
  silent: [ms: number];
  mutedByHost: [muted: boolean];
  link: [state: 'lost' | 'restored' | 'removed' | 'room-deleted' | 'unreachable'];
  lost: [];
}

type Listeners = { [E in keyof RemoteLegEvents]: ((...args: RemoteLegEvents[E]) => void)[] };

interface Play {
  readonly resolve: (how: 'finished' | 'stopped') => void;
  readonly reject: (error: MediaError) => void;
}

/** A join waits for the SFU: the node's own deadline comes first. */
const joinDeadlineMs = 15_000;

/** Longer than any PIN. */
const mostEarlyDigits = 32;

/** A leg on a media node, as the gateway holds it. After `close` or `lost` nothing more is said. */
export class RemoteLeg {
  readonly id: string;
  readonly local: LegAddress;
  readonly #channel: NodeChannel;
  readonly #onClosed: () => void;
  readonly #listeners: Listeners = { digit: [], silent: [], mutedByHost: [], link: [], lost: [] };
  readonly #plays = new Map<number, Play>();
  /** Typed before anybody listened: a device may dial on as soon as it is answered. */
  readonly #early: string[] = [];
  #nextPlay = 1;
  #closing: Promise<void> | null = null;

  constructor(id: string, local: LegAddress, channel: NodeChannel, onClosed: () => void) {
    this.id = id;
    this.local = local;
    this.#channel = channel;
    this.#onClosed = onClosed;
  }

  on<E extends keyof RemoteLegEvents>(event: E, listener: (...args: RemoteLegEvents[E]) => void): void {
    this.#listeners[event].push(listener);
    if (event !== 'digit') return;
    for (const digit of this.#early.splice(0)) this.emit('digit', digit);
  }

  emit<E extends keyof RemoteLegEvents>(event: E, ...args: RemoteLegEvents[E]): void {
    if (this.#closing) return;
    const listeners = this.#listeners[event];
    if (event === 'digit' && listeners.length === 0) {
      const [digit] = args as RemoteLegEvents['digit'];
      if (this.#early.length < mostEarlyDigits) this.#early.push(digit);
    }
    for (const listener of listeners) listener(...args);
  }

  async configure(config: LegMediaConfig): Promise<void> {
    await this.#channel.call('configureLeg', {
      leg: this.id,
      config: { ...config, dtmfPayloadTypes: [...config.dtmfPayloadTypes], ptimeMs: ptimeOf(config) },
    });
  }

  /** Resolves when it is over, `stopped` also when the leg or its node ends. Rejects with PROMPT_UNREADABLE. */
  play(
    files: readonly string[],
    options: { loop?: boolean; signal?: AbortSignal } = {},
  ): Promise<'finished' | 'stopped'> {
    const { loop = false, signal } = options;
    if (signal?.aborted || this.#closing || this.#channel.closed) return Promise.resolve('stopped');
    const play = this.#nextPlay++;
    const stop = () => {
      this.#channel.call('stopPlaying', { leg: this.id, play }).catch(() => undefined);
      this.played(play, 'stopped');
    };
    return new Promise<'finished' | 'stopped'>((resolve, reject) => {
      this.#plays.set(play, { resolve, reject });
      signal?.addEventListener('abort', stop, { once: true });
      this.#channel.call('play', { leg: this.id, play, files: [...files], loop }).catch((error: unknown) => {
        if (!this.#plays.delete(play)) return;
        reject(error instanceof Error ? error : new MediaError('INTERNAL', String(error)));
      });
    }).finally(() => signal?.removeEventListener('abort', stop));
  }

  /** The node says how a play ended. */
  played(play: number, how: 'finished' | 'stopped' | 'failed'): void {
    const waiting = this.#plays.get(play);
    if (!waiting) return;
    this.#plays.delete(play);
    if (how !== 'failed') {
      waiting.resolve(how);
      return;
    }
    waiting.reject(new MediaError('PROMPT_UNREADABLE', 'A prompt file can not be played; the log says why.'));
  }

  async hear(source: HearSource): Promise<void> {
    await this.#channel.call('hear', { leg: this.id, source });
  }

  join(join: {
    readonly room: string;
    readonly identity: string;
    readonly publish: 'auto' | 'opus';
  }): Promise<{ readonly participantSid: string; readonly codec: AudioCodec }> {
    const { room, identity, publish } = join;
    const params = { leg: this.id, room, identity, publish };
    return this.#channel.call('join', params, { deadlineMs: joinDeadlineMs });
  }

  async leave(): Promise<void> {
    await this.#channel.call('leave', { leg: this.id });
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#channel.call('setMuted', { leg: this.id, muted });
  }

  stats(): Promise<LegStats> {
    return this.#channel.call('legStats', { leg: this.id });
  }

  /** Idempotent; a node that is gone has closed it already. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  /** The node is gone. */
  lose(): void {
    this.emit('lost');
    this.#stopAll();
  }

  async #shut(): Promise<void> {
    this.#onClosed();
    this.#stopAll();
    if (this.#channel.closed) return;
    try {
      await this.#channel.call('closeLeg', { leg: this.id });
    } catch (error) {
      if (!(error instanceof MediaError) || error.code !== 'CONTROL_CLOSED') throw error;
    }
  }

  #stopAll(): void {
    for (const play of [...this.#plays.keys()]) this.played(play, 'stopped');
  }
}

/** Peers may ask for anything (RFC 4566 §6); these lengths are sent, others as 20 ms. */
function ptimeOf({ ptimeMs }: LegMediaConfig): 10 | 20 | 30 | 40 {
  return ptimeMs === 10 || ptimeMs === 30 || ptimeMs === 40 ? ptimeMs : 20;
}
