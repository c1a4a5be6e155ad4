import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import type { Snapshot } from '../diff.ts';
import { languages, type Language } from '../types.ts';
import type { PromptCatalog, PromptNames } from '../lint/prompts.ts';

/** Folders within folders of fragments. */
const maxDepth = 5;

/** A folder of plans with its fragments, or one plan and the fragments beside it. */
export async function readSnapshot(path: string): Promise<Snapshot> {
  const isFolder = (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const files = await yamlFiles(folder, 0);
  const plans = isFolder ? files.filter((file) => dirname(file) === folder) : [path];
  const fragments = files.filter((file) => dirname(file) !== folder);
  const read = async (file: string): Promise<[name: string, text: string]> => [
    relative(folder, file).split(sep).join('/'),
    await readFile(file, 'utf8'),
  ];
  const texts = await Promise.all(plans.map(read));
  return {
    texts: texts.map(([name, text]) => ({ name, text })),
    fragments: Object.fromEntries(await Promise.all(fragments.map(read))),
  };
}

/** Paths of all that `fmt` may lay out. */
export async function planPaths(path: string): Promise<readonly string[]> {
  return (await stat(path)).isDirectory() ? yamlFiles(path, 0) : [path];
}

/** Editors' hidden and backup files are no plans. */
async function yamlFiles(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith('.'))
      .map(async (entry): Promise<string[]> => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return depth < maxDepth ? yamlFiles(path, depth + 1) : [];
        return /\.ya?ml$/.test(entry.name) ? [path] : [];
      }),
  );
  return found.flat().sort();
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
