import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PromptCatalog, PromptNames } from '../../dialplans/lint/prompts.ts';
import { brandName, promptLanguages, promptName } from './prompts.ts';

/** What a dial plan may name of a prompt folder, as it is now. Whether each can be played the doctor says. */
export async function promptCatalog(folder: string): Promise<PromptCatalog> {
  const brands = (await namesIn(join(folder, 'tenants'))).filter((name) => brandName.test(name));
  const own = brands.map(async (brand) => [brand, await spokenIn(join(folder, 'tenants', brand))] as const);
  return { shipped: await spokenIn(folder), tenants: Object.fromEntries(await Promise.all(own)) };
}

async function spokenIn(folder: string): Promise<PromptNames> {
  const spoken = promptLanguages.map(async (language) => {
    const files = (await namesIn(join(folder, language))).filter((file) => file.endsWith('.wav'));
    return [
      language,
      files.map((file) => file.slice(0, -4)).filter((name) => promptName.test(name)),
    ] as const;
  });
  return Object.fromEntries(await Promise.all(spoken));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    // A tenant need not have all languages, nor a folder tenants.
    return [];
  }
}
