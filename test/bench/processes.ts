/** What the kernel counts of a process, from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** USER_HZ: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface ProcessFacts {
  /** User and system time of all threads so far, s. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
  /** Shared pages divided among those who share them, so that processes can be added up. */
  readonly pssMb: number;
  readonly sockets: number;
  readonly threads: number;
}

export function readProcess(pid: number): ProcessFacts {
  const fields = statFields(pid);
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    rssMb: kilobytes(rollup, 'Rss') / 1024,
    pssMb: kilobytes(rollup, 'Pss') / 1024,
    sockets: countSockets(pid),
    threads: Number(fields[17]),
  };
}

/** CPU seconds so far by thread name: what runs beside the event loop. */
export function readThreads(pid: number): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      const [name, fields] = split(stat);
      const label = Number(thread) === pid ? 'event loop' : name;
      const cpu = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
      seconds.set(label, (seconds.get(label) ?? 0) + cpu);
    } catch {
      // A thread that ended since the folder was read.
    }
  }
  return seconds;
}

/** All processes below this one, with their command lines. */
export function descendants(pid: number): { readonly pid: number; readonly command: string }[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statFields(Number(name))[1]));
    } catch {
      // Ended meanwhile.
    }
  }
  const below = (one: number): number[] =>
    [...parents].filter(([, parent]) => parent === one).flatMap(([child]) => [child, ...below(child)]);
  return below(pid).map((one) => ({
    pid: one,
    command: readFileSync(`/proc/${one}/cmdline`, 'utf8').replaceAll('\0', ' '),
  }));
}

function statFields(pid: number): string[] {
  return split(readFileSync(`/proc/${pid}/stat`, 'utf8'))[1];
}

/** proc(5): the name stands in parentheses and may hold blanks; fields are counted from the state on. */
function split(stat: string): [name: string, fields: string[]] {
  const end = stat.lastIndexOf(')');
  return [stat.slice(stat.indexOf('(') + 1, end), stat.slice(end + 2).split(' ')];
}

function kilobytes(rollup: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0);
}

function countSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
