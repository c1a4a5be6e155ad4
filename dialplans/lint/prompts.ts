import type { PlacedRule } from '../compile.ts';
import type { PlanProblem } from '../errors.ts';
import { problemIn } from '../parse.ts';
import type { Plan } from '../plan.ts';
import { languages, type Language } from '../types.ts';
import type { NodePath } from '../yaml.ts';

/** Names of prompts by language: those that ship, and tenants' own by their folder. */
export interface PromptCatalog {
  readonly shipped: PromptNames;
  readonly tenants: Readonly<Record<string, PromptNames>>;
}

export type PromptNames = Readonly<Partial<Record<Language, readonly string[]>>>;

/** Prompts that rules name and nobody has. */
export function missingPrompts(
  plan: Plan,
  placed: readonly PlacedRule[],
  catalog: PromptCatalog,
): PlanProblem[] {
  const has = prepared(catalog);
  return placed.flatMap(({ rule, file, path }) => {
    const tenant = plan.tenants.get(rule.tenant ?? rule.home.tenant);
    const brand = tenant?.prompts ?? null;
    const spoken = rule.language ?? tenant?.language ?? rule.home.language;
    const source = file.data.rules[Number(path.at(-1))]?.action;
    return [...promptsOf(source, [...path, 'action'])].flatMap(({ name, at, among }) => {
      const wanted = among ?? (spoken === null ? null : [spoken]);
      const missing = (wanted ?? languages).filter((language) => !has(name, language, brand));
      // Of an unknown language any will do: the gateway falls back to what there is.
      if (wanted === null ? missing.length < languages.length : missing.length === 0) return [];
      const where = brand === null ? '' : `, neither of "${brand}" nor one that ships`;
      const message = `there is no prompt "${name}" in ${missing.join(' or ')}${where}`;
      const folder = brand === null ? 'the folder of the prompts' : `tenants/${brand}`;
      const remedy = `Put ${missing.map((language) => `${language}/${name}.wav`).join(', ')} into ${folder}, or name another.`;
      return [problemIn(file, at, 'PLAN_UNKNOWN_PROMPT', message, remedy)];
    });
  });
}

function prepared({ shipped, tenants }: PromptCatalog) {
  const known = new Set<string>();
  const add = (names: PromptNames, folder: string): void => {
    for (const language of languages) {
      for (const name of names[language] ?? []) known.add(`${folder}/${language}/${name}`);
    }
  };
  add(shipped, '');
  for (const [folder, names] of Object.entries(tenants)) add(names, folder);
  return (name: string, language: Language, brand: string | null): boolean =>
    known.has(`/${language}/${name}`) || (brand !== null && known.has(`${brand}/${language}/${name}`));
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
