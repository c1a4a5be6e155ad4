import type { PlacedRule } from '../compile.ts';
import type { Condition } from '../conditions.ts';
import type { PlanProblem } from '../errors.ts';
import type { RuleIndex, TextTable } from '../rule-index.ts';
import { problemIn } from '../parse.ts';
import type { Plan, Rule } from '../plan.ts';

/** What the regexes of one call may cost, in those of a number's that have to be tried: some 0.1 ms. */
export const maxRegexCost = 120;
/** Rules that one call may have to look at: some 0.1 ms. */
export const maxRulesPerCall = 1000;
/** Steps of all compiled regexes: some tens of megabytes. */
export const maxRegexSteps = 400_000;

/** Addresses and header fields are longer than numbers. */
export const longTextCost = 3;
/** Looking for a fixed text is enough to pass a regex over; shorter ones stand in many numbers. */
const fixedTextCost = 0.2;
const shortestFixed = 3;

/** Plans whose rules or regexes would cost too much: each call, or in memory. */
export function costProblems(plan: Plan, placed: readonly PlacedRule[]): PlanProblem[] {
  return [...tooLarge(placed), ...tooManyRules(plan, placed), ...tooManyRegexes(plan, placed)];
}

function tooLarge(placed: readonly PlacedRule[]): PlanProblem[] {
  let steps = 0;
  for (const { rule, file, path } of placed) {
    for (const condition of rule.conditions)
      if (condition.kind === 'regex') steps += condition.regex.programSize();
    for (const step of [...(rule.transform?.called ?? []), ...(rule.transform?.calling ?? [])]) {
      if (step.kind === 'rewrite') steps += step.regex.programSize();
    }
    if (steps <= maxRegexSteps) continue;
    const message = `the regular expressions of the plan are too large: more than ${maxRegexSteps} steps from here on`;
    const remedy = 'Use exact texts, prefixes or fewer counted repeats.';
    return [problemIn(file, [...path, 'match'], 'PLAN_COSTLY', message, remedy)];
  }
  return [];
}

function tooManyRules({ index }: Plan, placed: readonly PlacedRule[]): PlanProblem[] {
  const worst = worstCall(index, (places) => places.length);
  if (worst.length <= maxRulesPerCall) return [];
  const { file, path } = placed[worst[maxRulesPerCall]];
  const message = `one call may have to look at ${worst.length} rules, more than ${maxRulesPerCall}: they ask for the same number, trunk or the like, or only for the time, the language and the like`;
  const remedy = 'Let them ask for numbers, trunks, addresses or header fields in which they differ.';
  return [problemIn(file, [...path, 'match'], 'PLAN_COSTLY', message, remedy)];
}

function tooManyRegexes({ rules, index }: Plan, placed: readonly PlacedRule[]): PlanProblem[] {
  const cost = (places: readonly number[]): number => costOf(places.map((place) => rules[place]));
  const worst = worstCall(index, cost);
  if (cost(worst) <= maxRegexCost) return [];
  const tried = worst.filter((place) => rules[place].conditions.some(({ kind }) => kind === 'regex'));
  const { file, path } = placed[tried[firstAbove(maxRegexCost, tried, cost)]];
  const message = `one call may have to try ${tried.length} regular expressions that together cost too much, from here on: they begin alike or with no fixed text`;
  const remedy =
    'Begin them with different fixed texts, have such texts of three characters in them, match on exact texts or prefixes, or name their trunks.';
  return [problemIn(file, [...path, 'match'], 'PLAN_COSTLY', message, remedy)];
}

/** How many of these are still within the limit. */
function firstAbove(
  limit: number,
  places: readonly number[],
  cost: (places: readonly number[]) => number,
): number {
  let [low, high] = [0, places.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cost(places.slice(0, middle + 1)) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Of the regexes of rules that a call looks at; of those with fixed texts it may have one text, and tries all with it. */
function costOf(rules: readonly Rule[]): number {
  const byText = new Map<string, number>();
  let sum = 0;
  for (const condition of rules.flatMap(({ conditions }) => conditions)) {
    if (condition.kind !== 'regex') continue;
    const { required } = condition;
    if (required.length < shortestFixed) sum += costOfTrying(condition);
    else {
      sum += fixedTextCost;
      byText.set(required, (byText.get(required) ?? 0) + costOfTrying(condition));
    }
  }
  return sum + Math.max(0, ...byText.values());
}

function costOfTrying({ field }: Condition): number {
  return field === 'called' || field === 'calling' ? 1 : longTextCost;
}

type Measure = (places: readonly number[]) => number;

/** The rules, in their order, that the call has to look at for which they measure most. */
function worstCall({ rest, tables, digits, sources }: RuleIndex, measure: Measure): readonly number[] {
  const most = (lists: Iterable<readonly number[]>): readonly number[] => {
    let [best, bestMeasure]: [readonly number[], number] = [[], 0];
    for (const list of lists) {
      const one = measure(list);
      if (one > bestMeasure) [best, bestMeasure] = [list, one];
    }
    return best;
  };
  const worst = [
    rest,
    ...tables.map((table) => most(listsOf(table))),
    ...sources.map(({ blocks }) => most(blocks.values())),
    ...[digits.called, digits.calling].map((map) => most(map.values())),
  ];
  return [...new Set(worst.flat())].sort((a, b) => a - b);
}

/** What one text of a table leads to: its own rules, and those of all its beginnings. */
function* listsOf({ exact, prefix, lengths }: TextTable): Generator<readonly number[]> {
  const chain = (text: string): number[] =>
    lengths
      .filter((length) => length <= text.length)
      .flatMap((length) => prefix.get(text.slice(0, length)) ?? []);
  for (const text of prefix.keys()) yield chain(text);
  for (const [text, places] of exact) yield [...places, ...chain(text)];
}
