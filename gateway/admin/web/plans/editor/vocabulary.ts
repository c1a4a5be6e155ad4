import type { Schema } from './schema.ts';

/** Names of prompts by language: those that ship, and tenants' own by their folder. */
export interface PromptCatalog {
  readonly shipped: Readonly<Record<string, readonly string[]>>;
  readonly tenants: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** What completion knows beside the text itself; without it only names of the text are completed. */
export interface Vocabulary {
  readonly schema: Schema;
  readonly prompts: PromptCatalog;
}

export const noWords: Vocabulary = { schema: {}, prompts: { shipped: {}, tenants: {} } };

/** Every prompt with whose it is and in which languages: `ships: de, en`. */
export function promptsIn({ shipped, tenants }: PromptCatalog): ReadonlyMap<string, string> {
  const whose = [
    ['ships', shipped] as const,
    ...Object.entries(tenants).map(([tenant, spoken]) => [`of ${tenant}`, spoken] as const),
  ];
  const found = new Map<string, string[]>();
  for (const [owner, spoken] of whose) {
    for (const [name, languages] of byName(spoken)) {
      found.set(name, [...(found.get(name) ?? []), `${owner}: ${languages.join(', ')}`]);
    }
  }
  return new Map([...found].map(([name, owners]) => [name, owners.join('; ')]));
}

function byName(spoken: Readonly<Record<string, readonly string[]>>): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const [language, list] of Object.entries(spoken)) {
    for (const name of list) names.set(name, [...(names.get(name) ?? []), language]);
  }
  return names;
}
