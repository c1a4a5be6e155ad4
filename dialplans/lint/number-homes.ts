import { numberKey } from '../collect.ts';
import type { Condition } from '../conditions.ts';
import { fold } from '../facts.ts';
import { impliesOfText } from '../implies.ts';
import type { Plan, PlanNumber, Rule } from '../plan.ts';

/** Whose a rule’s calls may be by the number that is called; nulls: by no number of ours. */
export type NumberHome = Pick<PlanNumber, 'tenant' | 'language'> | typeof noNumber;

const noNumber = { tenant: null, language: null } as const;

/** Numbers that rules are tried with, all in all; beyond it nothing is said of further ones. */
const maxTried = 1_000_000;

/** Tells whose numbers a rule may take. Some can be told at once, the others are tried number by number. */
export class NumberHomes {
  readonly #plan: Plan;
  readonly #groups: readonly { readonly home: NumberHome; readonly numbers: readonly PlanNumber[] }[];
  #left = maxTried;

  constructor(plan: Plan) {
    this.#plan = plan;
    const groups = new Map<string, PlanNumber[]>();
    for (const number of plan.numbers.values()) {
      const key = JSON.stringify([number.tenant, number.language]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [number]);
      else group.push(number);
    }
    this.#groups = [...groups.values()].map((numbers) => ({ home: numbers[0], numbers }));
  }

  of({ conditions, transform }: Rule): readonly NumberHome[] {
    // What a rule makes of the number counts, and that can’t be told.
    if ((transform?.called.length ?? 0) > 0) return [noNumber];
    const condition = conditions.find(({ field }) => field === 'called');
    const texts = condition === undefined ? null : textsOf(condition);
    if (texts !== null) return texts.map((text) => this.#plan.numbers.get(numberKey(text)) ?? noNumber);
    const possible = this.#groups.filter(({ numbers }) =>
      numbers.some((number) => this.#takes(condition, number)),
    );
    return [noNumber, ...possible.map(({ home }) => home)];
  }

  #takes(condition: Condition | undefined, { number }: PlanNumber): boolean {
    if (condition === undefined) return true;
    if (--this.#left < 0) return false;
    return condition.kind === 'regex'
      ? condition.regex.testExact(number)
      : impliesOfText(fold(number), condition);
  }
}

/** The texts that a condition takes, when it names them one by one. */
export function textsOf(condition: Condition): readonly string[] | null {
  switch (condition.kind) {
    case 'exact':
      return [condition.value];
    case 'one-of':
      return condition.values;
    case 'e164':
      return [`+${condition.digits}`];
    default:
      return null;
  }
}
