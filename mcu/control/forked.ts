import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { LastWords } from './last-words.ts';
import type { Death, Launch, ProcessLine } from './line.ts';

export interface ForkOptions {
  /** The entry's source: `new URL('./main.ts', import.meta.url)`; from a build its `.js` is run. */
  readonly module: URL;
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is given a file for `Notes`, which is read when it has died. */
  readonly notes?: boolean;
  /** Takes what it writes to its standard output, such as log lines; left out: our own standard output. */
  readonly output?: NodeJS.WritableStream;
}

/** Processes of this machine, our own children. */
export function forks(options: ForkOptions): Launch {
  return () => new Forked(options);
}

class Forked implements ProcessLine {
  readonly #process: ChildProcess;
  readonly #listeners: ((death: Death) => void)[] = [];

  constructor(options: ForkOptions) {
    const lastWords = options.notes ? LastWords.open() : null;
    this.#process = forkModule(options, lastWords);
    const ended = (signal: NodeJS.Signals | null) => {
      const crashed = signal !== 'SIGKILL' && signal !== 'SIGTERM';
      const death: Death = { crashed, lastWords: lastWords?.take() ?? [] };
      for (const listener of this.#listeners) listener(death);
    };
    this.#process.once('exit', (_code, signal) => ended(signal));
    this.#process.on('error', () => undefined);
    // A process that could not be started has no exit.
    this.#process.once('error', () => {
      if (this.#process.pid === undefined) ended(null);
    });
  }

  get pid(): number | null {
    return this.#process.pid ?? null;
  }

  send(message: object): void {
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }

  /** The kernel tells of a child's end when it is gone, and its sockets with it. */
  use(): void {
    return;
  }

  kill(): void {
    // SIGKILL ends a stopped process too.
    this.#process.kill('SIGKILL');
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#process.on('message', listener);
  }

  onEnd(listener: (death: Death) => void): void {
    this.#listeners.push(listener);
  }
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
