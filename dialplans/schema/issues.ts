import type { z } from 'zod';
import { didYouMean } from '../nearest.ts';
import { shorten } from '../texts.ts';

/** Something that a schema refuses, in words. */
export interface SchemaProblem {
  readonly path: readonly PropertyKey[];
  /** The key of that place is what is wrong, not its value. */
  readonly atKey: boolean;
  readonly code: 'PLAN_SCHEMA' | 'PLAN_UNKNOWN_KEY';
  readonly message: string;
  readonly remedy: string;
}

/** More unknown keys in one place are no typing errors. */
const maxUnknownKeys = 20;

/** What an issue says, of the value that was parsed: messages are as `schema/values.ts` writes them. */
export function problemsOf(issue: z.core.$ZodIssue, value: unknown): SchemaProblem[] {
  const path = writtenPath(issue.path, value);
  const where = placeInWords(path, value);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, maxUnknownKeys).map((key) => {
      const remedy = misplaced(path, key)
        ? 'It is a key of the rule: give it the same indentation as "name".'
        : `${didYouMean(key, issue.message.split(', '))}Known keys here: ${issue.message || 'none'}.`;
      const message = `${where} has no key "${shorten(key)}"`;
      return { path: [...path, key], atKey: true, code: 'PLAN_UNKNOWN_KEY', message, remedy };
    });
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'is not a usable name';
    const message = `the name ${where} ${why}`;
    return [{ path, atKey: true, code: 'PLAN_SCHEMA', message, remedy: 'Rename it.' }];
  }
  const there = isThere(value, path);
  const [reason = '', remedy = there ? 'Change the value.' : 'Add it.'] = issue.message.split('\n');
  const message = `${where} ${there ? '' : 'is missing; it '}${reason}`;
  return [{ path, atKey: false, code: 'PLAN_SCHEMA', message, remedy }];
}

/** A key of a rule that stands too deep within it. */
function misplaced([list, , ...below]: readonly PropertyKey[], key: string): boolean {
  return list === 'rules' && below.length > 0 && ['action', 'match', 'transform', 'priority'].includes(key);
}

/** The path as whoever wrote the value knows it: one value may stand for a list of one, a text for a mapping. */
function writtenPath(path: readonly PropertyKey[], value: unknown): PropertyKey[] {
  const written: PropertyKey[] = [];
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) {
      // What is missing altogether has no shorter form.
      if (at === undefined) written.push(step);
      continue;
    }
    if (typeof step === 'number' && !Array.isArray(at)) continue;
    written.push(step);
    at = Object.hasOwn(at, step) ? (at as Record<PropertyKey, unknown>)[step] : undefined;
  }
  return written;
}

/** What lists hold that a person knows by name. */
const nouns: Readonly<Partial<Record<string, string>>> = {
  rules: 'rule',
  tests: 'test',
  trunks: 'trunk',
  tenants: 'tenant',
  numbers: 'number',
};

/** `"match.called" of the rule "sales"`; without a name `"rules[2].match.called"`, counted from 1. */
function placeInWords(path: readonly PropertyKey[], value: unknown): string {
  if (path.length === 0) return 'the file';
  const [list, index, ...below] = path;
  const noun = nouns[String(list)];
  if (noun !== undefined && typeof index === 'number') {
    const one = valueAt(value, [list, index]) as Readonly<Record<string, unknown>> | undefined;
    const name = one?.name ?? one?.number;
    if (typeof name === 'string' && name !== '') {
      const whose = `the ${noun} "${shorten(name)}"`;
      return below.length === 0 ? whose : `"${shorten(pathInWords(below))}" of ${whose}`;
    }
  }
  return `"${shorten(pathInWords(path))}"`;
}

/** `rules[2].match.called` */
export function pathInWords(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step + 1}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

function isThere(value: unknown, path: readonly PropertyKey[]): boolean {
  return path.length === 0 || valueAt(value, path) !== undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}
