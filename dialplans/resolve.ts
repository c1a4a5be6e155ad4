import { capture, factsOf, holds, type Facts } from './conditions.ts';
import { candidates } from './index-rules.ts';
import type { Plan, Rule } from './plan.ts';
import { roomNameProblem } from './rooms.ts';
import { expand } from './template.ts';
import type { CallInput, Resolution, RouteAction, TraceStep } from './types.ts';

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
      route: {
        tenant: rule.tenant,
        rule: rule.name,
        language: rule.language,
        called: input.called,
        calling: input.calling,
        brand: null,
        action: actionOf(rule, variables),
      },
      trace: { plan: rule.file, version: plan.version, steps, skipped: place + 1 - steps.length, variables },
      hops: 0,
    };
  }
  const home = (input.trunk === null ? undefined : plan.trunkHomes.get(input.trunk)) ?? plan;
  return {
    route: {
      tenant: home.tenant,
      rule: null,
      language: home.language,
      called: input.called,
      calling: input.calling,
      brand: null,
      action: rejection('no-route', null),
    },
    trace: {
      plan: plan.name,
      version: plan.version,
      steps,
      skipped: plan.rules.length - steps.length,
      variables: {},
    },
    hops: 0,
  };
}

function variablesOf(rule: Rule, facts: Facts): Readonly<Record<string, string>> {
  return Object.assign(
    {},
    rule.variables,
    ...rule.conditions.map((condition) => capture(condition, facts)),
  ) as Record<string, string>;
}

function rejection(why: 'no-route' | 'rejected', text: string | null): RouteAction {
  return { kind: 'reject', why, code: null, text, prompt: null };
}

function actionOf(rule: Rule, variables: Readonly<Record<string, string>>): RouteAction {
  switch (rule.action.kind) {
    case 'echo':
      return { kind: 'echo' };
    case 'ask-pin':
      return {
        kind: 'ask-pin',
        prompts: { welcome: null, ask: null, wrong: null },
        languages: [],
        tries: null,
        seconds: null,
        collect: 'pin',
        view: rule.action.view,
      };
    case 'join': {
      const room = expand(rule.action.room, variables);
      const wrong = roomNameProblem(room);
      // The rule decides even so: falling through to a later one would surprise whoever wrote it.
      return wrong === null
        ? { kind: 'join', room, role: 'guest', waitForHost: null, view: rule.action.view }
        : rejection('rejected', `Bad address: ${wrong}`);
    }
    case 'reject': {
      const text = rule.action.text === null ? null : oneLine(expand(rule.action.text, variables));
      return rejection('rejected', text);
    }
  }
}

/** Captured text must not break out of the header that will carry it. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 128);
}
