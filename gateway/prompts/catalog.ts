import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PromptCatalog, PromptNames } from '../../dialplans/lint/prompts.ts';
import { brandName, promptLanguages, promptName } from './prompts.ts';

/** What a dial plan may name of a prompt folder, as it is now. Whether each can be played the doctor says. */
export function promptCatalog(folder: string): PromptCatalog {
  const brands = namesIn(join(folder, 'tenants')).filter((name) => brandName.test(name));
  return {
    shipped: spokenIn(folder),
    tenants: Object.fromEntries(brands.map((brand) => [brand, spokenIn(join(folder, 'tenants', brand))])),
  };
}

function spokenIn(folder: string): PromptNames {
  return Object.fromEntries(
    promptLanguages.map((language) => {
      const files = namesIn(join(folder, language)).filter((file) => file.endsWith('.wav'));
      return [language, files.map((file) => file.slice(0, -4)).filter((name) => promptName.test(name))];
    }),
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A tenant need not have all languages, nor a folder tenants.
    return [];
  }
}
