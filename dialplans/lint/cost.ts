import type { PlacedRule } from '../compile.ts';
import type { PlanProblem } from '../errors.ts';
import type { TextTable } from '../index-rules.ts';
import { problemIn } from '../parse.ts';
import type { Plan } from '../plan.ts';

/** Regexes that one call may have to try: some 0.1 ms. */
export const maxRegexesPerCall = 200;
/** Rules that nothing sorts, so that every call has to look at them: some 0.1 ms. */
export const maxRulesPerCall = 1000;
/** Steps of all compiled regexes: some tens of megabytes. */
export const maxRegexSteps = 400_000;

/** Plans whose regexes would cost too much: each call, or in memory. */
export function costProblems(plan: Plan, placed: readonly PlacedRule[]): PlanProblem[] {
  return [...tooLarge(placed), ...unsorted(plan, placed), ...tooMany(plan, placed)];
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

function unsorted({ index }: Plan, placed: readonly PlacedRule[]): PlanProblem[] {
  if (index.rest.length <= maxRulesPerCall) return [];
  const { file, path } = placed[index.rest[maxRulesPerCall]];
  const message = `every call has to look at ${index.rest.length} rules, more than ${maxRulesPerCall}: they ask for the time, the language and the like only`;
  const remedy = 'Let them ask for numbers, trunks, addresses or header fields too.';
  return [problemIn(file, [...path, 'match'], 'PLAN_COSTLY', message, remedy)];
}

function tooMany({ rules, index }: Plan, placed: readonly PlacedRule[]): PlanProblem[] {
  const regexes = (places: readonly number[]): number[] =>
    places.filter((place) => rules[place]?.conditions.some(({ kind }) => kind === 'regex'));
  const always = regexes(index.rest);
  const perTable = index.tables.map((table) => worstOf(table, regexes));
  const perSource = index.sources.map(({ blocks }) => longest([...blocks.values()].map(regexes)));
  const perDigits = [index.digits.called, index.digits.calling].map((map) =>
    longest([...map.values()].map(regexes)),
  );
  const worst = [always, ...perTable, ...perSource, ...perDigits].flat().sort((a, b) => a - b);
  if (worst.length <= maxRegexesPerCall) return [];
  const { file, path } = placed[worst[maxRegexesPerCall]];
  const message = `one call may have to try ${worst.length} regular expressions, more than ${maxRegexesPerCall}`;
  const remedy =
    'Begin them with different fixed texts, match on exact texts or prefixes, or name their trunks.';
  return [problemIn(file, [...path, 'match'], 'PLAN_COSTLY', message, remedy)];
}

/** The regexes that the text for which there are the most has to be tried with. */
function worstOf(
  { exact, prefix, lengths }: TextTable,
  regexes: (places: readonly number[]) => number[],
): readonly number[] {
  const begins = new Map([...prefix].map(([text, places]) => [text, regexes(places)]));
  const chain = (text: string): number[] =>
    lengths
      .filter((length) => length <= text.length)
      .flatMap((length) => begins.get(text.slice(0, length)) ?? []);
  const chains = [...prefix.keys()].map(chain);
  const exacts = [...exact].map(([text, places]) => [...regexes(places), ...chain(text)]);
  return longest([...chains, ...exacts]);
}

function longest(lists: readonly (readonly number[])[]): readonly number[] {
  return lists.reduce<readonly number[]>((best, list) => (list.length > best.length ? list : best), []);
}
