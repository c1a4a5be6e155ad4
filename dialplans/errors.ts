/** Stable codes of what can be wrong with a plan. */
export type PlanProblemCode =
  | 'PLAN_NO_FILES'
  | 'PLAN_UNREADABLE'
  | 'PLAN_TOO_LARGE'
  | 'PLAN_YAML'
  | 'PLAN_SCHEMA'
  | 'PLAN_UNKNOWN_KEY'
  | 'PLAN_DUPLICATE_RULE'
  | 'PLAN_DUPLICATE_TRUNK'
  | 'PLAN_UNKNOWN_TRUNK'
  | 'PLAN_BAD_SOURCE'
  | 'PLAN_DUPLICATE_SOURCE'
  | 'PLAN_BAD_REGEX'
  | 'PLAN_BAD_TEMPLATE'
  | 'PLAN_UNKNOWN_VARIABLE'
  | 'PLAN_VARIABLE_CLASH'
  | 'PLAN_BAD_ROOM'
  | 'PLAN_BAD_NUMBER'
  | 'PLAN_BAD_HOLIDAY'
  | 'PLAN_UNKNOWN_HOLIDAYS'
  | 'PLAN_UNKNOWN_TENANT'
  | 'PLAN_DUPLICATE_TENANT'
  | 'PLAN_DUPLICATE_HOLIDAYS'
  | 'PLAN_DUPLICATE_NUMBER'
  | 'PLAN_UNKNOWN_SECRET'
  | 'PLAN_SECRET_PLACE'
  | 'PLAN_TRUNK_ONE_WAY'
  | 'PLAN_NO_TIME_ZONE'
  | 'PLAN_NEVER_MATCHES'
  | 'PLAN_MENU_DEPTH'
  | 'PLAN_NO_MENU_ABOVE'
  | 'PLAN_INCLUDE_MISSING'
  | 'PLAN_INCLUDE_LOOP'
  | 'PLAN_UNKNOWN_PROMPT'
  | 'PLAN_COSTLY'
  | 'PLAN_GO_TO_LOOP'
  | 'PLAN_GO_TO_NOWHERE'
  | 'PLAN_FOREIGN_NUMBER'
  | 'PLAN_DUPLICATE_TEST'
  | 'PLAN_TEST_FAILED'
  | 'PLAN_SHADOWED_RULE'
  /** The check itself did not come to its end. */
  | 'PLAN_NOT_CHECKED';

/** One thing that is wrong, where it stands, and what to do. Lines and columns count from 1. */
export interface PlanProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: PlanProblemCode;
  readonly message: string;
  readonly remedy: string;
}

/** `default.yaml:12:5: what is wrong (CODE). What to do.` */
export function formatProblem(problem: PlanProblem): string {
  const { file, line, column, message, code, remedy } = problem;
  return `${file}:${line}:${column}: ${message} (${code}). ${remedy}`;
}

/** By file, line and column. */
export function sortProblems(problems: readonly PlanProblem[]): PlanProblem[] {
  return [...problems].sort(
    (a, b) => Number(a.file > b.file) - Number(a.file < b.file) || a.line - b.line || a.column - b.column,
  );
}

/** The plan can't be used; `problems` has at least one entry, in the order of files and lines. */
export class PlanError extends Error {
  readonly code = 'PLAN_INVALID';
  readonly problems: readonly PlanProblem[];

  constructor(problems: readonly PlanProblem[], options?: ErrorOptions) {
    const sorted = sortProblems(problems);
    super(`The dial plan can't be used:\n${sorted.map(formatProblem).join('\n')}`, options);
    this.name = 'PlanError';
    this.problems = sorted;
  }
}
