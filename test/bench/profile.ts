/** CPU profiles of running Node processes, by the inspector that SIGUSR1 opens; one process after the other. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { round } from './numbers.ts';

/** Node's own; all processes open the same, so only one may have it at a time. */
const inspectorPort = 9229;
const openMs = 5000;
const sampleMs = 8000;
const shownFunctions = 10;

export interface TopFunction {
  readonly name: string;
  /** Share of the time in which the event loop's thread was busy. */
  readonly share: number;
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Writes `<folder>/<name>.cpuprofile` and gives the functions whose own code took the most time. */
export async function profile(name: string, pid: number, folder: string): Promise<TopFunction[]> {
  process.kill(pid, 'SIGUSR1');
  const inspector = await Inspector.open();
  try {
    const found = await inspector.call('Runtime.evaluate', { expression: 'process.pid' });
    const { value } = (found as { result: { value: number } }).result;
    if (value !== pid) throw new Error(`port ${inspectorPort} is process ${value}’s, not ${pid}’s`);
    await inspector.call('Profiler.enable');
    await inspector.call('Profiler.start');
    await pause(sampleMs);
    const { profile: taken } = (await inspector.call('Profiler.stop')) as { profile: CpuProfile };
    await writeFile(join(folder, `${name.replaceAll(' ', '-')}.cpuprofile`), JSON.stringify(taken));
    // Closing waits for its own connection, so it must not be awaited in the evaluated code.
    await inspector.call('Runtime.evaluate', {
      expression: `setTimeout(() => process.getBuiltinModule('inspector').close(), 50)`,
    });
    return topFunctions(taken);
  } finally {
    inspector.close();
    await pause(500);
  }
}

function topFunctions({ nodes, samples, timeDeltas }: CpuProfile): TopFunction[] {
  const labels = new Map(nodes.map(({ id, callFrame }) => [id, label(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, i) => {
    const name = labels.get(id) ?? '';
    if (name === '(idle)' || name === '(root)') return;
    busy += timeDeltas[i];
    times.set(name, (times.get(name) ?? 0) + timeDeltas[i]);
  });
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shownFunctions)
    .map(([name, time]) => ({ name, share: round(time / busy, 3) }));
}

function label({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  const file = /(?:dist\/|node_modules\/|node:)(.+)$/.exec(url)?.[1];
  return file === undefined ? name : `${name} ${file}:${lineNumber + 1}`;
}

/** Just enough of the inspector's protocol. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #next = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const { id, result } = JSON.parse(data.toString()) as { id?: number; result?: unknown };
      if (id !== undefined) this.#waiting.get(id)?.(result);
    });
  }

  static async open(): Promise<Inspector> {
    const deadline = AbortSignal.timeout(openMs);
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`).catch(() => null);
      const [target] = answer ? ((await answer.json()) as { webSocketDebuggerUrl: string }[]) : [];
      if (answer && typeof target.webSocketDebuggerUrl === 'string') {
        const socket = new WebSocket(target.webSocketDebuggerUrl);
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
        return new Inspector(socket);
      }
      if (deadline.aborted) throw new Error('the inspector did not open');
      await pause(100);
    }
  }

  call(method: string, params: object = {}): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}
