import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { EngineStatus, Log } from '../ports.ts';
import { Life } from './life.ts';
import type { Death, Launch, LifeOptions, RunningChild } from './line.ts';

export type { Death, RunningChild };

export interface ChildOptions extends LifeOptions {
  /** Makes each process: the first one, one that stands by, the next one. */
  readonly launch: Launch;
  readonly log: Log;
  /** Each time the process is ready: at the start and after each restart. */
  readonly onUp?: (running: RunningChild) => void;
  /** Each time a ready process died without being asked to. */
  readonly onDown?: (death: Death) => void;
}

export type ChildState = 'starting' | 'up' | 'down';

const firstPauseMs = 100;
const longestPauseMs = 5000;
/** A process that lived this long starts again at once when it dies. */
const soundAfterMs = 10_000;
/** The stand-by must not slow down the start. */
const standByAfterMs = 2000;
/** One that failed does so again, most likely: no reason to keep the machine busy with it. */
const nextStandByAfterMs = 10_000;

/** A supervised process: started, restarted with growing pauses when it dies or hangs, stopped gently, then killed. */
export class Child {
  readonly #options: ChildOptions;
  readonly #stop = new AbortController();
  #process: Life;
  #standBy: Life | null = null;
  #standByReady = false;
  #keepsStandBy = false;
  #standByTimer: NodeJS.Timeout | undefined;
  #running: RunningChild | null = null;
  #life: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;
  #state: ChildState = 'starting';
  #restarts = 0;
  #hangs = 0;
  #trouble: string | null = null;

  private constructor(options: ChildOptions) {
    this.#options = options;
    this.#process = new Life(options.launch(), options);
  }

  /** Resolves when the process is ready; rejects with CHILD_FAILED when its first start fails. */
  static async start(options: ChildOptions): Promise<Child> {
    const child = new Child(options);
    child.#take(await child.#process.ready);
    child.#life = child.#supervise();
    return child;
  }

  /**
   * Like `start`, for a process that others may have to make possible first: a first start that fails is tried again
   * like later ones. Resolves when it is ready or has failed once.
   */
  static async open(options: ChildOptions): Promise<Child> {
    const child = new Child(options);
    try {
      child.#take(await child.#process.ready);
    } catch (error) {
      child.#failed(error);
    }
    child.#life = child.#supervise();
    return child;
  }

  get state(): ChildState {
    return this.#state;
  }
  get pid(): number | null {
    return this.#running?.pid ?? null;
  }
  /** How often a process was started again. */
  get restarts(): number {
    return this.#restarts;
  }
  /** How often because it hung: it lived, did not answer any more, and was killed. */
  get hangs(): number {
    return this.#hangs;
  }
  /** Why it can't be started; null: it can. */
  get trouble(): string | null {
    return this.#trouble;
  }
  get ready(): unknown {
    return this.#running?.ready;
  }

  /** Whether a second process is ready to take over. */
  get hasStandBy(): boolean {
    return this.#standByReady && this.#standBy?.gone === false;
  }

  /**
   * From now on a second process stands by, ready and idle: its turn comes within milliseconds of the first one's
   * death. Idempotent.
   */
  keepStandBy(): void {
    if (this.#keepsStandBy) return;
    this.#keepsStandBy = true;
    this.#planStandBy();
  }

  /** Idempotent; resolves when the process is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#standByTimer);
    await Promise.all([this.#process.close(), this.#standBy?.close(), this.#life]);
    this.#running = null;
    this.#state = 'down';
  }

  #launch(): Life {
    return new Life(this.#options.launch(), this.#options);
  }

  #take(running: RunningChild): void {
    this.#process.use();
    this.#running = running;
    this.#state = 'up';
    this.#trouble = null;
    this.#options.onUp?.(running);
    this.#planStandBy();
  }

  #planStandBy(afterMs = standByAfterMs): void {
    if (!this.#keepsStandBy || !this.#running || this.#stopped()) return;
    clearTimeout(this.#standByTimer);
    this.#standByTimer = setTimeout(() => this.#startStandBy(), afterMs);
  }

  #startStandBy(): void {
    const standBy = this.#launch();
    this.#standBy = standBy;
    standBy.ready.then(
      () => {
        this.#standByReady = this.#standBy === standBy;
        this.#options.log.debug({ child: this.#options.name }, 'stand-by process is ready');
      },
      // Its end is dealt with below.
      () => undefined,
    );
    void standBy.exited.then(() => this.#standByEnded(standBy));
  }

  /** Before its turn came: another one has to stand by. */
  #standByEnded(standBy: Life): void {
    if (this.#standBy !== standBy || this.#stopped()) return;
    this.#standBy = null;
    this.#standByReady = false;
    this.#options.log.warn({ child: this.#options.name, hung: standBy.hung }, 'stand-by process is gone');
    this.#planStandBy(nextStandByAfterMs);
  }

  async #supervise(): Promise<void> {
    let pauseMs = 0;
    for (;;) {
      const sinceMs = performance.now();
      const death = await this.#process.exited;
      if (this.#stopped()) return;
      clearTimeout(this.#standByTimer);
      // One that never ran is no loss.
      if (this.#running) this.#lost(death);
      if (performance.now() - sinceMs > soundAfterMs) pauseMs = 0;
      do {
        // The pause spares the machine a start that would fail again; one that stands by has started.
        if (pauseMs > 0 && !this.hasStandBy)
          await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
        if (this.#stopped()) return;
        pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, pauseMs * 2));
      } while (!(await this.#restart()));
    }
  }

  #lost(death: Death): void {
    this.#running = null;
    this.#state = 'starting';
    this.#tellDeath(death);
    this.#options.onDown?.(death);
  }

  #tellDeath({ why }: Death): void {
    const { log, name } = this.#options;
    if (!this.#process.hung) {
      log.warn({ child: name, why }, 'child process died and is started again');
      return;
    }
    this.#hangs++;
    log.error({ child: name }, 'child process did not answer any more, was killed and is started again');
  }

  async #restart(): Promise<boolean> {
    this.#restarts++;
    const standBy = this.#standBy;
    this.#standBy = null;
    this.#standByReady = false;
    this.#process = standBy && !standBy.gone ? standBy : this.#launch();
    try {
      this.#take(await this.#process.ready);
      return true;
    } catch (error) {
      if (this.#stopped()) return false;
      this.#failed(error);
      return false;
    }
  }

  #failed(error: unknown): void {
    const said = this.#trouble;
    this.#state = 'down';
    this.#trouble = messageOf(error);
    // It is tried every few seconds, and nobody reads the same line as often.
    if (said !== this.#trouble)
      this.#options.log.error(
        { child: this.#options.name, error: this.#trouble },
        'child process can not be started',
      );
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }
}

/** How a part stands that is a process; null: it was never started. */
export function statusOf(child: Child | null): EngineStatus {
  return {
    state: child?.state ?? 'starting',
    pid: child?.pid ?? null,
    restarts: child?.restarts ?? 0,
    hangs: child?.hangs ?? 0,
  };
}
