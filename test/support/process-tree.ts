import { readFileSync, readdirSync } from 'node:fs';

/** All processes below this one, by what /proc says now. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const parent = /^\d+$/.test(entry) ? parentOf(Number(entry)) : null;
    if (parent !== null) parents.set(Number(entry), parent);
  }
  const found: number[] = [];
  const below = (of: number): void => {
    for (const [child, parent] of parents) {
      if (parent !== of) continue;
      found.push(child);
      below(child);
    }
  };
  below(pid);
  return found;
}

/** Those of the processes that still run; one that only waits to be reaped doesn't. */
export function stillRunning(pids: readonly number[]): number[] {
  return pids.filter((pid) => parentOf(pid) !== null);
}

export function isAlive(pid: number): boolean {
  return parentOf(pid) !== null;
}

/** Its command line, words joined by spaces; empty when it is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name may hold anything, spaces and brackets too.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? null : Number(parent);
  } catch {
    return null;
  }
}
