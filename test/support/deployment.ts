/**
 * What docker-compose.yml starts, as processes on loopback: each service's own command line, environment and files
 * from `deploy/`, with its ports moved to free ones. Only what a container would give is ours.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { projectFolder } from '../../gateway/folders.ts';
import { cleanEnvironment } from './clean-environment.ts';
import { commandLine, environmentOf, filledCompose, shippedText } from './compose-file.ts';
import type { ComposeService, Variables } from './compose-file.ts';
import { findDrachtioServer } from './drachtio-server.ts';
import { findOnPath } from './find-program.ts';
import { findFreeSwitch } from './find-freeswitch.ts';
import { findLiveKitBinary } from './livekit.ts';
import { findPostgresPrograms, postgresAccount } from './postgres.ts';
import { until } from './until.ts';

/** The ports that the files name. */
const known = {
  esl: 8021,
  mixer: 5080,
  admin: 9022,
  livekit: 7880,
  tcp: 7881,
  udp: 7882,
  redis: 6379,
  postgres: 5432,
} as const;
type Ports = Readonly<Record<keyof typeof known, number>>;

export const missingForRedis =
  findOnPath('redis-server') === null ? 'no Redis: install Debian’s redis-server' : null;

/** A service of ours that runs. */
export interface Running {
  /** All that it wrote so far. */
  log(): string;
  readonly pid: number;
  exitCode(): number | null;
  /** Asks it to end, as a container is asked, and waits. */
  stop(): Promise<void>;
}

export class Deployment {
  readonly folder = mkdtempSync(join(tmpdir(), 'deployment-'));
  readonly ports: Ports;
  readonly #services: Readonly<Record<string, ComposeService>>;
  readonly #running: Running[] = [];

  private constructor(ports: Ports, services: Readonly<Record<string, ComposeService>>) {
    this.ports = ports;
    this.#services = services;
    chmodSync(this.folder, 0o755);
  }

  /** @param variables what `.env` would say; `overrides`: files of its COMPOSE_FILE beside the main one */
  static async prepare(variables: Variables, overrides: readonly string[] = []): Promise<Deployment> {
    const ports: Record<keyof Ports, number> = { ...known };
    for (const name of Object.keys(known) as (keyof Ports)[]) ports[name] = await freePort('127.0.0.1');
    return new Deployment(ports, filledCompose(variables, overrides).services);
  }

  /** A file that ships, with its ports moved and with what only a test wants; its path. */
  file(path: string, change: (text: string) => string = (text) => text): string {
    const copy = join(this.folder, path.replaceAll('/', '-'));
    writeFileSync(copy, change(this.moved(shippedText(path))));
    return copy;
  }

