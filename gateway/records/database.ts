import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, Migrator, PostgresDialect, sql } from 'kysely';
import Libsql from 'libsql';
import pg from 'pg';
import type { Log } from '../ports.ts';
import { DatabaseUnavailable } from './errors.ts';
import { migrationProvider } from './migrations.ts';
import type { Db, Tables } from './schema.ts';
import { Sqlite } from './sqlite.ts';

export interface OpenDatabase {
  readonly db: Db;
  readonly kind: 'sqlite' | 'postgres';
  readonly version: string;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://…`; empty: SQLite in the data folder. */
  readonly url: string;
  readonly dataFolder: string;
  readonly log: Log;
}

/** How long a statement or a connection may take; a caller who types a PIN waits for it. */
const statementMs = 5_000;

/** Opens the database and brings its tables up to date. Throws `DatabaseUnavailable`. */
export async function openDatabase({ url, dataFolder, log }: DatabaseOptions): Promise<OpenDatabase> {
  const kind = url === '' ? 'sqlite' : 'postgres';
  const db = kind === 'sqlite' ? openSqlite(dataFolder) : openPostgres(url, log);
  try {
    const version = await versionOf(db, kind);
    await migrate(db);
    return { db, kind, version, close: () => db.destroy() };
  } catch (error) {
    await db.destroy();
    throw error instanceof DatabaseUnavailable
      ? error
      : new DatabaseUnavailable('the database can’t be reached', error);
  }
}

export function databaseFile(dataFolder: string): string {
  return join(dataFolder, 'gateway.db');
}

/** libsql has better-sqlite3's synchronous interface; statements here take microseconds. */
export function openSqlite(dataFolder: string): Db {
  const path = databaseFile(dataFolder);
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    // SQLite gives its WAL files the database's own mode: callers' numbers are for nobody else's eyes.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    const sqlite = new Libsql(path);
    sqlite.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA busy_timeout = ${statementMs};
      PRAGMA foreign_keys = ON;
    `);
    return new Kysely<Tables>({ dialect: new Sqlite(sqlite) });
  } catch (error) {
    throw new DatabaseUnavailable(`the database ${path} can’t be opened`, error);
  }
}

export function openPostgres(url: string, log: Log): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: statementMs,
    query_timeout: statementMs,
    statement_timeout: statementMs,
    keepAlive: true,
    application_name: 'interop-gateway',
  });
  // An idle connection's end is no failure of ours: the pool opens another. Unheard, it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'database closed an idle connection'));
  // Nor is one in the midst of a transaction, between two statements: its next one fails. The pool does not listen then.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ err: error }, 'database closed a connection'));
  });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

export async function versionOf(db: Db, kind: 'sqlite' | 'postgres'): Promise<string> {
  const query =
    kind === 'sqlite'
      ? sql<{ version: string }>`select sqlite_version() as version`
      : sql<{ version: string }>`select current_setting('server_version') as version`;
  const { rows } = await query.execute(db);
  return rows.at(0)?.version ?? 'unknown';
}

async function migrate(db: Db): Promise<void> {
  // Kysely takes a lock, so that gateways that start together take turns.
  const migrator = new Migrator({
    db,
    provider: migrationProvider,
    // Those of one month don't build on each other, and did not ship in the order of their names.
    allowUnorderedMigrations: true,
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    throw new DatabaseUnavailable('the database’s tables can’t be brought to this version', error);
  }
}
