import { spawn } from 'node:child_process';
import { once } from 'node:events';

const readyMs = 20_000;
const killMs = 5000;

/** A program that runs until it is closed. */
export interface ReadyChild {
  readonly pid: number;
  close(): Promise<void>;
}

/** Starts a program and waits until it prints `ready`. Throws with the end of its output when that doesn't come. */
export async function startUntilReady(
  program: string,
  args: readonly string[],
  ready: string,
): Promise<ReadyChild> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit').catch(() => undefined);
  const close = async (): Promise<void> => {
    if (child.pid === undefined) return;
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), killMs);
    await exited;
    clearTimeout(killer);
  };
  let output = '';
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not within ${readyMs} ms`)), readyMs);
      const read = (chunk: Buffer): void => {
        // Enough to find the word in, and to tell why it never came.
        output = (output + chunk.toString()).slice(-4000);
        if (!output.includes(ready)) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
  } catch (error) {
    await close();
    throw new Error(`${program} did not start:\n${output}`, { cause: error });
  }
  return { pid: child.pid ?? 0, close };
}
