import { MediaError } from '../errors.ts';
import { isClosed } from './way.ts';
import type { NodeChannel, NodeWay } from './way.ts';

interface Play {
  readonly id: number;
  readonly files: readonly string[];
  readonly loop: boolean;
  readonly resolve: (how: 'finished' | 'stopped') => void;
  readonly reject: (error: Error) => void;
}

/** What a leg on a media node is played: one thing at a time, begun again by the node's next process. */
export class RemotePrompts {
  readonly #leg: string;
  readonly #way: NodeWay;
  #play: Play | null = null;
  #nextPlay = 1;

  constructor(leg: string, way: NodeWay) {
    this.#leg = leg;
    this.#way = way;
  }

  /** See `RemoteLeg.play`. */
  play(
    files: readonly string[],
    { loop = false, signal }: { readonly loop?: boolean; readonly signal?: AbortSignal },
  ): Promise<'finished' | 'stopped'> {
    if (signal?.aborted) return Promise.resolve('stopped');
    const id = this.#nextPlay++;
    const stop = () => {
      if (this.#play?.id !== id) return;
      this.#way.channel?.call('stopPlaying', { leg: this.#leg, play: id }).catch(() => undefined);
      this.stop();
    };
    return new Promise<'finished' | 'stopped'>((resolve, reject) => {
      this.stop();
      const play = { id, files, loop, resolve, reject };
      this.#play = play;
      signal?.addEventListener('abort', stop, { once: true });
      // Without a process its next one is told.
      if (this.#way.channel) this.#send(this.#way.channel, play);
    }).finally(() => signal?.removeEventListener('abort', stop));
  }

  /** The node says how a play ended. */
  ended(id: number, how: 'finished' | 'stopped' | 'failed'): void {
    const play = this.#play;
    if (play?.id !== id) return;
    this.#play = null;
    if (how === 'failed')
      play.reject(new MediaError('PROMPT_UNREADABLE', 'A prompt file can not be played; the log says why.'));
    else play.resolve(how);
  }

  /** A new process is to go on with it. */
  goOn(channel: NodeChannel): void {
    if (this.#play) this.#send(channel, this.#play);
  }

  /** It counts as stopped, whatever the node does. */
  stop(): void {
    const play = this.#play;
    this.#play = null;
    play?.resolve('stopped');
  }

  #send(channel: NodeChannel, play: Play): void {
    const { id, files, loop } = play;
    channel.call('play', { leg: this.#leg, play: id, files: [...files], loop }).catch((error: unknown) => {
      if (this.#play !== play || isClosed(error)) return;
      this.#play = null;
      play.reject(error instanceof Error ? error : new MediaError('INTERNAL', String(error)));
    });
  }
}
