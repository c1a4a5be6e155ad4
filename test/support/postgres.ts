import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from '../../gateway/config/ports-in-use.ts';

/** Debian keeps PostgreSQL's programs out of PATH. */
const debianFolder = '/usr/lib/postgresql';
const startDeadlineMs = 30_000;

export interface TestPostgres {
  /** `postgres://…` of an empty database. */
  readonly url: string;
  /** True: a server of our own, which a test may stop and start. */
  readonly managed: boolean;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, if it does not run. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Says what is missing for tests with PostgreSQL, or null when they can run. */
export function missingForPostgres(): string | null {
  if (process.env.TEST_DATABASE_URL !== undefined) return null;
  if (findPostgresPrograms() === null)
    return 'no PostgreSQL: install Debian’s postgresql, or set TEST_DATABASE_URL';
  if (postgresAccount() === null) return 'PostgreSQL does not run as root: add a user "postgres" or "nobody"';
  return null;
}

/** A fresh database on the server that TEST_DATABASE_URL names, or on one of our own on loopback. */
export async function startPostgres(): Promise<TestPostgres> {
  const named = process.env.TEST_DATABASE_URL;
  return named === undefined ? await ownServer() : await foreignServer(named);
}

async function foreignServer(server: string): Promise<TestPostgres> {
  const name = `gateway_test_${process.pid}_${Date.now()}`;
  const administer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await administer(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const notOurs = () => Promise.reject(new Error('this PostgreSQL is not ours to stop'));
  return {
    url: url.href,
    managed: false,
    kill: notOurs,
    restart: notOurs,
    close: () => administer(`drop database ${name} with (force)`),
  };
}

async function ownServer(): Promise<TestPostgres> {
  const programs = findPostgresPrograms();
  const account = postgresAccount();
  if (programs === null || account === null) throw new Error(missingForPostgres() ?? 'no PostgreSQL');
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const initdb = ['--auth=trust', '--username=gateway', '--encoding=UTF8', '--no-sync', '--no-instructions'];
  execFileSync(join(programs, 'initdb'), [...initdb, '-D', data], { ...account, cwd: folder, stdio: 'pipe' });

  const port = await freePort('127.0.0.1');
  const url = `postgres://gateway@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | null = null;
  const isRunning = (): boolean => server !== null && server.exitCode === null && server.signalCode === null;
  const start = async (): Promise<void> => {
    if (isRunning()) return;
    const settings = ['fsync=off', 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`];
    server = spawn(
      join(programs, 'postgres'),
      ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      { ...account, cwd: folder, stdio: 'ignore' },
    );
    await untilReady(url, server);
  };
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === null || !isRunning()) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  await start();
  return {
    url,
    managed: true,
    // SIGQUIT is PostgreSQL's immediate shutdown: no farewell, recovery at the next start (SIGKILL would leave children behind).
    kill: () => stop('SIGQUIT'),
    restart: start,
    close: async () => {
      await stop('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The folder of the newest version's programs; null: none is installed. */
export function findPostgresPrograms(): string | null {
  if (!existsSync(debianFolder)) return null;
  const versions = readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a));
  return (
    versions
      .map((version) => join(debianFolder, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres'))) ?? null
  );
}

/** Whom the server runs as: ourselves, or somebody else when we are root; null: there is nobody. */
export function postgresAccount(): { uid: number; gid: number } | null {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? uid };
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (kind: string) => Number(execFileSync('id', [kind, name], { stdio: 'pipe' }).toString());
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // There is no such user; try the next.
    }
  }
  return null;
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const deadline = AbortSignal.timeout(startDeadlineMs);
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.query('select 1');
      await client.end();
      return;
    } catch (error) {
      if (server.exitCode !== null) throw new Error('PostgreSQL ended at its start', { cause: error });
      deadline.throwIfAborted();
      await pause(50);
    }
  }
}
