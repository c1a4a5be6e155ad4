import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MediaError } from '../errors.ts';
import type { Log } from '../ports.ts';
import type { Port } from './channel.ts';

export interface ChildOptions {
  /** For log lines and errors. */
  readonly name: string;
  /** The entry's source: `new URL('./main.ts', import.meta.url)`; from a build its `.js` is run. */
  readonly module: URL;
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Sent as `{start}` once the process is there; for what must not stand in a process list. */
  readonly start?: unknown;
  /** How long the entry may take to send `{ready: …}`. Default 15 s. */
  readonly readyMs?: number;
  /** How long it may take to end after `{close: true}`; then it is killed. Default 4 s. */
  readonly stopMs?: number;
  readonly log: Log;
  /** Each time the process is ready: at the start and after each restart. */
  readonly onUp?: (running: RunningChild) => void;
  /** Each time a ready process died without being asked to. */
  readonly onDown?: () => void;
}

export interface RunningChild {
  readonly pid: number;
  /** What the entry sent as `ready`. */
  readonly ready: unknown;
  /** All its further messages. */
  readonly port: Port;
}

export type ChildState = 'starting' | 'up' | 'down';

const firstPauseMs = 100;
const longestPauseMs = 5000;
/** A process that lived this long starts again at once when it dies. */
const soundAfterMs = 10_000;

/** A supervised process: started, restarted with growing pauses when it dies, stopped gently, then killed. */
export class Child {
  readonly #options: ChildOptions;
  readonly #stop = new AbortController();
  #process: ChildProcess | null = null;
  #running: RunningChild | null = null;
  #closing: Promise<void> | null = null;
  #life: Promise<void> | null = null;
  #state: ChildState = 'starting';
  #restarts = 0;

  private constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Resolves when the process is ready; rejects with CHILD_FAILED when its first start fails. */
  static async start(options: ChildOptions): Promise<Child> {
    const child = new Child(options);
    const { exited } = await child.#launch();
    child.#life = child.#supervise(exited);
    return child;
  }

  get state(): ChildState {
    return this.#state;
  }
  get pid(): number | null {
    return this.#running?.pid ?? null;
  }
  get restarts(): number {
    return this.#restarts;
  }
  get ready(): unknown {
    return this.#running?.ready;
  }

  /** Idempotent; resolves when the process is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#stop.abort();
    const process = this.#process;
    if (process?.connected) process.send({ close: true }, () => undefined);
    const timer = setTimeout(() => process?.kill('SIGKILL'), this.#options.stopMs ?? 4000);
    await this.#life;
    clearTimeout(timer);
    this.#state = 'down';
  }

  async #supervise(firstExit: Promise<void>): Promise<void> {
    let exited = firstExit;
    let pauseMs = 0;
    for (;;) {
      const since = performance.now();
      await exited;
      if (this.#stopped()) return;
      this.#state = 'starting';
      this.#options.log.warn({ child: this.#options.name }, 'child process died and is started again');
      this.#options.onDown?.();
      if (performance.now() - since > soundAfterMs) pauseMs = 0;
      for (;;) {
        await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
        if (this.#stopped()) return;
        pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2));
        this.#restarts++;
        try {
          ({ exited } = await this.#launch());
          break;
        } catch {
          this.#state = 'down';
        }
      }
    }
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Starts the process once; resolves when it is ready, with a promise of its end. */
  async #launch(): Promise<{ readonly exited: Promise<void> }> {
    const { name, start, readyMs = 15_000 } = this.#options;
    const process = forkModule(this.#options);
    this.#process = process;
    const listeners: ((message: unknown) => void)[] = [];
    const exited = new Promise<void>((resolve) => {
      process.once('exit', () => {
        if (this.#process === process) this.#process = this.#running = null;
        resolve();
      });
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (message: string, cause?: unknown) => {
        clearTimeout(timer);
        process.kill('SIGKILL');
        reject(new MediaError('CHILD_FAILED', `${name}: ${message}`, cause));
      };
      const timer = setTimeout(() => fail(`not ready within ${readyMs} ms`), readyMs);
      process.once('error', (error) => fail(error.message, error));
      void exited.then(() => fail('ended before it was ready'));
      process.on('message', (message) => {
        if (!isReady(message)) {
          for (const listener of listeners) listener(message);
          return;
        }
        clearTimeout(timer);
        this.#state = 'up';
        this.#running = { pid: process.pid ?? 0, ready: message.ready, port: portOf(process, listeners) };
        this.#options.onUp?.(this.#running);
        resolve();
      });
      if (start !== undefined) process.send({ start }, () => undefined);
    });
    return { exited };
  }
}

function isReady(message: unknown): message is { ready: unknown } {
  return typeof message === 'object' && message !== null && 'ready' in message;
}

function portOf(process: ChildProcess, listeners: ((message: unknown) => void)[]): Port {
  return {
    send: (message) => {
      // A process that is just dying loses its messages; its end is reported by `onClose`.
      if (process.connected) process.send(message as object, () => undefined);
    },
    onMessage: (listener) => listeners.push(listener),
    onClose: (listener) => process.once('exit', listener),
  };
}

/** From source through tsx, from a build as it is. */
function forkModule(options: ChildOptions): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const path = fileURLToPath(options.module);
  const loader = fromSource
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
    : [];
  return fork(fromSource ? path : path.replace(/\.ts$/, '.js'), options.args ?? [], {
    execArgv: loader,
    env: { ...inheritedEnvironment(), ...options.env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Without what a test runner or debugger set for its own process. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  // Not configuration: a child simply gets its parent's surroundings (PATH, HOME, locale).
  // eslint-disable-next-line no-restricted-properties
  const { NODE_OPTIONS: _options, ...rest } = process.env;
  return rest;
}
