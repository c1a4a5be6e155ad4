import { hasReferences } from '../actions.ts';
import type { PlacedRule } from '../compile.ts';
import type { Condition } from '../conditions.ts';
import type { PlanProblem } from '../errors.ts';
import { fold } from '../facts.ts';
import { implies, impliesOfText } from '../implies.ts';
import { problemIn } from '../parse.ts';
import { transformed } from '../transforms.ts';
import type { NodePath } from '../yaml.ts';

/** Numbers that a chain of `go-to` passes through until nothing more is asked of it. */
const maxChain = 20;
/** Rules that numbers of `go-to` are tried with, all in all: a tenth of a second’s. */
const maxCompared = 1_000_000;

/**
 * Chains of `go-to` with fixed numbers that end where they began, for every call that enters them. A chain is followed
 * as long as it is certain which rule comes next.
 */
export function goToLoops(rules: readonly PlacedRule[]): PlanProblem[] {
  const said = new Set<string>();
  return rules.flatMap((placed) => {
    const to = targetOf(placed);
    if (to === null) return [];
    const way = [placed];
    // What has held once holds for good, but for the numbers.
    let known = placed.rule.conditions.filter(({ field }) => !ofNumbers.includes(field));
    let called = to;
    while (way.length < maxChain) {
      const next = certainNext(rules, called, known);
      if (next === null || next === 'nowhere') return [];
      const onwards = targetOf(next);
      if (onwards === null) return [];
      if (next === placed) return said.has(placed.rule.name) ? [] : [loop(way, said)];
      if (way.includes(next)) return [];
      way.push(next);
      known = [...known, ...next.rule.conditions.filter(({ field }) => !ofNumbers.includes(field))];
      called = onwards;
    }
    return [];
  });
}

/** Fixed numbers that a `go-to` names, wherever it stands, and no rule takes: whoever is sent there is refused. */
export function goToNowhere(rules: readonly PlacedRule[]): PlanProblem[] {
  let left = maxCompared;
  return rules.flatMap(({ rule, file, path }) => {
    const known = rule.conditions.filter(({ field }) => !ofNumbers.includes(field));
    const source = file.data.rules[Number(path.at(-1))].action;
    return [...goTosOf(source, [...path, 'action'])].flatMap(({ called, at }) => {
      if (hasReferences(called) || left <= 0) return [];
      left -= rules.length;
      if (certainNext(rules, called, known) !== 'nowhere') return [];
      const message = `no rule takes calls to ${called}, where the rule "${rule.name}" sends them`;
      return [
        problemIn(file, at, 'PLAN_GO_TO_NOWHERE', message, 'Name a number that a rule takes, or add one.'),
      ];
    });
  });
}

function* goTosOf(
  node: unknown,
  at: NodePath,
): Generator<{ readonly called: string; readonly at: NodePath }> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'go-to') yield { called: (value as { called: string }).called, at: [...at, key, 'called'] };
    else yield* goTosOf(value, [...at, key]);
  }
}

const ofNumbers: readonly string[] = ['called', 'calledUri', 'calling', 'callingUri'];

/** The fixed number a rule sends calls to, after words perhaps; null: it does not, or it depends. */
function targetOf({ rule: { action } }: PlacedRule): string | null {
  let certain = action;
  while (certain?.kind === 'play') certain = certain.then;
  return certain?.kind === 'go-to' && !hasReferences(certain.called) ? certain.called : null;
}

/** The rule that decides for a called number and all calls of which `known` holds; null: it can’t be told. */
function certainNext(
  rules: readonly PlacedRule[],
  number: string,
  known: readonly Condition[],
): PlacedRule | null | 'nowhere' {
  let called = number;
  for (const placed of rules) {
    const { conditions, transform, action } = placed.rule;
    const verdicts = conditions.map((condition) => verdict(condition, called, known));
    if (verdicts.includes('misses')) continue;
    if (verdicts.includes('unknown')) return null;
    if (action !== null) return placed;
    const steps = transform?.called ?? [];
    if (steps.some((step) => ('text' in step ? hasReferences(step.text) : step.kind === 'rewrite')))
      return null;
    called = transformed(called, steps, {});
  }
  return 'nowhere';
}

function verdict(
  condition: Condition,
  called: string,
  known: readonly Condition[],
): 'holds' | 'misses' | 'unknown' {
  if (condition.field === 'called') return ofText(condition, called);
  return known.some((one) => implies(one, condition)) ? 'holds' : 'unknown';
}

function ofText(condition: Condition, text: string): 'holds' | 'misses' {
  const held =
    condition.kind === 'regex' ? condition.regex.testExact(text) : impliesOfText(fold(text), condition);
  return held ? 'holds' : 'misses';
}

function loop(way: readonly PlacedRule[], said: Set<string>): PlanProblem {
  for (const { rule } of way) said.add(rule.name);
  const [first] = way;
  const names = [...way, first].map(({ rule }) => `"${rule.name}"`).join(' → ');
  const remedy = 'Let one of them lead elsewhere.';
  return problemIn(
    first.file,
    [...first.path, 'action'],
    'PLAN_GO_TO_LOOP',
    `calls go round in circles: ${names}`,
    remedy,
  );
}
