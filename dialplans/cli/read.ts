import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Snapshot } from '../diff.ts';
import { readPlanFolder } from '../folder.ts';
import type { PromptCatalog, PromptNames } from '../lint/prompts.ts';
import { PlanError } from '../errors.ts';
import { includePath } from '../schema/plan.ts';
import { languages, type Language } from '../types.ts';
import type { PlanText } from '../units.ts';
import { maxFileBytes, readYaml } from '../yaml.ts';
import { UsageError } from './options.ts';

/** What stands for a plan on standard input. */
export const standardInput = '-';

/** Where plans are looked for besides the path that is named. */
export interface Surroundings {
  /** The folder whose fragments a plan on standard input may include. */
  readonly plans: string;
  readonly stdin: () => Promise<string>;
}

/** A folder of plans with its fragments, or one plan, a file or piped in, and the fragments below its folder. */
export async function readSnapshot(path: string, { plans, stdin }: Surroundings): Promise<Snapshot> {
  if (path === standardInput) return withIncludes({ name: '(standard input)', text: await stdin() }, plans);
  const about = await stat(path);
  if (about.isDirectory()) return readPlanFolder(path);
  if (about.size > maxFileBytes)
    throw new UsageError(`${path} has ${about.size} bytes, more than ${maxFileBytes}`);
  return withIncludes({ name: basename(path), text: await readFile(path, 'utf8') }, dirname(path));
}

/** Reads what a plan includes, and what that includes, and nothing else of its folder. */
async function withIncludes(plan: PlanText, folder: string): Promise<Snapshot> {
  const fragments: Record<string, string> = {};
  const pending = [plan.text];
  for (let text = pending.pop(); text !== undefined; text = pending.pop()) {
    for (const name of includesOf(text)) {
      if (Object.hasOwn(fragments, name)) continue;
      // What is not there the check tells.
      const included = await readFile(join(folder, name), 'utf8').catch(() => null);
      if (included === null) continue;
      fragments[name] = included;
      pending.push(included);
    }
  }
  return { texts: [plan], fragments };
}

function includesOf(text: string): readonly string[] {
  try {
    const { value } = readYaml('', text);
    const { include } = (value ?? {}) as { readonly include?: unknown };
    const names: readonly unknown[] = Array.isArray(include) ? include : [];
    return names.filter((name) => typeof name === 'string' && includePath.test(name)) as string[];
  } catch (error) {
    if (error instanceof PlanError) return [];
    throw error;
  }
}

/** Paths of all that `fmt` may lay out. */
export async function planPaths(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const { texts, fragments } = await readPlanFolder(path);
  return [...texts.map(({ name }) => name), ...Object.keys(fragments)].map((name) => join(path, name));
}

/** The prompts of a folder: `en/welcome.wav`, `tenants/acme/de/welcome.wav`. */
export async function readPrompts(folder: string): Promise<PromptCatalog> {
  const tenants = await readdir(join(folder, 'tenants'), { withFileTypes: true }).catch(() => []);
  const own = await Promise.all(
    tenants
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) => [name, await namesIn(join(folder, 'tenants', name))] as const),
  );
  return { shipped: await namesIn(folder), tenants: Object.fromEntries(own) };
}

async function namesIn(folder: string): Promise<PromptNames> {
  const names: Partial<Record<Language, readonly string[]>> = {};
  for (const language of languages) {
    const files = await readdir(join(folder, language)).catch(() => []);
    names[language] = files.map((file) => basename(file, extname(file)));
  }
  return names;
}
