import type { PlanText } from '../../dialplans/units.ts';
import { fileVersion } from './texts.ts';
import type { StoredCanary, StoredPlan, StoredPlans } from './stored.ts';

/** A plan and who owns it. */
export interface OwnedPlan {
  readonly name: string;
  readonly owner: 'file' | 'database';
  /** Counts for calls. */
  readonly enabled: boolean;
  /** Null: a file's. */
  readonly version: number | null;
  /** `v7`, or a file's beginning of a hash. */
  readonly etag: string;
  /** The file that it stands for; null: none. */
  readonly replaces: string | null;
  /** Of a file that does not count: the plan that stands for it. */
  readonly replacedBy: string | null;
  readonly updatedAt: string | null;
  readonly updatedBy: string | null;
  readonly note: string | null;
  /** The try of another version that runs. */
  readonly canary: StoredCanary | null;
  readonly text: string;
}

export function ownedByFile({ name, text }: PlanText, { plans }: StoredPlans): OwnedPlan {
  const replacedBy = plans.find((plan) => plan.enabled && plan.replaces === name)?.name ?? null;
  return {
    name,
    owner: 'file',
    enabled: replacedBy === null,
    version: null,
    etag: fileVersion(text),
    replaces: null,
    replacedBy,
    updatedAt: null,
    updatedBy: null,
    note: null,
    canary: null,
    text,
  };
}

export function ownedByDatabase(plan: StoredPlan, canary: StoredCanary | null): OwnedPlan {
  return {
    ...plan,
    owner: 'database',
    etag: `v${plan.version}`,
    replacedBy: null,
    canary: canary?.plan === plan.name ? canary : null,
  };
}