  moved(text: string): string {
    return Object.entries(known).reduce(
      (so, [name, port]) =>
        so.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), String(this.ports[name as keyof Ports])),
      text,
    );
  }

  environment(name: string): Record<string, string> {
    const own = Object.entries(environmentOf(this.#services[name]));
    return Object.fromEntries(own.map(([key, value]) => [key, this.moved(value)]));
  }

  /** Its command line, with paths in the container put to what they are here. */
  command(name: string, here: Readonly<Record<string, string>>): string[] {
    return commandLine(this.#services[name]).map((word) =>
      Object.entries(here).reduce((so, [there, path]) => so.replaceAll(there, path), this.moved(word)),
    );
  }

  /** Whether its own health check says that it is well; it runs beside the service, as in its container. */
  isHealthy(
    name: string,
    here: Readonly<Record<string, string>> = {},
    env: Record<string, string> = {},
  ): boolean {
    const [kind, ...test] = this.#services[name].healthcheck?.test ?? [];
    const words = (kind === 'CMD-SHELL' ? ['sh', '-c', ...test] : test).map((word) =>
      Object.entries(here).reduce(
        (so, [there, path]) => so.replaceAll(there, path),
        this.moved(word.replaceAll('$$', '$')),
      ),
    );
    const { status } = spawnSync(words[0], words.slice(1), {
      cwd: projectFolder,
      env: { ...cleanEnvironment(), ...this.environment(name), ...env },
      timeout: 10_000,
    });
    return status === 0;
  }

  drachtio(more: Record<string, string> = {}): Running {
    const here = { '/etc/drachtio.conf.xml': this.file('deploy/drachtio/drachtio.conf.xml') };
    const [, ...args] = this.command('drachtio', here);
    return this.#start('drachtio', findDrachtioServer() ?? 'drachtio', args, { env: more });
  }

  livekit(): Running {
    const here = { '/etc/livekit.yaml': this.file('deploy/livekit/livekit.yaml', onLoopback) };
    return this.#start('livekit', findLiveKitBinary() ?? 'livekit-server', this.command('livekit', here));
  }

  freeswitch(): Running {
    const conf = join(this.folder, 'etc-freeswitch');
    mkdirSync(conf);
    for (const name of readdirSync(join(projectFolder, 'deploy/freeswitch')))
      writeFileSync(join(conf, name), this.moved(shippedText(`deploy/freeswitch/${name}`)));
    mkdirSync(this.freeswitchHome().HOME);
    const [program, ...args] = this.command('freeswitch', { '/etc/freeswitch': conf });
    return this.#start('freeswitch', program, args, { env: this.freeswitchHome() });
  }

  /** Where a container has its home, and its programs on PATH. */
  freeswitchHome(): { HOME: string; PATH: string } {
    const programs = dirname(findFreeSwitch() ?? '');
    return { HOME: join(this.folder, 'run-freeswitch'), PATH: `${programs}:${process.env.PATH ?? ''}` };
  }

  redis(): Running {
    const data = join(this.folder, 'redis');
    mkdirSync(data, { recursive: true });
    const conf = this.file('deploy/redis/redis.conf', (text) =>
      text.replace(/^dir \/data$/m, `dir ${data}`).replace(/^bind .*$/m, 'bind 127.0.0.1'),
    );
    const [program, ...args] = this.command('redis', { '/etc/redis.conf': conf });
    return this.#start('redis', program, args);
  }

  /** With its data folder made and `10-gateway.sql` run, as the image does at its first start. */
  async postgres(): Promise<Running> {
    const programs = findPostgresPrograms() ?? '';
    const account = postgresAccount() ?? { uid: 0, gid: 0 };
    const home = join(this.folder, 'postgres');
    mkdirSync(home);
    chownSync(home, account.uid, account.gid);
    const own = this.environment('postgres');
    const env = { ...cleanEnvironment(), ...own };
    const password = join(home, 'password');
    writeFileSync(password, own.POSTGRES_PASSWORD);
    chownSync(password, account.uid, account.gid);
    const made = spawnSync(
      join(programs, 'initdb'),
      [
        ...['-D', join(home, 'data'), '--username=postgres', `--pwfile=${password}`, '--auth-local=trust'],
        ...['--no-sync', own.POSTGRES_INITDB_ARGS],
      ],
      { ...account, cwd: home, env, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    const conf = this.file('deploy/postgres/postgresql.conf', (text) =>
      text.replace(/^listen_addresses = .*$/m, "listen_addresses = '127.0.0.1'"),
    );
    const [, ...args] = this.command('postgres', { '/etc/postgresql.conf': conf });
    const where = ['-D', join(home, 'data'), '-p', String(this.ports.postgres), '-k', home];
    const running = this.#start('postgres', join(programs, 'postgres'), [...where, ...args], account);
    const psql = ['-h', home, '-p', String(this.ports.postgres), '-U', 'postgres', '-v', 'ON_ERROR_STOP=1'];
    await until(
      'PostgreSQL answers',
      () => spawnSync('psql', [...psql, '-c', 'select 1']).status === 0,
      20_000,
    );
    const ran = spawnSync('psql', [...psql, '-f', this.file('deploy/postgres/10-gateway.sql')], {
      env,
      encoding: 'utf8',
    });
    if (ran.status !== 0) throw new Error(`10-gateway.sql: ${ran.stderr}`);
    return running;
  }

  /** The gateway as its image starts it. */
  gateway(more: Record<string, string>): Running {
    const env = { NODE_ENV: 'production', GATEWAY_LOG_PRETTY: 'false', ...more };
    return this.#start('gateway', process.execPath, [join(projectFolder, 'dist/gateway/main.js')], { env });
  }

  /** The media host as its image starts it. */
  mediaNode(more: Record<string, string>): Running {
    const env = { NODE_ENV: 'production', ...more };
    const program = join(projectFolder, 'dist/mcu/host/main.js');
    return this.#start('media-node', process.execPath, [program], { env });
  }

  async close(): Promise<void> {
    for (const one of this.#running.reverse()) await one.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #start(
    name: string,
    program: string,
    args: readonly string[],
    { env = {}, ...account }: { env?: Record<string, string>; uid?: number; gid?: number } = {},
  ): Running {
    const child = spawn(program, args, {
      ...account,
      cwd: name === 'gateway' || name === 'media-node' ? projectFolder : this.folder,
      env: { ...cleanEnvironment(), ...this.environment(name), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = runningOf(child);
    this.#running.push(running);
    return running;
  }
}

function runningOf(child: ChildProcess): Running {
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += String(chunk)));
  const exited = once(child, 'exit');
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    log: () => log,
    pid: child.pid ?? 0,
    exitCode: () => child.exitCode,
    async stop() {
      if (ended()) return;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await exited;
      clearTimeout(killer);
    },
  };
}

/** A machine without a network finds LiveKit at 127.0.0.1 only when it is told to. */
function onLoopback(text: string): string {
  const config = parse(text) as { rtc: object };
  const loopback = {
    enable_loopback_candidate: true,
    interfaces: { includes: ['lo'] },
    ips: { includes: ['127.0.0.1/32'] },
  };
  return stringify({ ...config, rtc: { ...config.rtc, ...loopback } });
}
