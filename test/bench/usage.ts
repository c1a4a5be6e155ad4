import { loadavg } from 'node:os';
import { round } from './numbers.ts';
import { readProcess } from './processes.ts';
import type { ProcessFacts } from './processes.ts';

/** All processes of the test bed at one moment. */
export interface Snapshot {
  readonly atMs: number;
  readonly load: number;
  readonly processes: ReadonlyMap<string, ProcessFacts>;
}

/** What belongs to the product; the SFU and the load are told beside it. */
export const ours = [
  'gateway',
  'SIP edge',
  'media node',
  'media node stand-by',
  'engine',
  'engine stand-by',
  'idle engine',
  'picture process',
  'picture process stand-by',
  'drawing process',
];

export function snapshot(pids: ReadonlyMap<string, number>): Snapshot {
  const processes = new Map([...pids].map(([name, pid]) => [name, readProcess(pid)]));
  return { atMs: performance.now(), load: round(loadavg()[0], 1), processes };
}

/** CPU seconds per second of each process between two snapshots. */
export function coresBetween(from: Snapshot, to: Snapshot): Record<string, number> {
  const seconds = (to.atMs - from.atMs) / 1000;
  return Object.fromEntries(
    [...to.processes].map(([name, { cpuSeconds }]) => [
      name,
      (cpuSeconds - (from.processes.get(name)?.cpuSeconds ?? 0)) / seconds,
    ]),
  );
}

export function sumOf(names: readonly string[], values: Readonly<Record<string, number>>): number {
  return names.reduce((sum, name) => sum + (values[name] ?? 0), 0);
}

export function valuesOf(from: Snapshot, key: keyof ProcessFacts): Record<string, number> {
  return Object.fromEntries([...from.processes].map(([name, facts]) => [name, facts[key]]));
}
