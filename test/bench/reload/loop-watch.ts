import { inspect } from '../inspector.ts';

/** How finely the event loop is looked at, ms. */
const resolutionMs = 2;
/** The longest are noted as often. */
const noteMs = 100;

// What the kernel says of the thread tells work of its own from waiting for a core.
const begin = `(() => {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const onCpuMs = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  let [atMs, cpuMs, stallMs, workMs] = [performance.now(), onCpuMs(), 0, 0];
  setInterval(() => {
    const [nowMs, nowCpuMs] = [performance.now(), onCpuMs()];
    stallMs = Math.max(stallMs, nowMs - atMs - ${resolutionMs});
    workMs = Math.max(workMs, nowCpuMs - cpuMs);
    [atMs, cpuMs] = [nowMs, nowCpuMs];
  }, ${resolutionMs}).unref();
  globalThis.benchStalls = [];
  setInterval(() => {
    globalThis.benchStalls.push([Date.now(), stallMs, workMs]);
    stallMs = workMs = 0;
  }, ${noteMs}).unref();
})()`;

/** The longest that an event loop did not come to its next turn, ms, and the longest that it worked in one. */
export interface Stall {
  readonly stallMs: number;
  readonly workMs: number;
}

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

  /** Between two moments of `Date.now()`. */
  async read(): Promise<(fromMs: number, untilMs: number) => Stall> {
    const expression = 'JSON.stringify(globalThis.benchStalls)';
    const { result } = (await inspect(this.#pid, (call) => call('Runtime.evaluate', { expression }))) as {
      result: { value: string };
    };
    const stalls = JSON.parse(result.value) as [atMs: number, stallMs: number, workMs: number][];
    return (fromMs, untilMs) => {
      const within = stalls.filter(([atMs]) => atMs >= fromMs && atMs <= untilMs + noteMs);
      return {
        stallMs: Math.max(0, ...within.map(([, stallMs]) => stallMs)),
        workMs: Math.max(0, ...within.map(([, , workMs]) => workMs)),
      };
    };
  }
}
