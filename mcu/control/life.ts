import { MediaError } from '../errors.ts';
import type { Port } from './channel.ts';
import type { Death, LifeOptions, ProcessLine, RunningChild } from './line.ts';
import { Watchdog, defaultAnswerMs } from './watchdog.ts';

/** One process, from its start to its end; never started again. The other side is `entry.ts`. */
export class Life {
  /** Resolves when it is ready; rejects with CHILD_FAILED when it ends before, or takes too long. */
  readonly ready: Promise<RunningChild>;
  /** Resolves when the process is gone. */
  readonly exited: Promise<Death>;
  readonly #line: ProcessLine;
  readonly #stopMs: number;
  readonly #listeners: ((message: unknown) => void)[] = [];
  #watchdog: Watchdog | null = null;
  #gone = false;
  #hung = false;

  constructor(line: ProcessLine, options: LifeOptions) {
    this.#line = line;
    this.#stopMs = options.stopMs ?? 4000;
    this.exited = new Promise((resolve) => {
      line.onEnd((death) => {
        this.#gone = true;
        this.#watchdog?.stop();
        resolve(death);
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

  /** Its turn has come; before that it only stood by. */
  use(): void {
    this.#line.use();
  }

  /** Asks it to end, kills it when it takes too long; resolves when it is gone. */
  async close(): Promise<void> {
    // A process that is ending has other things to do than to answer.
    this.#watchdog?.stop();
    this.#line.send({ close: true });
    const timer = setTimeout(() => this.#line.kill(), this.#stopMs);
    await this.exited;
    clearTimeout(timer);
  }

  #whenReady({
    name,
    start,
    readyMs = 15_000,
    answerMs = defaultAnswerMs,
  }: LifeOptions): Promise<RunningChild> {
    const line = this.#line;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(new MediaError('CHILD_FAILED', `${name}: ${why}`));
      };
      const timer = setTimeout(() => {
        fail(`not ready within ${readyMs} ms`);
        line.kill();
      }, readyMs);
      line.onEnd(({ why }) => fail(why ?? 'ended before it was ready'));
      line.onMessage((message) => {
        this.#watchdog?.heard();
        if (isPong(message)) return;
        if (!isReady(message)) {
          for (const listener of this.#listeners) listener(message);
          return;
        }
        clearTimeout(timer);
        this.#watchdog ??= this.#watch(answerMs);
        resolve({ pid: line.pid ?? 0, ready: message.ready, port: this.#port() });
      });
      if (start !== undefined) line.send({ start });
    });
  }

  #watch(answerMs: number): Watchdog {
    return new Watchdog({
      answerMs,
      ask: () => this.#line.send({ ping: true }),
      onHung: () => {
        this.#hung = true;
        this.#line.kill();
      },
    });
  }

  #port(): Port {
    return {
      send: (message) => this.#line.send(message as object),
      onMessage: (listener) => this.#listeners.push(listener),
      onClose: (listener) => this.#line.onEnd(listener),
    };
  }
}

function isReady(message: unknown): message is { ready: unknown } {
  return typeof message === 'object' && message !== null && 'ready' in message;
}

function isPong(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'pong' in message;
}
