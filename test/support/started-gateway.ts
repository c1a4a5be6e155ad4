import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../gateway/config/ports-in-use.ts';
import type { CallView, ServerStatus } from '../../gateway/ports.ts';
import { cleanEnvironment } from './clean-environment.ts';
import { adminToken } from './gateway.ts';
import { findLiveKitBinary } from './livekit.ts';
import { descendants, stillRunning } from './process-tree.ts';
import { until } from './until.ts';

const script = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));

/** Ports and a folder of one gateway; a second start in the same place finds what the first left. */
export interface Place {
  readonly folder: string;
  readonly sip: number;
  readonly tls: number;
  readonly admin: number;
  readonly http: number;
  readonly livekit: number;
  remove(): void;
}

export async function freePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-process-'));
  const free = (): Promise<number> => freePort('127.0.0.1');
  return {
    folder,
    sip: await free(),
    tls: await free(),
    admin: await free(),
    http: await free(),
    livekit: await free(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Readiness {
  readonly status: number;
  readonly sip: Part & { readonly servers: readonly ServerStatus[] };
  readonly media: readonly (Part & { readonly engine: Part })[];
  readonly rooms: Part;
  readonly records: Part;
}

interface Part {
  readonly state: string;
  readonly embedded: boolean;
  readonly pid: number | null;
  readonly detail?: string;
}

/** `npm start` as a person has it on a terminal: a process group of its own. */
export class StartedGateway {
  readonly place: Place;
  stdout = '';
  stderr = '';
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(place: Place, options: readonly string[] = [], env: Record<string, string> = {}) {
    this.place = place;
    const ports = (['sip', 'http', 'livekit'] as const).flatMap((part) => [
      `--${part}.port`,
      String(place[part]),
    ]);
    this.#process = spawn(
      process.execPath,
      [
        ...[script, ...ports, '--sip.tls.port', String(place.tls), '--sip.adminPort', String(place.admin)],
        ...['--adminToken', adminToken, ...options],
      ],
      {
        cwd: place.folder,
        env: { ...cleanEnvironment(), LIVEKIT_SERVER_BIN: findLiveKitBinary() ?? '', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    );
    this.#exited = once(this.#process, 'exit');
    this.#process.stdout?.on('data', (chunk) => (this.stdout += String(chunk)));
    this.#process.stderr?.on('data', (chunk) => (this.stderr += String(chunk)));
  }

  /** Resolves when its table is printed. */
  async up(): Promise<void> {
    await until('the table is printed', () => this.isUp() || this.hasEnded(), 60_000);
    if (!this.isUp()) throw new Error(`the gateway did not start: ${this.stdout}${this.stderr}`);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  isUp(): boolean {
    return this.stdout.includes('Ctrl-C');
  }

  hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Its processes, itself included. */
  processes(): number[] {
    return [this.pid, ...descendants(this.pid)];
  }

  /** As a terminal does: everybody in the process group gets it. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Its exit code; null when a signal ended it. */
  async exited(): Promise<number | null> {
    await this.#exited;
    return this.#process.exitCode;
  }

  async ready(): Promise<Readiness> {
    const response = await fetch(`http://127.0.0.1:${this.place.http}/readyz`, {
      signal: AbortSignal.timeout(5000),
    });
    const { parts } = (await response.json()) as { parts: Omit<Readiness, 'status'> };
    return { status: response.status, ...parts };
  }

  /** Waits until all parts are up, and this is so. */
  untilReady(what: string, holds: (readiness: Readiness) => boolean = () => true): Promise<Readiness> {
    return until(
      what,
      async () => {
        const readiness = await this.ready().catch(() => null);
        return readiness?.status === 200 && holds(readiness) ? readiness : null;
      },
      40_000,
    );
  }

  async calls(): Promise<readonly CallView[]> {
    const { calls } = (await this.api('/calls')) as { calls: CallView[] };
    return calls;
  }

  async meeting(room: string): Promise<{ pins: { host: string; guest: string } }> {
    return (await this.api('/meetings', { room })) as { pins: { host: string; guest: string } };
  }

  /** Ends it, and whatever of it is left. Never fails. */
  async close(): Promise<void> {
    const pids = this.processes();
    if (!this.hasEnded()) {
      this.kill('SIGTERM');
      const killer = setTimeout(() => this.kill('SIGKILL'), 15_000);
      await this.#exited;
      clearTimeout(killer);
    }
    for (const pid of stillRunning(pids)) process.kill(pid, 'SIGKILL');
  }

  /** A GET, or a POST of the body. */
  async api(path: string, body?: object): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.place.http}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(10_000),
    });
    return response.json();
  }
}
