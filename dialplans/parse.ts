import type { z } from 'zod';
import { PlanError, type PlanProblem, type PlanProblemCode } from './errors.ts';
import { problemsOf } from './schema/issues.ts';
import { fragmentFile, planFile, type FragmentFile, type PlanFile } from './schema/plan.ts';
import { readYaml, type Located, type NodePath } from './yaml.ts';

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
  if (source.value === null || source.value === '') throw new PlanError([nothingIn(source)]);
  const parsed = schema.safeParse(source.value);
  if (parsed.success) return { name, data: parsed.data, source };
  throw new PlanError(
    parsed.error.issues
      .slice(0, maxProblemsPerFile)
      .flatMap((issue) => problemsOf(issue, source.value))
      .map(({ path, atKey, code, message, remedy }) =>
        atKey
          ? source.problemAtKey(path, code, message, remedy)
          : source.problemAt(path, code, message, remedy),
      ),
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

function nothingIn(source: Located): PlanProblem {
  const remedy = 'Begin it with "version: 1"; dialplans/plans/default.yaml is one to copy.';
  return source.problemAt([], 'PLAN_SCHEMA', 'the file is empty', remedy);
}
