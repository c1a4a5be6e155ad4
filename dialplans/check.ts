import { createHash } from 'node:crypto';
import { compileUnits, type PlacedRule, type PlanSource } from './compile.ts';
import { formatProblem, PlanError, sortProblems, type PlanProblem } from './errors.ts';
import { costProblems } from './lint/cost.ts';
import { goToLoops, goToNowhere } from './lint/loops.ts';
import { foreignNumbers } from './lint/numbers.ts';
import { missingPrompts, type PromptCatalog } from './lint/prompts.ts';
import { shadowedRules } from './lint/shadow.ts';
import { problemIn } from './parse.ts';
import type { Plan } from './plan.ts';
import { runToEnd } from './steps.ts';
import { runTests, type TestResult } from './tests.ts';
import { readUnits, type Fragments, type PlanText, type Unit } from './units.ts';

/** What plans are checked against besides themselves. */
export interface CheckContext {
  /** Files that plans may include. */
  readonly fragments: Fragments;
  /** Null: prompts are not looked for. */
  readonly prompts: PromptCatalog | null;
}

/** The one check of all doors: `plan` is null exactly when there are problems. */
export interface PlanCheck {
  readonly plan: Plan | null;
  /** In the order of files and lines. */
  readonly problems: readonly PlanProblem[];
  /** Of the plans' own tests; none when the plans are too broken to run them. */
  readonly tests: readonly TestResult[];
}

/** Nobody reads more. */
const maxProblems = 200;

export const plainContext: CheckContext = { fragments: {}, prompts: null };

/** Checks plans, which make one dial plan in the order of their names, and compiles them. Throws nothing. */
export function checkPlan(texts: readonly PlanText[], context: CheckContext = plainContext): PlanCheck {
  return checkSource(texts, context).check;
}

export interface CheckedSource {
  readonly check: PlanCheck;
  /** What the plan can be compiled from elsewhere. */
  readonly source: PlanSource;
}

/** The same at once, with the plan's source. */
export function checkSource(texts: readonly PlanText[], context: CheckContext): CheckedSource {
  return runToEnd(checkSteps(texts, context));
}

/** The same in steps, for who has other things to do; reading the texts is one of them. */
export function* checkSteps(
  texts: readonly PlanText[],
  context: CheckContext,
): Generator<void, CheckedSource> {
  const problems: PlanProblem[] = texts.length === 0 ? [noFiles] : [];
  const units = readUnits(texts, context.fragments, problems);
  yield;
  const source = { version: versionOf(texts, units, context.fragments), units };
  // What is said across files (trunks, shadowing) only makes sense when each file is sound.
  if (problems.length > 0) return { check: failed(problems), source };
  const compiled = yield* compileUnits(source, problems);
  if (problems.length > 0) return { check: failed(problems), source };
  const { plan, placed } = compiled;
  problems.push(...shadowedRules(placed), ...costProblems(plan, placed));
  yield;
  problems.push(...goToLoops(placed), ...goToNowhere(placed), ...foreignNumbers(plan, placed));
  yield;
  if (context.prompts !== null) problems.push(...missingPrompts(plan, placed, context.prompts));
  if (problems.length > 0) return { check: failed(problems), source };
  const tests = runTests(plan);
  problems.push(...testProblems(units, tests));
  return { check: problems.length > 0 ? failed(problems, tests) : { plan, problems: [], tests }, source };
}

/** The plan, or a `PlanError` with everything that is wrong. */
export function compilePlan(texts: readonly PlanText[], context: CheckContext = plainContext): Plan {
  const { plan, problems } = checkPlan(texts, context);
  if (plan === null) throw new PlanError(problems);
  return plan;
}

function failed(problems: readonly PlanProblem[], tests: readonly TestResult[] = []): PlanCheck {
  // A list that stands twice by an alias would say everything twice.
  const once = [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
  return { plan: null, problems: sortProblems(once).slice(0, maxProblems), tests };
}

const noFiles: PlanProblem = {
  file: '(no file)',
  line: 1,
  column: 1,
  code: 'PLAN_NO_FILES',
  message: 'there is no plan',
  remedy: 'Put a *.yaml file into the folder; dialplans/plans/default.yaml is one to copy.',
};

function versionOf(texts: readonly PlanText[], units: readonly Unit[], fragments: Fragments): string {
  const hash = createHash('sha256');
  const ordered = [...texts].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const { name, text } of ordered) hash.update(JSON.stringify([name, text]));
  const included = new Set(units.flatMap(({ files, plan }) => files.filter((file) => file !== plan)));
  for (const { name } of included) hash.update(JSON.stringify([name, fragments[name]]));
  return hash.digest('hex').slice(0, 12);
}

/** Tests run in the order in which they stand, so that each result has its place. */
function testProblems(units: readonly Unit[], results: readonly TestResult[]): PlanProblem[] {
  const placed = units.flatMap(({ files }) =>
    files.flatMap((file) =>
      file.data.tests.map((_, index): Pick<PlacedRule, 'file' | 'path'> => ({
        file,
        path: ['tests', index],
      })),
    ),
  );
  return results.flatMap(({ name, failures }, place) => {
    const at = placed.at(place);
    if (at === undefined) return [];
    return failures.map(({ path, message, remedy }) =>
      problemIn(
        at.file,
        [...at.path, ...path],
        'PLAN_TEST_FAILED',
        `the test "${name}" fails: ${message}`,
        remedy,
      ),
    );
  });
}
