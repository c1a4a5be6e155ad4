import type { z } from 'zod';
import { PlanError, type PlanProblem, type PlanProblemCode } from './errors.ts';
import { fragmentFile, planFile, type FragmentFile, type PlanFile } from './schema/plan.ts';
import { readYaml, shorten, type Located, type NodePath } from './yaml.ts';

/** A file that has passed its schema; what is said across files and rules is not looked at yet. */
export interface ParsedFile<T extends FragmentFile = FragmentFile> {
  readonly name: string;
  readonly data: T;
  /** Where things stand; null: it was checked elsewhere, and nothing can be wrong with it any more. */
  readonly source: Located | null;
}

const maxProblemsPerFile = 20;

/** Parses and checks one plan's text by itself. Throws `PlanError` and nothing else. */
export function parsePlan(name: string, text: string): ParsedFile<PlanFile> {
  return parseFile(name, text, planFile);
}

/** The same for a file that plans include. */
export function parseFragment(name: string, text: string): ParsedFile {
  return parseFile(name, text, fragmentFile);
}

function parseFile<T extends FragmentFile>(name: string, text: string, schema: z.ZodType<T>): ParsedFile<T> {
  const source = readYaml(name, text);
  const parsed = schema.safeParse(source.value);
  if (parsed.success) return { name, data: parsed.data, source };
  throw new PlanError(
    parsed.error.issues.slice(0, maxProblemsPerFile).flatMap((issue) => problemsOf(issue, source)),
  );
}

/** A problem at a place of a file; a file without places has none. */
export function problemIn(
  { name, source }: ParsedFile,
  path: NodePath,
  code: PlanProblemCode,
  message: string,
  remedy: string,
): PlanProblem {
  if (source === null) throw new Error(`${name} was checked before, yet ${message} (${code})`);
  return source.problemAt(path, code, message, remedy);
}

function problemsOf(issue: z.core.$ZodIssue, source: Located): PlanProblem[] {
  const where = issue.path.length === 0 ? 'the file' : `"${shorten(pathInWords(issue.path))}"`;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, maxProblemsPerFile)
      .map((key) =>
        source.problemAtKey(
          [...issue.path, key],
          'PLAN_UNKNOWN_KEY',
          `${where} has no key "${shorten(key)}"`,
          issue.message,
        ),
      );
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'is not a usable name';
    return [source.problemAtKey(issue.path, 'PLAN_SCHEMA', `the name ${where} ${why}`, 'Rename it.')];
  }
  const missing = issue.code === 'invalid_type' && !isThere(source.value, issue.path);
  const message = missing ? `${where} is missing; it ${issue.message}` : `${where} ${issue.message}`;
  const remedy = missing ? 'Add it.' : 'Change the value.';
  return [source.problemAt(issue.path, 'PLAN_SCHEMA', message, remedy)];
}

/** `rules[2].match.called` */
export function pathInWords(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step + 1}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

function isThere(value: unknown, path: readonly PropertyKey[]): boolean {
  let at: unknown = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return true;
}
