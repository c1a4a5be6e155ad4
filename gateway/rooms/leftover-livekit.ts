import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../ports.ts';

/** A killed process is gone within milliseconds; one that nobody reaps never is, though its ports are free. */
const goneMs = 2000;

/** Keeps in the data folder which LiveKit is this gateway's, so that a later start knows what a crash left behind. */
export function noteLiveKit(dataFolder: string, pid: number): void {
  writeFileSync(fileIn(dataFolder), `${pid} ${process.pid}`);
}

export function forgetLiveKit(dataFolder: string): void {
  rmSync(fileIn(dataFolder), { force: true });
}

/**
 * After a kill -9 of the gateway its LiveKit is still there and holds the ports; this ends it. One whose gateway
 * runs stays. Where there is no /proc nothing happens, and the ports are found in use.
 */
export async function endLeftoverLiveKit(dataFolder: string, binary: string, log: Log): Promise<void> {
  let pid: number;
  try {
    const [noted, owner] = readFileSync(fileIn(dataFolder), 'utf8').split(' ').map(Number);
    if (!readFileSync(`/proc/${noted}/cmdline`, 'utf8').startsWith(`${binary}\0`)) return;
    if (parentOf(noted) === owner) return;
    pid = noted;
    process.kill(pid, 'SIGKILL');
  } catch {
    return;
  }
  log.info({ pid }, 'ended the LiveKit that an earlier run left behind');
  const endMs = performance.now() + goneMs;
  while (isRunning(pid) && performance.now() < endMs) await pause(10);
}

function fileIn(dataFolder: string): string {
  return join(dataFolder, 'livekit.pid');
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
