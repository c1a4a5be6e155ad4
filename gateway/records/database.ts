import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, Migrator, PostgresDialect, sql } from 'kysely';
import Libsql from 'libsql';
import pg from 'pg';
import type { Log } from '../ports.ts';
import { Door } from './door.ts';
import { DatabaseUnavailable } from './errors.ts';
import { migrationProvider } from './migrations.ts';
import type { Db, Tables } from './schema.ts';
import { Sqlite } from './sqlite.ts';

export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  /** For everybody; refuses all until it is open. */
  readonly db: Db;
  /** To read by, without waiting for a transaction of `db` to end. */
  readonly reader: Db;
  /** For what has to be done before it is open. */
  readonly bare: Db;
  /** As the server says it; null: it was never reached. */
  version(): string | null;
  /** Brings its tables up to date; may be tried again. Throws what the database says. */
  prepare(): Promise<void>;
  open(): void;
  /** Idempotent. */
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
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const database = connectDatabase(options);
  try {
    await database.prepare();
    database.open();
    return database;
  } catch (error) {
    await database.close();
    throw error instanceof DatabaseUnavailable
      ? error
      : new DatabaseUnavailable('the database can’t be reached', error);
  }
}

/** PostgreSQL may be away: it is asked for nothing before `prepare`. Throws `DatabaseUnavailable` for SQLite. */
export function connectDatabase({ url, dataFolder, log }: DatabaseOptions): Database {
  return url === '' ? sqliteDatabase(dataFolder) : postgresDatabase(url, log);
}

function sqliteDatabase(dataFolder: string): Database {
  const db = openSqlite(dataFolder);
  // With the write-ahead log, readers see what is committed and wait for nobody.
  const reader = kyselyOf(databaseFile(dataFolder), 'PRAGMA query_only = ON;');
  const shut = async (): Promise<void> => {
    await reader.destroy();
    await db.destroy();
  };
  return { ...prepared(db, 'sqlite', shut), db, reader, open: () => undefined };
}

function postgresDatabase(url: string, log: Log): Database {
  const pool = openPool(url, log);
  const door = new Door(pool);
  const bare = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: door }) });
  return {
    ...prepared(bare, 'postgres', () => bare.destroy()),
    db,
    reader: db,
    open: () => {
      door.open();
    },
  };
}

/** What is the same of both. */
function prepared(
  bare: Db,
  kind: Database['kind'],
  shut: () => Promise<void>,
): Pick<Database, 'kind' | 'bare' | 'version' | 'prepare' | 'close'> {
  let version: string | null = null;
  let closing: Promise<void> | null = null;
  return {
    kind,
    bare,
    version: () => version,
    async prepare() {
      version = await versionOf(bare, kind);
      await migrate(bare);
    },
    close: () => (closing ??= shut()),
  };
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
    return kyselyOf(
      path,
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;',
    );
  } catch (error) {
    throw new DatabaseUnavailable(`the database ${path} can’t be opened`, error);
  }
}

function kyselyOf(path: string, pragmas: string): Db {
  const sqlite = new Libsql(path);
  sqlite.exec(`PRAGMA busy_timeout = ${statementMs}; ${pragmas}`);
  return new Kysely<Tables>({ dialect: new Sqlite(sqlite) });
}

export function openPostgres(url: string, log: Log): Db {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: openPool(url, log) }) });
}

function openPool(url: string, log: Log): pg.Pool {
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
  return pool;
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
