/** CPU profiles of running Node processes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from './inspector.ts';
import { round } from './numbers.ts';

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
  const taken = await inspect(pid, async (call) => {
    await call('Profiler.enable');
    await call('Profiler.start');
    await pause(sampleMs);
    return ((await call('Profiler.stop')) as { profile: CpuProfile }).profile;
  });
  await writeFile(join(folder, `${name.replaceAll(' ', '-')}.cpuprofile`), JSON.stringify(taken));
  return topFunctions(taken);
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
