import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { PlanCheckFailed } from '../errors.ts';
import type { Piece } from './hand-over.ts';
import type { Order } from './orders.ts';
import type { Errand } from './worker.ts';

/** The largest plan takes some twenty seconds on a busy machine; what takes longer hangs. */
const usualDeadlineMs = 60_000;
/** A thread that has nothing to do for so long ends; the next one has to warm up again. */
const usualIdleMs = 60_000;
/** With more a plan is refused rather than the gateway ended. */
const maxHeapMb = 1024;

export interface ThreadOptions {
  readonly start?: () => Worker;
  readonly deadlineMs?: number;
  readonly idleMs?: number;
}

/** A thread that reads and checks plans, one order at a time; it is there while it is needed. */
export class CheckThread {
  readonly #options: Required<ThreadOptions>;
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | undefined;

  constructor({
    start = startWorker,
    deadlineMs = usualDeadlineMs,
    idleMs = usualIdleMs,
  }: ThreadOptions = {}) {
    this.#options = { start, deadlineMs, idleMs };
  }

  /**
   * What it says to an order, to be taken piece by piece, each unpacked when it is taken. Rejects with
   * `PlanCheckFailed` when the thread dies or hangs, and with the signal's reason; a thread at work is ended then.
   */
  async run(order: Order, signal: AbortSignal): Promise<Iterable<Piece>> {
    signal.throwIfAborted();
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#started());
    const { port1, port2 } = new MessageChannel();
    try {
      await this.#done(worker, { order, to: port2 }, signal);
    } catch (error) {
      port1.close();
      this.#drop(worker);
      throw error;
    }
    this.#idle = setTimeout(() => this.#drop(worker), this.#options.idleMs);
    this.#idle.unref();
    return taken(port1);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #started(): Worker {
    const worker = this.#options.start();
    // What ends a thread that has nothing to do is of no account.
    worker.on('error', () => this.#drop(worker));
    worker.on('exit', () => this.#drop(worker));
    worker.unref();
    return worker;
  }

  #drop(worker: Worker): void {
    if (this.#worker === worker) this.#worker = null;
    void worker.terminate();
  }

  async #done(worker: Worker, errand: Errand, signal: AbortSignal): Promise<void> {
    const { deadlineMs } = this.#options;
    let end = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const fail = (why: string, cause?: unknown): void => reject(new PlanCheckFailed(why, cause));
        const deadline = setTimeout(() => fail(`not within ${deadlineMs / 1000} s`), deadlineMs);
        const onError = (error: unknown): void => fail(messageOf(error), error);
        const onExit = (): void => fail('the thread that checks them ended');
        const onAbort = (): void => reject(signal.reason as Error);
        worker.once('message', resolve).once('error', onError).once('exit', onExit);
        signal.addEventListener('abort', onAbort);
        end = () => {
          clearTimeout(deadline);
          worker.off('message', resolve).off('error', onError).off('exit', onExit);
          signal.removeEventListener('abort', onAbort);
        };
        worker.ref();
        worker.postMessage(errand, [errand.to]);
      });
    } finally {
      end();
      worker.unref();
    }
  }
}

function* taken(port: MessagePort): Generator<Piece> {
  try {
    for (;;) {
      const next: { message: Piece } | undefined = receiveMessageOnPort(port);
      if (next === undefined) return;
      yield next.message;
    }
  } finally {
    port.close();
  }
}

/** From a build as it is; from source through tsx, which a thread has to begin by itself. */
export function startWorker(): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: maxHeapMb };
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./worker.js', import.meta.url), { resourceLimits });
  }
  const packageFile = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const tsx = new URL('dist/esm/api/index.mjs', packageFile).href;
  const entry = new URL('./worker.ts', import.meta.url).href;
  const begin = `import(${JSON.stringify(tsx)}).then(({ tsImport }) => tsImport(${JSON.stringify(entry)}, ${JSON.stringify(entry)}))`;
  return new Worker(begin, { eval: true, resourceLimits });
}
