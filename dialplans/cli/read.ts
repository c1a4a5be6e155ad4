import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Snapshot } from '../diff.ts';
import { readPlanFolder } from '../folder.ts';
import type { PromptCatalog, PromptNames } from '../lint/prompts.ts';
import { languages, type Language } from '../types.ts';

/** A folder of plans with its fragments, or one plan and the fragments below its folder. */
export async function readSnapshot(path: string): Promise<Snapshot> {
  if ((await stat(path)).isDirectory()) return readPlanFolder(path);
  const { texts, fragments } = await readPlanFolder(dirname(path));
  return { texts: texts.filter(({ name }) => name === basename(path)), fragments };
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
