import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectFolder } from '../../gateway/folders.ts';
import { cleanEnvironment } from './clean-environment.ts';
import { descendants, stillRunning } from './process-tree.ts';
import { until } from './until.ts';

/** The program as `npm run media-host` starts it, in a process group of its own. */
export class StartedMediaHost {
  output = '';
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(env: Record<string, string>) {
    this.#process = spawn(process.execPath, [join(projectFolder, 'dist/mcu/host/main.js')], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#exited = once(this.#process, 'exit');
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (chunk) => (this.output += String(chunk)));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves when it listens. */
  async up(): Promise<void> {
    await until(
      'the media host listens',
      () => this.output.includes('media host listens') || this.#ended(),
      30_000,
    );
    if (this.#ended()) throw new Error(`the media host did not start: ${this.output}`);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Its exit code; null: a signal ended it. */
  async exited(): Promise<number | null> {
    await this.#exited;
    return this.#process.exitCode;
  }

  /** Ends it, and whatever of it is left. */
  async close(): Promise<void> {
    const pids = [this.pid, ...descendants(this.pid)];
    this.kill('SIGTERM');
    const killer = setTimeout(() => this.kill('SIGKILL'), 10_000);
    if (!this.#ended()) await this.#exited;
    clearTimeout(killer);
    for (const pid of stillRunning(pids)) process.kill(pid, 'SIGKILL');
  }

  #ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
