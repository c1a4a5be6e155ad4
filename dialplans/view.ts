import type { PlanProblem } from './errors.ts';
import type { Plan } from './plan.ts';

/** The dial plan as a person sees it, in the order in which its rules are tried. */
export interface PlanView {
  readonly name: string;
  readonly version: string;
  readonly rules: readonly {
    readonly name: string;
    readonly plan: string;
    /** The plan's own, or a fragment that it includes. */
    readonly file: string;
    readonly tenant: string;
    readonly priority: number;
    /** `transform`: it rewrites the numbers, and the next rules are tried. */
    readonly action: string;
    /** By field, in words: `is 1000`, `begins with +49`; nothing: every call. */
    readonly when: Readonly<Record<string, string>>;
  }[];
  readonly problems: readonly PlanProblem[];
}

export function viewPlan(plan: Plan, problems: readonly PlanProblem[]): PlanView {
  return {
    name: plan.name,
    version: plan.version,
    rules: plan.rules.map(({ name, plan: owner, file, tenant, home, priority, action, conditions }) => ({
      name,
      plan: owner,
      file,
      tenant: tenant ?? home.tenant,
      priority,
      action: action?.kind ?? 'transform',
      when: Object.fromEntries(conditions.map(({ field, wanted }) => [field, wanted])),
    })),
    problems,
  };
}
