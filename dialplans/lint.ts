import type { PlacedRule } from './compile.ts';
import { conditionKey } from './conditions.ts';
import type { PlanProblem } from './errors.ts';

/**
 * Rules that no call can reach, because an earlier one takes whatever they would match: its conditions are
 * all among theirs. With at most seven conditions a rule has at most 128 sets of them to look up.
 */
export function shadowedRules(placed: readonly PlacedRule[]): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const earlier = new Map<string, PlacedRule>();
  for (const one of placed) {
    const keys = one.rule.conditions.map(conditionKey);
    const shadow = firstSubset(keys, earlier);
    if (shadow !== undefined) {
      const { file, rule } = shadow;
      const { line } = file.source.problemAt(shadow.path, 'PLAN_SHADOWED_RULE', '', '');
      problems.push(
        one.file.source.problemAt(
          one.path,
          'PLAN_SHADOWED_RULE',
          `the rule "${one.rule.name}" is never reached: "${rule.name}" (${file.name}:${line}) takes all its calls`,
          'Move it up, give it a lower priority number, or remove it.',
        ),
      );
    } else earlier.set(setKey(keys), one);
  }
  return problems;
}

function firstSubset(
  keys: readonly string[],
  earlier: ReadonlyMap<string, PlacedRule>,
): PlacedRule | undefined {
  for (let bits = 0; bits < 1 << keys.length; bits++) {
    const found = earlier.get(setKey(keys.filter((_, index) => (bits >> index) & 1)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Conditions stand in the fields' order, so equal sets have equal texts. */
function setKey(keys: readonly string[]): string {
  return keys.join('\n');
}
