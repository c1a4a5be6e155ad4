import type { PlacedRule } from '../compile.ts';
import type { PlanProblem } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { problemIn } from '../parse.ts';
import type { Plan, Rule } from '../plan.ts';
import { languages, type Language } from '../types.ts';
import type { NodePath } from '../yaml.ts';
import { NumberHomes } from './number-homes.ts';

/** Names of prompts by language: those that ship, and tenants' own by their folder. */
export interface PromptCatalog {
  readonly shipped: PromptNames;
  readonly tenants: Readonly<Record<string, PromptNames>>;
}

export type PromptNames = Readonly<Partial<Record<Language, readonly string[]>>>;

/** Prompts that rules name and nobody has, in the voice of whoever’s call it may be. */
export function missingPrompts(
  plan: Plan,
  placed: readonly PlacedRule[],
  catalog: PromptCatalog,
): PlanProblem[] {
  const shelf = new Shelf(catalog);
  const homes = new NumberHomes(plan);
  return placed.flatMap(({ rule, file, path }) => {
    const source = file.data.rules[Number(path.at(-1))].action;
    const named = [...promptsOf(source, [...path, 'action'])];
    if (named.length === 0) return [];
    const voices = voicesOf(plan, rule, homes);
    return named.flatMap(({ name, at, among }) => {
      // One voice that lacks it is enough; of what others lack the next check tells.
      for (const voice of voices) {
        const missing = shelf.missing(name, voice, among);
        if (missing.length > 0)
          return [problemIn(file, at, 'PLAN_UNKNOWN_PROMPT', ...inWords(name, voice, missing, shelf))];
      }
      return [];
    });
  });
}

/** How a tenant’s calls are spoken to. */
interface Voice {
  readonly tenant: string;
  /** Folder of its own prompts. */
  readonly brand: string | null;
  /** Null: the gateway’s. */
  readonly language: Language | null;
}

/** All that a rule’s calls may be spoken to in: by its own tenant, those of the numbers it takes, and its plan’s. */
function voicesOf(plan: Plan, rule: Rule, homes: NumberHomes): readonly Voice[] {
  const voices = homes.of(rule).map(({ tenant: numbers, language }): Voice => {
    const name = rule.tenant ?? numbers ?? rule.home.tenant;
    const tenant = plan.tenants.get(name);
    const spoken = rule.language ?? language ?? tenant?.language ?? rule.home.language;
    return { tenant: name, brand: tenant?.prompts ?? null, language: spoken };
  });
  return [...new Map(voices.map((voice) => [JSON.stringify(voice), voice])).values()];
}

function inWords(
  name: string,
  { tenant, brand }: Voice,
  missing: readonly Language[],
  shelf: Shelf,
): [message: string, remedy: string] {
  const where = brand === null ? '' : ` for the tenant "${tenant}", neither its own nor one that ships`;
  const message = `there is no prompt "${name}" in ${missing.join(' or ')}${where}`;
  const folder = brand === null ? 'the folder of the prompts' : `tenants/${brand}`;
  const files = missing.map((language) => `${language}/${name}.wav`).join(', ');
  const meant = didYouMean(name, shelf.names(brand, missing[0]));
  return [message, `${meant}Put ${files} into ${folder}, or name another.`];
}

/** What prompts there are. */
class Shelf {
  readonly #folders = new Map<string, ReadonlySet<string>>();

  constructor({ shipped, tenants }: PromptCatalog) {
    this.#add('', shipped);
    for (const [folder, names] of Object.entries(tenants)) this.#add(folder, names);
  }

  /** The languages that a prompt is asked for in and is not there. */
  missing(name: string, { brand, language }: Voice, among: readonly Language[] | null): readonly Language[] {
    const wanted = among ?? (language === null ? null : [language]);
    const missing = (wanted ?? languages).filter((one) => !this.#has(name, one, brand));
    // Of an unknown language any will do: the gateway falls back to what there is.
    return wanted === null && missing.length < languages.length ? [] : missing;
  }

  names(brand: string | null, language: Language): readonly string[] {
    const folders = brand === null ? [''] : [brand, ''];
    return folders.flatMap((folder) => [...(this.#folders.get(`${folder}/${language}`) ?? [])]);
  }

  #add(folder: string, names: PromptNames): void {
    for (const language of languages) this.#folders.set(`${folder}/${language}`, new Set(names[language]));
  }

  #has(name: string, language: Language, brand: string | null): boolean {
    if (this.#folders.get(`/${language}`)?.has(name)) return true;
    return brand !== null && this.#folders.get(`${brand}/${language}`)?.has(name) === true;
  }
}

interface Named {
  readonly name: string;
  readonly at: NodePath;
  /** The languages it is asked for in; null: the call's. */
  readonly among: readonly Language[] | null;
}

/** Wherever in an action there is a `prompt`, or `prompts` of asking for a PIN. */
function* promptsOf(node: unknown, at: NodePath, among: readonly Language[] | null = null): Generator<Named> {
  if (typeof node !== 'object' || node === null) return;
  const own = 'languages' in node ? (node.languages as readonly Language[]) : among;
  for (const [key, value] of Object.entries(node)) {
    const below = [...at, key];
    if (key === 'prompt' && typeof value === 'string') yield { name: value, at: below, among: own };
    else if (key === 'prompts') {
      for (const [which, name] of Object.entries(value as Record<string, string>)) {
        yield { name, at: [...below, which], among: own };
      }
    } else yield* promptsOf(value, below, own);
  }
}
