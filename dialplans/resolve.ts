import { capture, found, holds, type Condition } from './conditions.ts';
import { numberKey } from './collect.ts';
import { Facts, renumbered } from './facts.ts';
import { fillAction, rejection } from './fill.ts';
import { Candidates } from './index-rules.ts';
import type { Home, Plan, PlanNumber, Rule } from './plan.ts';
import { transformed } from './transforms.ts';
import type { CallInput, Resolution, Route, RouteAction, TraceCondition, TraceStep } from './types.ts';

/** How often a call may be sent to another number of the plan. */
export const maxHops = 5;
/** Rules that missed, kept in the record of a call. A plan of no more is gone through from top to bottom. */
export const maxMisses = 100;
/** Rules up to which a brief explanation is a full one: some milliseconds. */
export const maxBriefly = 1000;

type Variables = Readonly<Record<string, string>>;

/** How the plan is gone through: calls skip what can't concern them, a dry run looks at all. */
interface Manner {
  places(plan: Plan, facts: Facts, from: number): { next(): number };
  step(rule: Rule, facts: Facts, missed: Condition | null): TraceStep;
  readonly maxMisses: number;
}

const quick: Manner = {
  places: (plan, facts, from) =>
    plan.rules.length <= maxMisses ? inOrder(plan, from) : new Candidates(plan.index, facts, from),
  step: (rule, _facts, missed) => missed?.miss ?? rule.hit,
  maxMisses,
};

const thorough: Manner = {
  places: (plan, _facts, from) => inOrder(plan, from),
  step: (rule, facts, missed) => ({
    ...(missed?.miss ?? rule.hit),
    conditions: rule.conditions.map((condition) => explained(condition, facts)),
  }),
  maxMisses: Infinity,
};

/** Of a large plan only what can concern the call. */
const brief: Manner = {
  ...thorough,
  places: (plan, facts, from) =>
    plan.rules.length <= maxBriefly ? inOrder(plan, from) : new Candidates(plan.index, facts, from),
};

function inOrder({ rules }: Plan, from: number): { next(): number } {
  let place = from - 1;
  return { next: () => (++place < rules.length ? place : -1) };
}

function explained(condition: Condition, facts: Facts): TraceCondition {
  const { field, wanted } = condition;
  return { field, wanted, found: found(condition, facts), held: holds(condition, facts) };
}

/**
 * Decides where a call goes: the first rule whose conditions all hold, with the numbers as the rules before have
 * rewritten them. Pure, never throws, linear in the input. The trace holds the rules that were looked at; those for
 * other numbers are only counted.
 */
export function resolve(plan: Plan, input: CallInput): Resolution {
  return new Walk(plan, quick).from(input);
}

/** The same decision, with every rule down to the deciding one and all its conditions in the trace: for a dry run. */
export function explain(plan: Plan, input: CallInput): Resolution {
  return new Walk(plan, thorough).from(input);
}

/** An explanation for whoever must not wait long: of a large plan the rules for other calls are only counted. */
export function explainBriefly(plan: Plan, input: CallInput): Resolution {
  return new Walk(plan, brief).from(input);
}

/**
 * Asks the plan anew where a call that it has routed goes on to (`go-to` in a menu and the like). The numbers are those
 * that the rules have made; who is sent round for the sixth time is rejected.
 */
export function resolveAgain(plan: Plan, input: CallInput, before: Resolution, called: string): Resolution {
  const { route, trace, hops } = before;
  const walk = new Walk(plan, quick, hops, trace.steps, trace.skipped);
  return walk.goTo({ ...input, called: route.called, calling: route.calling }, route, called);
}

class Walk {
  readonly #plan: Plan;
  readonly #manner: Manner;
  readonly #steps: TraceStep[];
  #skipped: number;
  #hops: number;
  #misses = 0;

  constructor(plan: Plan, manner: Manner, hops = 0, steps: readonly TraceStep[] = [], skipped = 0) {
    this.#plan = plan;
    this.#manner = manner;
    this.#hops = hops;
    this.#steps = [...steps];
    this.#skipped = skipped;
  }

  from(input: CallInput): Resolution {
    let facts = new Facts(input);
    let places = this.#manner.places(this.#plan, facts, 0);
    let looked = 0;
    for (let place = places.next(); place !== -1; place = places.next()) {
      const rule = this.#plan.rules[place];
      looked++;
      const missed = firstMiss(rule, facts);
      if (missed !== null) {
        this.#miss(rule, facts, missed);
        continue;
      }
      const before = facts;
      let brought = broughtBy(rule, facts);
      facts = withTransform(rule, facts, brought);
      if (facts !== before) brought = { ...brought, ...numbersOf(facts) };
      this.#hit(rule, before, facts, brought);
      if (rule.action === null) {
        if (facts !== before) places = this.#manner.places(this.#plan, facts, place + 1);
        continue;
      }
      this.#skipped += place + 1 - looked;
      return this.#decided(rule, rule.action, facts, brought);
    }
    this.#skipped += this.#plan.rules.length - looked;
    return this.#unmatched(facts);
  }

