import { existsSync } from 'node:fs';
import { Migrator, sql } from 'kysely';
import { databaseFile, openSqlite, openPostgres, versionOf } from './database.ts';
import type { DatabaseOptions } from './database.ts';
import { migrationProvider } from './migrations.ts';

/** What a database says of itself. */
export interface DatabaseLook {
  readonly version: string;
  /** Changes of its tables that this version brings and that are not made yet. */
  readonly pending: readonly string[];
  /** Its clock, ms since 1970; null: it has none of its own. */
  readonly clockMs: number | null;
}

/** Looks and changes nothing; null: there is no database yet. Throws what the database says. */
export async function lookAtDatabase(options: DatabaseOptions): Promise<DatabaseLook | null> {
  const kind = options.url === '' ? 'sqlite' : 'postgres';
  if (kind === 'sqlite' && !existsSync(databaseFile(options.dataFolder))) return null;
  const db = kind === 'sqlite' ? openSqlite(options.dataFolder) : openPostgres(options.url, options.log);
  try {
    const version = await versionOf(db, kind);
    const all = await new Migrator({ db, provider: migrationProvider }).getMigrations();
    // Shows that it can be written, and leaves nothing.
    if (kind === 'sqlite')
      await db.connection().execute(async (one) => {
        await sql`begin immediate`.execute(one);
        await sql`rollback`.execute(one);
      });
    return {
      version,
      pending: all.filter(({ executedAt }) => !executedAt).map(({ name }) => name),
      clockMs: kind === 'sqlite' ? null : await clockOf(db),
    };
  } finally {
    await db.destroy();
  }
}

async function clockOf(db: ReturnType<typeof openPostgres>): Promise<number | null> {
  const query = sql<{ ms: string }>`select (extract(epoch from clock_timestamp()) * 1000)::text as ms`;
  const { rows } = await query.execute(db);
  return rows.length === 0 ? null : Number(rows[0].ms);
}
