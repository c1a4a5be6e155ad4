import { PlanError, type PlanProblem } from './errors.ts';
import { knownNames } from './nearest.ts';
import { parseFragment, parsePlan, problemIn, type ParsedFile } from './parse.ts';
import type { PlanFile } from './schema/plan.ts';

/** A plan's text as it stands on disk or came by the API. */
export interface PlanText {
  /** For messages and the order of merging: `default.yaml`. */
  readonly name: string;
  readonly text: string;
}

/** A plan and the fragments it includes: they share its variables, secrets and tenant. */
export interface Unit {
  readonly plan: ParsedFile<PlanFile>;
  /** Included files first, in the order in which they are named; the plan itself is the last. */
  readonly files: readonly ParsedFile[];
}

/** By their path below the folder of the plans, `parts/holidays.yaml`. */
export type Fragments = Readonly<Record<string, string>>;

/** Includes within includes. */
const maxIncludeDepth = 5;

/** Reads plans, in the order of their names, with what they include; what is wrong goes to `problems`. */
export function readUnits(texts: readonly PlanText[], fragments: Fragments, problems: PlanProblem[]): Unit[] {
  const parsed = new Map<string, ParsedFile | null>();
  const ordered = [...texts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return ordered.flatMap(({ name, text }) => {
    const plan = attempt(() => parsePlan(name, text), problems);
    if (plan === null) return [];
    const files = new Map<string, ParsedFile>();
    include(plan, [], { fragments, parsed, files, problems });
    return [{ plan, files: [...files.values(), plan] }];
  });
}

interface Including {
  readonly fragments: Fragments;
  /** Of all plans; null: it has mistakes, which have been said. */
  readonly parsed: Map<string, ParsedFile | null>;
  /** Of this plan, in order; what is included twice counts once. */
  readonly files: Map<string, ParsedFile>;
  readonly problems: PlanProblem[];
}

function include(into: ParsedFile, above: readonly string[], including: Including): void {
  const { fragments, parsed, files, problems } = including;
  (into.data.include ?? []).forEach((path, index) => {
    const refuse = (
      code: 'PLAN_INCLUDE_LOOP' | 'PLAN_INCLUDE_MISSING',
      message: string,
      remedy: string,
    ): void => {
      problems.push(problemIn(into, ['include', index], code, message, remedy));
    };
    if (above.includes(path)) {
      const way = [...above, path].join(' → ');
      refuse('PLAN_INCLUDE_LOOP', `files include each other: ${way}`, 'Take one of the includes out.');
      return;
    }
    if (above.length >= maxIncludeDepth) {
      const message = `files include each other more than ${maxIncludeDepth} deep`;
      refuse('PLAN_INCLUDE_LOOP', message, 'Include them in the plan itself.');
      return;
    }
    const text = Object.hasOwn(fragments, path) ? fragments[path] : undefined;
    if (text === undefined) {
      const remedy = `${knownNames(path, Object.keys(fragments))} Files to include lie in folders below the plans’.`;
      refuse('PLAN_INCLUDE_MISSING', `there is no file "${path}"`, remedy);
      return;
    }
    let file = parsed.get(path);
    if (file === undefined) {
      file = attempt(() => parseFragment(path, text), problems);
      parsed.set(path, file);
    }
    if (file === null) return;
    include(file, [...above, path], including);
    files.set(path, file);
  });
}

function attempt<T>(parse: () => T, problems: PlanProblem[]): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}
