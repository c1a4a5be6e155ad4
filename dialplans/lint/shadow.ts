import type { PlacedRule } from '../compile.ts';
import type { Condition } from '../conditions.ts';
import type { PlanProblem } from '../errors.ts';
import { internationalDigits } from '../facts.ts';
import { implies } from '../implies.ts';
import { problemIn } from '../parse.ts';
import { literalPrefixes } from '../regex-literals.ts';

/** Earlier rules that one is compared with; beyond it nothing is said, so that the check stays linear. */
const maxCompared = 300;

interface Earlier {
  readonly placed: PlacedRule;
  /** How many rules before it rewrite the called, the calling number. */
  readonly rewrites: Rewrites;
}

interface Rewrites {
  readonly called: number;
  readonly calling: number;
}

/**
 * Rules that no call can reach, because one earlier rule takes whatever they would match: each of its conditions
 * follows from one of theirs. What several rules take together is not seen.
 */
export function shadowedRules(rules: readonly PlacedRule[]): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const earlier = new Map<string, Earlier[]>();
  let rewrites: Rewrites = { called: 0, calling: 0 };
  for (const placed of rules) {
    const { rule } = placed;
    const shadow = findShadow(placed, rewrites, earlier);
    if (shadow !== null) problems.push(neverReached(placed, shadow));
    else if (rule.action !== null) keep({ placed, rewrites }, earlier);
    rewrites = {
      called: rewrites.called + Math.min(1, rule.transform?.called.length ?? 0),
      calling: rewrites.calling + Math.min(1, rule.transform?.calling.length ?? 0),
    };
  }
  return problems;
}

function neverReached({ rule, file, path }: PlacedRule, shadow: PlacedRule): PlanProblem {
  const { line } = problemIn(shadow.file, shadow.path, 'PLAN_SHADOWED_RULE', '', '');
  const message = `the rule "${rule.name}" is never reached: "${shadow.rule.name}" (${shadow.file.name}:${line}) takes all its calls`;
  const remedy = 'Move it up, give it a lower priority number, or remove it.';
  return problemIn(file, path, 'PLAN_SHADOWED_RULE', message, remedy);
}

function findShadow(
  { rule: { conditions } }: PlacedRule,
  rewrites: Rewrites,
  earlier: ReadonlyMap<string, readonly Earlier[]>,
): PlacedRule | null {
  let compared = 0;
  for (const key of ['', ...conditions.flatMap(keysToLookUp)]) {
    for (const one of earlier.get(key) ?? []) {
      if (compared++ > maxCompared) return null;
      const { rule } = one.placed;
      // A rule between them may have made other numbers of it than the earlier one saw.
      if (!sawTheSame(rule.conditions, one.rewrites, rewrites)) continue;
      if (rule.conditions.every((outer) => conditions.some((inner) => implies(inner, outer))))
        return one.placed;
    }
  }
  return null;
}

function sawTheSame(conditions: readonly Condition[], then: Rewrites, now: Rewrites): boolean {
  return conditions.every(({ field }) => {
    if (field === 'called' || field === 'calledUri') return then.called === now.called;
    return (field !== 'calling' && field !== 'callingUri') || then.calling === now.calling;
  });
}

function keep(one: Earlier, earlier: Map<string, Earlier[]>): void {
  const { conditions } = one.placed.rule;
  // Under the keys of one condition only: who is shadowed looks by that one too.
  const telling = [...conditions].sort((a, b) => rank(a) - rank(b)).at(0);
  for (const key of telling === undefined ? [''] : keysToKeep(telling)) {
    const list = earlier.get(key) ?? [];
    list.push(one);
    earlier.set(key, list);
  }
}

const order = ['called', 'calling', 'calledUri', 'callingUri'];

function rank({ field, kind }: Condition): number {
  const place = order.indexOf(field);
  if (place >= 0) return kind === 'regex' ? place + order.length : place;
  return field.startsWith('header:') ? 10 : 20;
}

/** What an earlier rule with this condition is found by. */
function keysToKeep(condition: Condition): readonly string[] {
  const { field } = condition;
  switch (condition.kind) {
    case 'exact':
      return [`${field}=${condition.folded}`];
    case 'one-of':
      return [...condition.folded].map((text) => `${field}=${text}`);
    case 'prefix':
      return [`${field}^${condition.folded}`];
    case 'regex':
      return [
        `${field}~${condition.source}`,
        ...literalPrefixes(condition.source).map((text) => `${field}^${text}`),
      ];
    case 'e164':
      return [`${field}#${condition.digits}`];
    default:
      return [`${field}*`];
  }
}

/** What an earlier rule that takes all of this condition’s calls can be found by. */
function keysToLookUp(condition: Condition): readonly string[] {
  const { field } = condition;
  const begins = (text: string) =>
    Array.from({ length: text.length + 1 }, (_, length) => `${field}^${text.slice(0, length)}`);
  switch (condition.kind) {
    case 'exact':
    case 'one-of': {
      // Who takes all of its texts takes the first.
      const [text = ''] = condition.kind === 'exact' ? [condition.folded] : condition.folded;
      return [`${field}=${text}`, `${field}#${internationalDigits(text)}`, ...begins(text), `${field}*`];
    }
    case 'prefix':
      return [...begins(condition.folded), `${field}*`];
    case 'regex': {
      const [text = ''] = literalPrefixes(condition.source);
      return [`${field}~${condition.source}`, ...begins(text), `${field}*`];
    }
    case 'e164':
      return [`${field}#${condition.digits}`];
    default:
      return [`${field}*`];
  }
}
