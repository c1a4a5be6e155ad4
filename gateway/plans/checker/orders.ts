import { checkSteps, type CheckContext } from '../../../dialplans/check.ts';
import type { PlanProblem } from '../../../dialplans/errors.ts';
import { explainBriefly } from '../../../dialplans/resolve.ts';
import type { TestResult } from '../../../dialplans/tests.ts';
import { arrivingAt, type TriedCall } from '../../../dialplans/tried.ts';
import type { Resolution } from '../../../dialplans/types.ts';
import type { PlanText } from '../../../dialplans/units.ts';
import { countsOf, planChanges, textDiff } from '../changes.ts';
import type { PlanChange, PlanCounts, PlanVersionText } from '../changes.ts';

/** All texts that count together, and what they are checked against. */
interface Whole {
  readonly texts: readonly PlanText[];
  readonly context: CheckContext;
}

/** What is asked of plans' texts. */
export type Order =
  /** The plan, to decide calls by. */
  | ({ readonly kind: 'plan' } & Whole)
  /** What publishing would do: `after` in place of `before`. */
  | ({ readonly kind: 'trial'; readonly before: string; readonly after: string } & Whole)
  /** Where a call would go. */
  | ({ readonly kind: 'explanation'; readonly tried: TriedCall } & Whole)
  | { readonly kind: 'counts'; readonly text: string }
  | { readonly kind: 'difference'; readonly before: PlanVersionText; readonly after: PlanVersionText };

/** Orders whose answer is plain data. */
export type Question = Exclude<Order, { kind: 'plan' }>;

export interface Trial {
  readonly problems: readonly PlanProblem[];
  readonly tests: readonly TestResult[];
  readonly changes: readonly PlanChange[];
}

export interface Difference {
  /** Unified; empty: nothing differs. */
  readonly text: string;
  readonly changes: readonly PlanChange[];
}

export interface Answers {
  readonly trial: Trial;
  readonly explanation:
    | { readonly resolution: Resolution }
    | { readonly resolution: null; readonly problems: readonly PlanProblem[] };
  readonly counts: PlanCounts;
  readonly difference: Difference;
}

export type Answer = Answers[keyof Answers];

/** Pure; in steps. Wherever plans are checked, it is by `checkSteps`. */
export function* answerSteps(question: Question): Generator<void, Answer> {
  switch (question.kind) {
    case 'trial': {
      const { check } = yield* checkSteps(question.texts, question.context);
      const { problems, tests } = check;
      return { problems, tests, changes: planChanges(question.before, question.after) };
    }
    case 'explanation': {
      const { plan, problems } = (yield* checkSteps(question.texts, question.context)).check;
      if (plan === null) return { resolution: null, problems };
      return { resolution: explainBriefly(plan, arrivingAt(plan, question.tried)) };
    }
    case 'counts':
      return countsOf(question.text);
    case 'difference': {
      const { before, after } = question;
      return { text: textDiff(before, after), changes: planChanges(before.text, after.text) };
    }
  }
}

/** How much there is to read, UTF-16 units. */
export function sizeOf(order: Order): number {
  switch (order.kind) {
    case 'plan':
    case 'explanation':
      return sizeOfWhole(order);
    case 'trial':
      return sizeOfWhole(order) + order.before.length;
    case 'counts':
      return order.text.length;
    case 'difference':
      return order.before.text.length + order.after.text.length;
  }
}

function sizeOfWhole({ texts, context }: Whole): number {
  const all = [...texts.map(({ text }) => text), ...Object.values(context.fragments)];
  return all.reduce((sum, text) => sum + text.length, 0);
}