  goTo(input: CallInput, { rule, tenant, language, brand }: Route, called: string): Resolution {
    const next = { ...input, called: renumbered(input.called, called) };
    const numbers = { called: next.called, calling: next.calling };
    if (this.#hops >= maxHops) {
      const action = rejection('rejected', 'The number leads round in circles');
      return this.#resolution({ tenant, rule, language, brand, ...numbers, action }, this.#plan.name, {});
    }
    this.#hops++;
    const transformed = { called, calling: next.calling.user };
    this.#steps.push({ rule: rule ?? 'go-to', matched: true, missed: null, transformed });
    return this.from(next);
  }

  #miss(rule: Rule, facts: Facts, missed: Condition): void {
    if (this.#misses++ < this.#manner.maxMisses) this.#steps.push(this.#manner.step(rule, facts, missed));
    else this.#skipped++;
  }

  #hit(rule: Rule, before: Facts, after: Facts, brought: Variables): void {
    const step = this.#manner.step(rule, before, null);
    const shown = shownVariables(rule, brought);
    const transformed = rule.transform === null ? {} : { transformed: numbersOf(after) };
    const variables = Object.keys(shown).length === 0 ? {} : { variables: shown };
    this.#steps.push(
      rule.transform === null && shown === noVariables ? step : { ...step, ...transformed, ...variables },
    );
  }

  #decided(rule: Rule, source: RouteAction, facts: Facts, brought: Variables): Resolution {
    const { called, calling } = facts.input;
    const number = this.#numberOf(facts);
    const tenant = rule.tenant ?? number?.tenant ?? rule.home.tenant;
    const route: Route = {
      rule: rule.name,
      tenant,
      language: rule.language ?? number?.language ?? this.#languageOf(tenant) ?? rule.home.language,
      brand: this.#plan.tenants.get(tenant)?.prompts ?? null,
      called,
      calling,
      action: rule.constant ? source : fillAction(source, brought),
    };
    if (route.action.kind === 'go-to') return this.goTo(facts.input, route, route.action.called);
    return this.#resolution(route, rule.plan, shownVariables(rule, brought));
  }

  #unmatched(facts: Facts): Resolution {
    const { trunk, called, calling } = facts.input;
    const number = this.#numberOf(facts);
    const home: Home = (trunk === null ? undefined : this.#plan.trunkHomes.get(trunk)) ?? this.#plan;
    const tenant = number?.tenant ?? home.tenant;
    const route: Route = {
      rule: null,
      tenant,
      language: number?.language ?? this.#languageOf(tenant) ?? home.language,
      brand: this.#plan.tenants.get(tenant)?.prompts ?? null,
      called,
      calling,
      action: rejection('no-route', null),
    };
    return this.#resolution(route, this.#plan.name, {});
  }

  #numberOf(facts: Facts): PlanNumber | undefined {
    const { numbers } = this.#plan;
    return numbers.size === 0 ? undefined : numbers.get(numberKey(facts.text('called')));
  }

  #languageOf(tenant: string): Home['language'] {
    return this.#plan.tenants.get(tenant)?.language ?? null;
  }

  #resolution(route: Route, plan: string, variables: Variables): Resolution {
    const trace = {
      plan,
      version: this.#plan.version,
      steps: this.#steps,
      skipped: this.#skipped,
      variables,
    };
    return { route, trace, hops: this.#hops };
  }
}

function firstMiss({ conditions }: Rule, facts: Facts): Condition | null {
  for (const condition of conditions) if (!holds(condition, facts)) return condition;
  return null;
}

const noVariables: Variables = Object.freeze({});

/** What a call brings to the texts of a rule that holds: its numbers, and the groups of the rule's regexes. */
function broughtBy(rule: Rule, facts: Facts): Variables {
  if (rule.constant && rule.transform === null && !rule.conditions.some(hasGroups)) return noVariables;
  return Object.assign(
    { ...numbersOf(facts), trunk: facts.text('trunk') },
    ...rule.conditions.map((condition) => capture(condition, facts)),
  ) as Variables;
}

function numbersOf(facts: Facts): { readonly called: string; readonly calling: string } {
  return { called: facts.text('called'), calling: facts.text('calling') };
}

function hasGroups(condition: Condition): boolean {
  return condition.kind === 'regex' && condition.groups.length > 0;
}

/** Of the plan and of the rule's groups; what every call brings is elsewhere in the record. */
function shownVariables(rule: Rule, brought: Variables): Variables {
  const { called: _called, calling: _calling, trunk: _trunk, ...captured } = brought;
  if (Object.keys(captured).length === 0)
    return Object.keys(rule.variables).length === 0 ? noVariables : rule.variables;
  return { ...rule.variables, ...captured };
}

function withTransform({ transform }: Rule, facts: Facts, brought: Variables): Facts {
  if (transform === null) return facts;
  const called = transformed(facts.text('called'), transform.called, brought);
  const calling = transformed(facts.text('calling'), transform.calling, brought);
  const same = called === facts.text('called') && calling === facts.text('calling');
  return same ? facts : facts.withNumbers(called, calling);
}
