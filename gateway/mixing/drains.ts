import { messageOf } from '../errors.ts';
import type { DrainStore, Log } from '../ports.ts';

export interface DrainsOptions {
  readonly servers: readonly { readonly name: string; draining: boolean }[];
  readonly store: DrainStore;
  readonly log: Log;
  /** How soon a drain that another gateway was told of counts here; default 5 s. */
  readonly followMs?: number;
}

/** Servers are as drained as the store says, whichever gateway was told so, and in whichever run. */
export class FollowedDrains {
  readonly #options: DrainsOptions;
  readonly #timer: NodeJS.Timeout;
  /** Counts what was changed here: what was read before is old. */
  #changes = 0;
  #reading: Promise<void> | null = null;
  #warned = false;

  constructor(options: DrainsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.follow(), options.followMs ?? 5000);
    this.#timer.unref();
  }

  /** False: no such server. Throws what the store throws; then nothing has changed. */
  async set(name: string, draining: boolean): Promise<boolean> {
    const { servers, store } = this.#options;
    const server = servers.find((one) => one.name === name);
    if (!server) return false;
    await store.set(name, draining);
    this.#changes += 1;
    this.#is(server, draining);
    return true;
  }

  /** Reads the store; while that can't be, all stay as they are. */
  follow(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** Idempotent. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    const { servers, store, log } = this.#options;
    const changes = this.#changes;
    try {
      const drained = await store.list();
      this.#warned = false;
      if (changes === this.#changes)
        for (const server of servers) this.#is(server, drained.includes(server.name));
    } catch (error) {
      if (!this.#warned) log.warn({ cause: messageOf(error) }, 'drains of FreeSWITCH can not be read');
      this.#warned = true;
    }
  }

  #is(server: { readonly name: string; draining: boolean }, draining: boolean): void {
    if (server.draining === draining) return;
    server.draining = draining;
    this.#options.log.info({ server: server.name, draining }, 'FreeSWITCH drained or taken back');
  }
}
