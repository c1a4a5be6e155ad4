import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Tells a process from all others, on any machine, whatever its pid was or will be: the kernel's boot, the pid
 * namespace, the pid, and when it began. Empty where there is no /proc.
 */
export function processMark(pid: number | 'self' = 'self'): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; proc(5): the start time is the 20th field after it.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return '';
    return [boot, readlinkSync('/proc/self/ns/pid'), stat.split(' ')[0], fields[18]].join(' ');
  } catch {
    return '';
  }
}

/** Whether the process of a mark runs; null: from here that can't be seen. */
export function isRunning(mark: string): boolean | null {
  const [boot, namespace, pid] = mark.split(' ');
  const [ourBoot, ourNamespace] = processMark().split(' ');
  if (mark === '' || boot !== ourBoot || namespace !== ourNamespace) return null;
  return processMark(Number(pid)) === mark;
}
