import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { compilePlan } from './check.ts';
import { PlanError, type PlanProblem } from './errors.ts';
import type { Plan } from './plan.ts';
import { findTrunk, type Trunk } from './trunks.ts';
import type { PlanText } from './units.ts';
import { maxFileBytes } from './yaml.ts';

/** The part of the gateway's logger that is used here. */
export interface PlanLog {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

/** The plans of a folder, followed while they change. */
export interface Plans {
  /** The last good snapshot. A call takes it once and keeps it. */
  current(): Plan;
  /** The trunk whose sources hold this address; the most specific block wins. */
  findTrunk(address: string, transport: string, names?: readonly string[]): Trunk | null;
  /** What is wrong with the files as they are now; empty: they are what `current` is made of. */
  problems(): readonly PlanProblem[];
  /** Reads the files at once, without waiting for the watcher. Throws nothing; look at `problems`. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface PlansOptions {
  readonly log: PlanLog;
  /** A new snapshot counts from now on. */
  readonly onChange?: (plan: Plan) => void;
}

/** Editors save in several steps; what comes within this time is one change. */
const settleMs = 100;
/** How long the watcher may take to begin; without it the gateway runs, and files count at the next start. */
const watchDeadlineMs = 5_000;

/**
 * Reads a folder's plan and follows its changes. A later mistake changes nothing: the last good snapshot
 * stays, the problem is logged and stands in `problems()`. Throws `PlanError` when the plan is broken now.
 */
export async function openPlans(folder: string, { log, onChange }: PlansOptions): Promise<Plans> {
  let current = compilePlan(await readFolder(folder));
  let problems: readonly PlanProblem[] = [];
  let reloading = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const readAgain = async (): Promise<void> => {
    if (closed) return;
    try {
      const next = compilePlan(await readFolder(folder));
      const repaired = problems.length > 0;
      problems = [];
      if (next.version === current.version) {
        if (repaired) log.info({ version: current.version }, 'dial plan is as before, mistakes are gone');
        return;
      }
      current = next;
      log.info({ plan: next.name, version: next.version, rules: next.rules.length }, 'dial plan changed');
      onChange?.(next);
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      problems = error.problems;
      log.error({ problems, version: current.version }, 'dial plan has mistakes, the last good one stays');
    }
  };
  const reload = (): Promise<void> => {
    reloading = reloading.then(readAgain).catch((error: unknown) => {
      log.error({ err: error }, 'dial plan could not be read again');
    });
    return reloading;
  };
  const watcher = await watchFolder(folder, log, () => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void reload(), settleMs);
  });

  // A change between the first reading and the watcher's beginning would go unseen.
  await reload();
  return {
    current: () => current,
    findTrunk: (address, transport, names) => findTrunk(current.trunkIndex, address, transport, names),
    problems: () => problems,
    reload,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await watcher.close();
      await reloading;
    },
  };
}

/** Editors' hidden and backup files are no plans. */
function isPlanName(name: string): boolean {
  return /^[^.].*\.ya?ml$/.test(name);
}

async function readFolder(folder: string): Promise<PlanText[]> {
  try {
    const names = (await readdir(folder)).filter(isPlanName);
    return await Promise.all(names.map((name) => readPlanText(folder, name)));
  } catch (error) {
    if (error instanceof PlanError) throw error;
    throw unreadable(folder, 'the folder can’t be read', error);
  }
}

async function readPlanText(folder: string, name: string): Promise<PlanText> {
  const path = join(folder, name);
  try {
    // Looked at first, so that a huge file is not even read.
    const { size } = await stat(path);
    if (size > maxFileBytes) {
      const message = `the file has ${size} bytes, more than ${maxFileBytes}`;
      const remedy = 'Split it into several files.';
      throw new PlanError([{ file: name, line: 1, column: 1, code: 'PLAN_TOO_LARGE', message, remedy }]);
    }
    return { name, text: await readFile(path, 'utf8') };
  } catch (error) {
    if (error instanceof PlanError) throw error;
    throw unreadable(name, 'the file can’t be read', error);
  }
}

function unreadable(file: string, what: string, cause: unknown): PlanError {
  const message = `${what}: ${cause instanceof Error ? cause.message : String(cause)}`;
  const remedy = 'Check that it is there and that the gateway may read it.';
  return new PlanError([{ file, line: 1, column: 1, code: 'PLAN_UNREADABLE', message, remedy }], { cause });
}

async function watchFolder(folder: string, log: PlanLog, onChange: () => void): Promise<FSWatcher> {
  // Depth 0 follows symbolic links, which is how Kubernetes swaps the files of a ConfigMap.
  const watcher = watch(folder, { ignoreInitial: true, depth: 0 });
  watcher.on('error', (error) => log.warn({ err: error }, 'dial plan folder can’t be watched'));
  watcher.on('all', onChange);
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(() => {
      log.warn({ folder }, 'dial plan folder is not watched in time, changes may go unseen');
      resolve();
    }, watchDeadlineMs);
    watcher.once('ready', () => {
      clearTimeout(deadline);
      resolve();
    });
  });
  return watcher;
}
