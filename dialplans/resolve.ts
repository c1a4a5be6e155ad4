import { capture, factsOf, holds, type Facts } from './conditions.ts';
import { candidates } from './index-rules.ts';
import type { Plan, Rule } from './plan.ts';
import { roomNameProblem } from './rooms.ts';
import { expand } from './template.ts';
import type { CallInput, Resolution, Route, TraceStep } from './types.ts';

/**
 * Decides where a call goes: the first rule whose conditions all hold. Pure, never throws, linear in the
 * input. The trace holds the rules that were looked at; those for other called numbers are not among them.
 */
export function resolve(plan: Plan, input: CallInput): Resolution {
  const facts = factsOf(input);
  return decide(plan, input, facts, candidates(plan.index, facts.folded.called));
}

/** The same decision, with every rule down to the deciding one in the trace: for a dry run. */
export function explain(plan: Plan, input: CallInput): Resolution {
  return decide(plan, input, factsOf(input), plan.rules.keys());
}

function decide(plan: Plan, input: CallInput, facts: Facts, places: Iterable<number>): Resolution {
  const steps: TraceStep[] = [];
  for (const place of places) {
    const rule = plan.rules.at(place);
    if (rule === undefined) continue;
    const missed = rule.conditions.find((condition) => !holds(condition, facts));
    if (missed !== undefined) {
      steps.push(missed.miss);
      continue;
    }
    steps.push(rule.hit);
    const variables = variablesOf(rule, facts);
    return {
      route: routeOf(rule, variables),
      trace: { plan: rule.file, version: plan.version, steps, variables },
    };
  }
  const home = (input.trunk === null ? undefined : plan.trunkHomes.get(input.trunk)) ?? plan;
  return {
    route: {
      action: 'reject',
      why: 'no-route',
      text: null,
      rule: null,
      tenant: home.tenant,
      language: home.language,
    },
    trace: { plan: plan.name, version: plan.version, steps, variables: {} },
  };
}

function variablesOf(rule: Rule, facts: Facts): Readonly<Record<string, string>> {
  return Object.assign(
    {},
    rule.variables,
    ...rule.conditions.map((condition) => capture(condition, facts)),
  ) as Record<string, string>;
}

function routeOf(rule: Rule, variables: Readonly<Record<string, string>>): Route {
  const common = { tenant: rule.tenant, rule: rule.name, language: rule.language };
  switch (rule.action.kind) {
    case 'echo':
      return { ...common, action: 'echo' };
    case 'ask-pin':
      return { ...common, action: 'ask-pin', ...rule.action.view };
    case 'join': {
      const room = expand(rule.action.room, variables);
      const wrong = roomNameProblem(room);
      // The rule decides even so: falling through to a later one would surprise whoever wrote it.
      return wrong === null
        ? { ...common, action: 'join', room, ...rule.action.view }
        : { ...common, action: 'reject', why: 'rejected', text: `Bad address: ${wrong}` };
    }
    case 'reject': {
      const text = rule.action.text === null ? null : oneLine(expand(rule.action.text, variables));
      return { ...common, action: 'reject', why: 'rejected', text };
    }
  }
}

/** Captured text must not break out of the header that will carry it. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 128);
}
