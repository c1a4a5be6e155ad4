import { SqliteDialect, SqliteDriver } from 'kysely';
import type { DatabaseConnection, Driver, SqliteDatabase } from 'kysely';
import { messageOf } from '../errors.ts';

/** SQLite for Kysely, whose own driver hides why a transaction failed when SQLite has ended it by itself. */
export class Sqlite extends SqliteDialect {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    return new PlainSpokenDriver({ database: this.#database });
  }
}

class PlainSpokenDriver extends SqliteDriver {
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      // A full disk rolls back at once (sqlite.org/lang_transaction.html, 3); the first error is the one to tell.
      if (!messageOf(error).includes('no transaction is active')) throw error;
    }
  }
}
