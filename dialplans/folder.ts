import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { PlanError, type PlanProblem } from './errors.ts';
import type { Fragments, PlanText } from './units.ts';
import { maxFileBytes } from './yaml.ts';

/** The part of the gateway's logger that is used here. */
export interface PlanLog {
  warn(facts: object, sentence: string): void;
}

/** What a folder of plans holds. */
export interface PlanFiles {
  /** The plans, in the order of their names: the folder's own `*.yaml`. */
  readonly texts: readonly PlanText[];
  /** What plans may include: those in folders below. */
  readonly fragments: Fragments;
}

/** The plans of a folder as texts, followed while they change. */
export interface PlanFolder {
  /** As they were last read well. */
  files(): PlanFiles;
  /** Why they can't be read now; empty: `files` is what is there. */
  problems(): readonly PlanProblem[];
  /** Reads the files at once, without waiting for the watcher. Throws nothing; look at `problems`. */
  reload(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface PlanFolderOptions {
  readonly log: PlanLog;
  /** The texts, or why they can't be read, are other ones now. `reload` resolves after what this returns. */
  readonly onChange: () => Promise<void> | void;
}

/** Editors save in several steps; what comes within this time is one change. */
const settleMs = 100;
/** Folders within folders. */
const maxDepth = 4;
/** How long the watcher may take to begin; without it the gateway runs, and files count at the next start. */
const watchDeadlineMs = 5_000;

/** Reads a folder's plans and follows their changes. Throws `PlanError` when they can't be read now. */
export async function openPlanFolder(
  folder: string,
  { log, onChange }: PlanFolderOptions,
): Promise<PlanFolder> {
  let files = await readPlanFolder(folder);
  let problems: readonly PlanProblem[] = [];
  let reloading = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const readAgain = async (): Promise<void> => {
    if (closed) return;
    const before = JSON.stringify([files, problems]);
    try {
      files = await readPlanFolder(folder);
      problems = [];
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      problems = error.problems;
    }
    if (JSON.stringify([files, problems]) !== before) await onChange();
  };
  const reload = (): Promise<void> => {
    reloading = reloading.then(readAgain).catch((error: unknown) => {
      log.warn({ err: error }, 'dial plan could not be read again');
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
    files: () => files,
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

/** Throws `PlanError` when the plans, or what they may include, can't be read. */
export async function readPlanFolder(folder: string): Promise<PlanFiles> {
  try {
    const names = await planNames(folder, '', 0);
    const all = await Promise.all(names.sort().map((name) => readPlanText(folder, name)));
    const [below, texts] = [
      all.filter(({ name }) => name.includes('/')),
      all.filter(({ name }) => !name.includes('/')),
    ];
    return { texts, fragments: Object.fromEntries(below.map(({ name, text }) => [name, text])) };
  } catch (error) {
    if (error instanceof PlanError) throw error;
    throw unreadable(folder, 'the folder can’t be read', error);
  }
}

/** Paths below the folder, as `include` names them. */
async function planNames(folder: string, below: string, depth: number): Promise<string[]> {
  const entries = await readdir(join(folder, below));
  const found = await Promise.all(
    entries
      .filter((name) => !name.startsWith('.'))
      .map(async (name) => {
        const path = below === '' ? name : `${below}/${name}`;
        // By `stat`, which follows symbolic links: so do ConfigMaps come.
        const isFolder = depth < maxDepth && !isPlanName(name) && (await isDirectory(join(folder, path)));
        if (isFolder) return planNames(folder, path, depth + 1);
        return isPlanName(name) ? [path] : [];
      }),
  );
  return found.flat();
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // It went away meanwhile, or leads nowhere.
    return false;
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
  // It follows symbolic links, which is how Kubernetes swaps the files of a ConfigMap.
  const watcher = watch(folder, { ignoreInitial: true, depth: maxDepth });
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
