import type { DrainStore } from '../../gateway/ports.ts';

/** Drains in memory; `drained` outlives a gateway. */
export class FakeDrains implements DrainStore {
  readonly drained = new Set<string>();
  /** Null: it is there. */
  away: Error | null = null;

  list(): Promise<readonly string[]> {
    return this.away ? Promise.reject(this.away) : Promise.resolve([...this.drained]);
  }

  set(server: string, draining: boolean): Promise<void> {
    if (this.away) return Promise.reject(this.away);
    if (draining) this.drained.add(server);
    else this.drained.delete(server);
    return Promise.resolve();
  }
}
