/** What each bench is as a program: it reads its options, ends in time, closes what it opened, keeps its figures. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../gateway/errors.ts';
import type { OnClose } from './bed.ts';

export const folder = fileURLToPath(new URL('../../report/bench', import.meta.url));

const closers: (() => Promise<void> | void)[] = [];

export const onClose: OnClose = (close) => closers.push(close);

/** The last that was opened first. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export interface BenchProgram<Options, Result> {
  readonly usage: string;
  /** Of `report/bench`, for all figures. */
  readonly file: string;
  /** Throws with what is wrong. */
  readonly parse: (argv: readonly string[]) => Options;
  /** Whatever hangs, nothing of it outlives this. */
  readonly longestMs: (options: Options) => number;
  readonly run: (options: Options) => Promise<Result>;
  /** What is printed. */
  readonly show: (result: Result) => readonly string[];
}

export async function runBench<Options, Result>(bench: BenchProgram<Options, Result>): Promise<void> {
  let options: Options;
  try {
    options = bench.parse(process.argv.slice(2));
  } catch (error) {
    say(`${messageOf(error)}\n\n${bench.usage}`);
    process.exitCode = 2;
    return;
  }
  const allowedMs = bench.longestMs(options);
  const guard = setTimeout(() => {
    say(`stopped: not finished after ${allowedMs / 60_000} minutes`);
    process.exitCode = 1;
    void closeAll().finally(() => process.exit());
  }, allowedMs);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void closeAll().finally(() => process.exit(130)));
  try {
    await mkdir(folder, { recursive: true });
    const result = await bench.run(options);
    const path = join(folder, bench.file);
    await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
    console.log(`\n${[...bench.show(result), `All figures: ${path}`].join('\n\n')}`);
  } finally {
    clearTimeout(guard);
    await closeAll();
  }
}
