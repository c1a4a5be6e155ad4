import type { PlanProblem } from './errors.ts';
import type { Plan } from './plan.ts';

/** A plan as a person sees it, in the order in which its rules are tried. */
export interface PlanView {
  readonly name: string;
  readonly version: string;
  readonly rules: readonly {
    readonly name: string;
    readonly file: string;
    readonly tenant: string;
    readonly priority: number;
    readonly action: string;
    /** By field: a text, `{ prefix }` or `{ regex }`; nothing: every call. */
    readonly when: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  }[];
  readonly problems: readonly PlanProblem[];
}

export function viewPlan(plan: Plan, problems: readonly PlanProblem[]): PlanView {
  return {
    name: plan.name,
    version: plan.version,
    rules: plan.rules.map(({ name, file, tenant, priority, action, conditions }) => ({
      name,
      file,
      tenant,
      priority,
      action: action.kind,
      when: Object.fromEntries(
        conditions.map(({ field, kind, value }) => [field, kind === 'exact' ? value : { [kind]: value }]),
      ),
    })),
    problems,
  };
}
