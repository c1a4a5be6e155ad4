import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { LiveCall, Log } from '../ports.ts';
import type { Db } from './schema.ts';

/** Keeps in the database which calls this gateway has, for whoever has to end them should it die. */
export class LiveCalls {
  readonly #db: Db;
  readonly #instance: string;
  readonly #log: Log;
  readonly #calls = new Map<string, LiveCall>();
  /** What the database does not know yet. */
  readonly #unwritten = new Set<string>();
  #writing: Promise<void> | null = null;
  /** Before that nothing may be written: calls without a lease would be taken for lost. */
  #hasLease = false;

  constructor(db: Db, instance: string, log: Log) {
    this.#db = db;
    this.#instance = instance;
    this.#log = log;
  }

  /** Never waits. */
  note(call: LiveCall): void {
    this.#calls.set(call.id, call);
    this.#unwritten.add(call.id);
    this.flush();
  }

  /** The gateway has its lease. */
  begin(): void {
    this.#hasLease = true;
    this.flush();
  }

  /** It is over; whoever writes its record removes it from the database, too. */
  forget(id: string): void {
    this.#calls.delete(id);
    this.#unwritten.delete(id);
  }

  /** All have to be written again: somebody may have taken them for lost. */
  renew(): void {
    for (const id of this.#calls.keys()) this.#unwritten.add(id);
    this.flush();
  }

  /** Writes what could not be written so far. In a turn of its own, since an embedded database writes synchronously. */
  flush(): void {
    if (this.#hasLease && this.#unwritten.size > 0) this.#writing ??= nextTurn().then(() => this.#write());
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    const ids = [...this.#unwritten];
    this.#unwritten.clear();
    const rows = ids.flatMap((id) => {
      const call = this.#calls.get(id);
      return call
        ? [{ id, instance: this.#instance, call: JSON.stringify(call).replaceAll('\\u0000', '\\ufffd') }]
        : [];
    });
    try {
      if (rows.length > 0)
        await this.#db
          .insertInto('live_calls')
          .values(rows)
          .onConflict((conflict) =>
            conflict.column('id').doUpdateSet((row) => ({
              instance: row.ref('excluded.instance'),
              call: row.ref('excluded.call'),
            })),
          )
          .execute();
      this.#writing = null;
      this.flush();
    } catch (error) {
      // The next heartbeat of the lease tries again.
      for (const { id } of rows) if (this.#calls.has(id)) this.#unwritten.add(id);
      this.#writing = null;
      this.#log.debug({ cause: messageOf(error) }, 'live calls are not written yet');
    }
  }
}
