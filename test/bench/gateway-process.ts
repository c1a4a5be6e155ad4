import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import { cleanEnvironment } from '../support/clean-environment.ts';
import type { LiveKit } from '../support/livekit.ts';
import { descendants } from './processes.ts';
import type { Subject } from './subject.ts';

const entry = fileURLToPath(new URL('../../dist/gateway/main.js', import.meta.url));
const adminToken = 'bench-admin-token';
const readyMs = 30_000;
/** Stand-by processes start two seconds after the first ones. */
const completeMs = 15_000;
/** The last ones to come, by who mixes. */
const lastOnes = {
  embedded: ['engine stand-by', 'idle engine'],
  freeswitch: ['media node stand-by'],
} as const;

/** Every called name that begins with “bench-” is a room. */
const plan = `version: 1
tenant: default
rules:
  - name: rooms by name
    match: { called: { regex: "(?P<room>bench-[a-z0-9-]+)" } }
    action: { join: { room: "\${room}" } }
`;

/** What each of the gateway's processes is, by its entry. */
const kinds = [
  ['sip/edge/main.js', 'SIP edge'],
  ['engines/embedded/main.js', 'engine'],
  ['engines/embedded/pictures/main.js', 'picture process'],
  ['mixing/drawing/main.js', 'drawing process'],
  ['mcu/main.js', 'media node'],
] as const;

/** The gateway as it is shipped: built, in processes of its own, with its data in a temporary folder. */
export class GatewayProcess implements Subject {
  readonly sipPort: number;
  readonly #child: ChildProcess;
  readonly #httpUrl: string;
  readonly #folder: string;
  readonly #engine: keyof typeof lastOnes;

  private constructor(
    child: ChildProcess,
    sipPort: number,
    httpUrl: string,
    folder: string,
    engine: keyof typeof lastOnes,
  ) {
    this.#engine = engine;
    this.#child = child;
    this.sipPort = sipPort;
    this.#httpUrl = httpUrl;
    this.#folder = folder;
  }

  /** Its log goes into `logFile`, when one is given. `more`: options that only one kind of load needs. */
  static async start(
    livekit: LiveKit,
    maxCalls: number,
    logFile?: string,
    more: Readonly<Record<string, string | number>> = {},
  ): Promise<GatewayProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'gateway-bench-'));
    await writeFile(join(folder, 'bench.yaml'), plan);
    const host = '127.0.0.1';
    const [sipPort, adminPort, httpPort] = [await freePort(host), await freePort(host), await freePort(host)];
    const options = {
      dataFolder: folder,
      adminToken,
      'dialPlans.folder': folder,
      'sip.port': sipPort,
      'sip.adminPort': adminPort,
      'sip.tls.port': 0,
      'http.port': httpPort,
      'calls.maxCalls': maxCalls,
      'calls.maxCallsPerSource': maxCalls,
      'log.level': 'info',
      'log.pretty': false,
      ...more,
    };
    const child = spawn(
      process.execPath,
      [entry, ...Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)])],
      {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...cleanEnvironment(),
          LIVEKIT_URL: livekit.url,
          LIVEKIT_API_KEY: livekit.apiKey,
          LIVEKIT_API_SECRET: livekit.apiSecret,
        },
      },
    );
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
    if (logFile !== undefined) child.stderr.pipe(createWriteStream(logFile));
    const engine = more['mixing.engine'] === 'freeswitch' ? 'freeswitch' : 'embedded';
    const gateway = new GatewayProcess(child, sipPort, `http://${host}:${httpPort}`, folder, engine);
    try {
      await gateway.#until(readyMs, async () => (await gateway.#get('/readyz')).ok);
      await gateway.untilComplete();
      return gateway;
    } catch (error) {
      await gateway.close();
      throw new Error(`the gateway did not start:\n${log}`, { cause: error });
    }
  }

  /** All its processes run, those that stand by too. */
  untilComplete(): Promise<void> {
    return this.#until(completeMs, () =>
      Promise.resolve(lastOnes[this.#engine].every((kind) => this.pids().has(kind))),
    );
  }

  /** Its processes by what they are. */
  pids(): Map<string, number> {
    const pid = this.#child.pid ?? 0;
    const found = new Map([['gateway', pid]]);
    for (const one of descendants(pid)) {
      const kind = kinds.find(([file]) => one.command.includes(file))?.[1];
      if (kind === undefined) continue;
      // The older process is the one in use; the third engine is the stand-by media node's.
      const name = [kind, `${kind} stand-by`, `idle ${kind}`].find((free) => !found.has(free));
      if (name !== undefined) found.set(name, one.pid);
    }
    return found;
  }

  /** States of the live calls. */
  async calls(): Promise<string[]> {
    const response = await this.#get('/api/v1/calls');
    const { calls } = (await response.json()) as { calls: { state: string }[] };
    return calls.map(({ state }) => state);
  }

  /** False: calls are left after the deadline. */
  async untilNoCalls(deadlineMs: number): Promise<boolean> {
    return this.#until(deadlineMs, async () => (await this.calls()).length === 0).then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await exited;
      clearTimeout(killer);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** For an admin. */
  get door(): { readonly url: string; readonly token: string; readonly folder: string } {
    return { url: this.#httpUrl, token: adminToken, folder: this.#folder };
  }

  #get(path: string): Promise<Response> {
    return fetch(`${this.#httpUrl}${path}`, {
      headers: { authorization: `Bearer ${adminToken}` },
      signal: AbortSignal.timeout(5000),
    });
  }

  async #until(deadlineMs: number, holds: () => Promise<boolean>): Promise<void> {
    const deadline = AbortSignal.timeout(deadlineMs);
    while (!(await holds().catch(() => false))) {
      if (deadline.aborted || this.#child.exitCode !== null) throw new Error(`not within ${deadlineMs} ms`);
      await pause(50);
    }
  }
}
