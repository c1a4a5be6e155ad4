import type { PostgresPool, PostgresPoolClient } from 'kysely';

/**
 * PostgreSQL's connections for everybody who has to wait until its tables are of this version and our name in it is
 * our own. Before that whoever comes is refused at once, instead of at the end of a time-out.
 */
export class Door implements PostgresPool {
  readonly #pool: PostgresPool;
  #isOpen = false;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  open(): void {
    this.#isOpen = true;
  }

  async connect(): Promise<PostgresPoolClient> {
    if (this.#isOpen) return this.#pool.connect();
    // No error of ours: each part has its own words for a database that does not answer.
    throw new Error('it can’t be used yet, part “records” at /readyz says why');
  }

  /** The pool has its own closer. */
  end(): Promise<void> {
    return Promise.resolve();
  }
}
