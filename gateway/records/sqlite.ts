import { SqliteDialect, SqliteDriver } from 'kysely';
import type { DatabaseConnection, Driver, SqliteDatabase, SqliteStatement } from 'kysely';
import { messageOf } from '../errors.ts';

/** SQLite for Kysely, whose own driver hides why a transaction failed when SQLite has ended it by itself. */
export class Sqlite extends SqliteDialect {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    const prepared = new PreparedOnce(database);
    super({ database: prepared });
    this.#database = prepared;
  }

  override createDriver(): Driver {
    return new PlainSpokenDriver({ database: this.#database });
  }
}

const mostStatements = 100;

/** Keeps the statements that were used last: to prepare one takes longer than to look a row up with it. */
class PreparedOnce implements SqliteDatabase {
  readonly #database: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  prepare(sql: string): SqliteStatement {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > mostStatements) {
      const [oldest] = this.#statements.keys();
      this.#statements.delete(oldest);
    }
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
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
