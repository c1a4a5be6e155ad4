import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MediaError } from '../errors.ts';
import type { Port } from './channel.ts';
import { LastWords } from './last-words.ts';
import { Watchdog, defaultAnswerMs } from './watchdog.ts';

export interface ForkOptions {
  /** For log lines and errors. */
  readonly name: string;
  /** The entry's source: `new URL('./main.ts', import.meta.url)`; from a build its `.js` is run. */
  readonly module: URL;
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is given a file for `Notes`, which is read when it has died. */
  readonly notes?: boolean;
  /** Sent as `{start}` once the process is there; for what must not stand in a process list. */
  readonly start?: unknown;
  /** Takes what it writes to its standard output, such as log lines; left out: our own standard output. */
  readonly output?: NodeJS.WritableStream;
  /** How long the entry may take to send `{ready: …}`. Default 15 s. */
  readonly readyMs?: number;
  /** How long it may take to end after `{close: true}`; then it is killed. Default 4 s. */
  readonly stopMs?: number;
  /**
   * How long nothing may come from it once it is ready; then it is killed. It is asked with `{ping: true}` and has to
   * send something, such as `{pong: true}`. Default 3 s.
   */
  readonly answerMs?: number;
}

export interface RunningChild {
  readonly pid: number;
  /** What the entry sent as `ready`. */
  readonly ready: unknown;
  /** All its further messages. */
  readonly port: Port;
}

/** How a process ended. */
export interface Death {
  /** By itself, and not by somebody's kill. */
  readonly crashed: boolean;
  /** What it had in hand, as far as it noted that. */
  readonly lastWords: readonly number[];
}

/** One process, from its fork to its end; never started again. */
export class Forked {
  /** Resolves when it is ready; rejects with CHILD_FAILED when it ends before, or takes too long. */
  readonly ready: Promise<RunningChild>;
  /** Resolves when the process is gone. */
  readonly exited: Promise<Death>;
  readonly #process: ChildProcess;
  readonly #stopMs: number;
  readonly #listeners: ((message: unknown) => void)[] = [];
  #watchdog: Watchdog | null = null;
  #gone = false;
  #hung = false;

  constructor(options: ForkOptions) {
    this.#stopMs = options.stopMs ?? 4000;
    const lastWords = options.notes ? LastWords.open() : null;
    this.#process = forkModule(options, lastWords);
    this.exited = new Promise((resolve) => {
      const gone = (signal: NodeJS.Signals | null) => {
        this.#gone = true;
        this.#watchdog?.stop();
        const crashed = signal !== 'SIGKILL' && signal !== 'SIGTERM';
        resolve({ crashed, lastWords: lastWords?.take() ?? [] });
      };
      this.#process.once('exit', (_code, signal) => gone(signal));
      // A process that could not be started has no exit.
      this.#process.once('error', () => {
        if (this.#process.pid === undefined) gone(null);
      });
    });
    this.ready = this.#whenReady(options);
    // Whoever closes it before it is ready need not know.
    this.ready.catch(() => undefined);
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** It did not answer any more and was killed for that. */
  get hung(): boolean {
    return this.#hung;
  }

  /** Asks it to end, kills it when it takes too long; resolves when it is gone. */
  async close(): Promise<void> {
    // A process that is ending has other things to do than to answer.
    this.#watchdog?.stop();
    if (this.#process.connected) this.#process.send({ close: true }, () => undefined);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), this.#stopMs);
    await this.exited;
    clearTimeout(timer);
  }

  #whenReady({
    name,
    start,
    readyMs = 15_000,
    answerMs = defaultAnswerMs,
  }: ForkOptions): Promise<RunningChild> {
    const child = this.#process;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(new MediaError('CHILD_FAILED', `${name}: ${why}`));
      };
      const timer = setTimeout(() => {
        fail(`not ready within ${readyMs} ms`);
        child.kill('SIGKILL');
      }, readyMs);
      void this.exited.then(() => fail('ended before it was ready'));
      child.on('error', () => undefined);
      child.on('message', (message) => {
        this.#watchdog?.heard();
        if (isPong(message)) return;
        if (!isReady(message)) {
          for (const listener of this.#listeners) listener(message);
          return;
        }
        clearTimeout(timer);
        this.#watchdog ??= this.#watch(answerMs);
        resolve({ pid: child.pid ?? 0, ready: message.ready, port: this.#port() });
      });
      if (start !== undefined) child.send({ start }, () => undefined);
    });
  }

  #watch(answerMs: number): Watchdog {
    return new Watchdog({
      answerMs,
      ask: () => {
        if (this.#process.connected) this.#process.send({ ping: true }, () => undefined);
      },
      onHung: () => {
        this.#hung = true;
        // SIGKILL ends a stopped process too.
        this.#process.kill('SIGKILL');
      },
    });
  }

  #port(): Port {
    return {
      send: (message) => {
        // A process that is just dying loses its messages; its end is reported by `onClose`.
        if (this.#process.connected) this.#process.send(message as object, () => undefined);
      },
      onMessage: (listener) => this.#listeners.push(listener),
      onClose: (listener) => this.#process.once('exit', listener),
    };
  }
}

function isReady(message: unknown): message is { ready: unknown } {
  return typeof message === 'object' && message !== null && 'ready' in message;
}

function isPong(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'pong' in message;
}

/** From source through tsx, from a build as it is. */
function forkModule(options: ForkOptions, lastWords: LastWords | null): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const path = fileURLToPath(options.module);
  const loader = fromSource
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
    : [];
  const { output } = options;
  const child = fork(fromSource ? path : path.replace(/\.ts$/, '.js'), options.args ?? [], {
    execArgv: loader,
    env: { ...inheritedEnvironment(), ...options.env },
    stdio: [
      ...(['ignore', output ? 'pipe' : 'inherit', 'inherit', 'ipc'] as const),
      ...(lastWords ? [lastWords.fd] : []),
    ],
  });
  if (output) child.stdout?.pipe(output, { end: false });
  return child;
}

/** What processes that may crash on what strangers send must not hold. */
const secretName = /SECRET|TOKEN|PASSWORD|_KEY$|^(?:DATABASE|REDIS)_URL$|_DATABASE_URL$/;

/** Without secrets, and without what a test runner or debugger set for its own process. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  // Not configuration: a child simply gets its parent's surroundings (PATH, HOME, locale).
  // eslint-disable-next-line no-restricted-properties
  const surroundings = Object.entries(process.env);
  return Object.fromEntries(
    surroundings.filter(([name]) => name !== 'NODE_OPTIONS' && !secretName.test(name)),
  );
}
