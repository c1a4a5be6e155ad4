import { MediaError } from '../errors.ts';
import type { CallOptions, Channel, Result } from './channel.ts';
import type { GatewayContract, NodeContract } from './protocol.ts';
import type { z } from 'zod';

export type NodeChannel = Channel<GatewayContract, NodeContract>;
type Calls = NodeContract['calls'];

interface Waiting {
  readonly resolve: (channel: NodeChannel) => void;
  readonly reject: (error: MediaError) => void;
}

export function isClosed(error: unknown): boolean {
  return error instanceof MediaError && error.code === 'CONTROL_CLOSED';
}

/**
 * The way to something on a media node, over the deaths of the node's processes: what is asked while there is
 * none, or of one that dies before it answers, waits for the next process and is asked of that.
 */
export class NodeWay {
  #channel: NodeChannel | null = null;
  readonly #waiting = new Set<Waiting>();
  #over = false;

  /** Null while no process can be asked. */
  get channel(): NodeChannel | null {
    return this.#channel;
  }

  /** There is a process again, and it knows what is asked of it. */
  up(channel: NodeChannel): void {
    if (this.#over || channel.closed) return;
    this.#channel = channel;
    for (const { resolve } of this.#takeWaiting()) resolve(channel);
  }

  down(): void {
    this.#channel = null;
  }

  /** For good: whoever waits gets CONTROL_CLOSED. Idempotent. */
  end(): void {
    this.#over = true;
    this.#channel = null;
    for (const { reject } of this.#takeWaiting()) reject(gone());
  }

  /** A process to ask; CONTROL_CLOSED when none comes in time. */
  async within(ms: number): Promise<NodeChannel> {
    if (this.#channel) return this.#channel;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const waiting = this.#wait({ resolve, reject });
        timer = setTimeout(() => {
          this.#waiting.delete(waiting);
          reject(new MediaError('CONTROL_CLOSED', `No media node process came within ${ms} ms.`));
        }, ms);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async call<N extends keyof Calls>(
    name: N,
    params: z.input<Calls[N]['params']>,
    options?: CallOptions,
  ): Promise<Result<NodeContract, N>> {
    for (;;) {
      const channel = this.#channel ?? (await this.#next());
      try {
        return await channel.call(name, params, options);
      } catch (error) {
        if (!isClosed(error) || this.#channel === channel) throw error;
      }
    }
  }

  #next(): Promise<NodeChannel> {
    return new Promise((resolve, reject) => this.#wait({ resolve, reject }));
  }

  #wait(waiting: Waiting): Waiting {
    if (this.#over) waiting.reject(gone());
    else this.#waiting.add(waiting);
    return waiting;
  }

  #takeWaiting(): Waiting[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }
}

function gone(): MediaError {
  return new MediaError('CONTROL_CLOSED', 'The media node does not carry this any more.');
}
