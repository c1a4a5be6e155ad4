import { numberKey } from '../collect.ts';
import type { PlacedRule } from '../compile.ts';
import type { PlanProblem } from '../errors.ts';
import { problemIn } from '../parse.ts';
import type { Plan } from '../plan.ts';
import { textsOf } from './number-homes.ts';

/** Rules of one tenant that take calls to a number of another. */
export function foreignNumbers(plan: Plan, placed: readonly PlacedRule[]): PlanProblem[] {
  if (plan.numbers.size === 0) return [];
  return placed.flatMap(({ rule, file, path }) => {
    const { tenant, conditions, transform } = rule;
    // Without a tenant of its own the rule’s calls are the number’s tenant’s.
    if (tenant === null || (transform?.called.length ?? 0) > 0) return [];
    const called = conditions.find(({ field }) => field === 'called');
    const texts = called === undefined ? null : textsOf(called);
    return (texts ?? []).flatMap((text) => {
      const number = plan.numbers.get(numberKey(text));
      if (number === undefined || number.tenant === tenant) return [];
      const message = `the rule "${rule.name}" is tenant "${tenant}"’s, and takes calls to ${number.number}, a number of tenant "${number.tenant}"`;
      const remedy = 'Leave "tenant" out of the rule, or give the number to its tenant.';
      return [problemIn(file, [...path, 'tenant'], 'PLAN_FOREIGN_NUMBER', message, remedy)];
    });
  });
}
