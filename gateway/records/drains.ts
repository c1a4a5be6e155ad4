import type { DrainStore } from '../ports.ts';
import { DatabaseUnavailable } from './errors.ts';
import type { Db } from './schema.ts';

/** Which FreeSWITCHes are drained, for all gateways on the database and their next runs. */
export class Drains implements DrainStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async list(): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom('drained_mixers').select('server').execute();
    return rows.map(({ server }) => server);
  }

  async set(server: string, draining: boolean): Promise<void> {
    try {
      if (draining) await this.#add(server);
      else await this.#db.deleteFrom('drained_mixers').where('server', '=', server).execute();
    } catch (error) {
      throw new DatabaseUnavailable('a drain can’t be kept', error);
    }
  }

  async #add(server: string): Promise<void> {
    await this.#db
      .insertInto('drained_mixers')
      .values({ server, drained_at: new Date().toISOString() })
      .onConflict((conflict) => conflict.column('server').doNothing())
      .execute();
  }
}
