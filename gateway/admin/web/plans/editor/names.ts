import type { Path, Scalar } from './yaml-scan.ts';

/** What the names of a text stand for. */
export interface Names {
  readonly trunks: readonly string[];
  readonly tenants: readonly string[];
  readonly holidays: readonly string[];
  readonly variables: readonly string[];
  readonly secrets: readonly string[];
  readonly numbers: readonly string[];
  readonly rules: readonly string[];
  readonly prompts: readonly string[];
}

/** All that a text defines or names. */
export function namesIn(scalars: readonly Scalar[]): Names {
  const values = scalars.filter(({ role }) => role === 'value');
  const named = (part: string, key: string): string[] =>
    texts(values.filter(({ path }) => path.length === 3 && path[0] === part && path[2] === key));
  const keysOf = (part: string): string[] =>
    texts(scalars.filter(({ role, path }) => role === 'key' && path.length === 2 && path[0] === part));
  const ownTenant = values.filter(({ path }) => path.length === 1 && path[0] === 'tenant');
  return {
    trunks: named('trunks', 'name'),
    tenants: [...new Set([...named('tenants', 'name'), ...texts(ownTenant)])],
    holidays: keysOf('holidays'),
    variables: keysOf('variables'),
    secrets: keysOf('secrets'),
    numbers: named('numbers', 'number'),
    rules: named('rules', 'name'),
    prompts: texts(values.filter(({ path }) => isPromptAt(path))),
  };
}

/** Those that may stand at a place. */
export function namesAt(path: Path, names: Names): readonly string[] {
  // A list takes what a single one would be.
  const place = path.filter((step) => typeof step === 'string');
  const [parent, last] = [place.at(-2), place.at(-1)];
  if (isPromptAt(path)) return names.prompts;
  switch (last) {
    case 'trunk':
      return parent === 'match' ? [...names.trunks, 'none'] : names.trunks;
    case 'tenant':
      return names.tenants;
    case 'on':
    case 'not':
      return parent === 'time' ? names.holidays : [];
    case 'rule':
      return names.rules;
    case 'called':
    case 'e164':
      return names.numbers;
    default:
      return [];
  }
}

/** A prompt's name is wanted there. */
export function isPromptAt(path: Path): boolean {
  return path[0] === 'rules' && (path.at(-1) === 'prompt' || path.at(-2) === 'prompts');
}

/** The folder of a tenant's own prompts is wanted there. */
export const isBrandAt = (path: Path): boolean =>
  path.length === 3 && path[0] === 'tenants' && path[2] === 'prompts';

const texts = (scalars: readonly Scalar[]): string[] => [...new Set(scalars.map(({ text }) => text))];
