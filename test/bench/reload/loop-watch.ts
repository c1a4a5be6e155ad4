import { inspect } from '../inspector.ts';

/** How finely the event loop is looked at, ms. */
const resolutionMs = 2;
/** The longest stall is noted as often. */
const noteMs = 100;

const begin = `(() => {
  const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
  const delay = monitorEventLoopDelay({ resolution: ${resolutionMs} });
  delay.enable();
  globalThis.benchStalls = [];
  setInterval(() => {
    globalThis.benchStalls.push([Date.now(), delay.max / 1e6 - ${resolutionMs}]);
    delay.reset();
  }, ${noteMs}).unref();
})()`;

/** The event loop of another process: begun before and read after all that is measured, so that it disturbs nothing. */
export class LoopWatch {
  readonly #pid: number;

  private constructor(pid: number) {
    this.#pid = pid;
  }

  static async begin(pid: number): Promise<LoopWatch> {
    await inspect(pid, (call) => call('Runtime.evaluate', { expression: begin }));
    return new LoopWatch(pid);
  }

  /** The longest stall between two moments of `Date.now()`, ms. */
  async read(): Promise<(fromMs: number, untilMs: number) => number> {
    const expression = 'JSON.stringify(globalThis.benchStalls)';
    const { result } = (await inspect(this.#pid, (call) => call('Runtime.evaluate', { expression }))) as {
      result: { value: string };
    };
    const stalls = JSON.parse(result.value) as [atMs: number, stallMs: number][];
    return (fromMs, untilMs) =>
      Math.max(
        0,
        ...stalls
          .filter(([atMs]) => atMs >= fromMs && atMs <= untilMs + noteMs)
          .map(([, stallMs]) => stallMs),
      );
  }
}
