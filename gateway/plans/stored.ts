/** Plans as the database has them. Times are ISO 8601 texts in UTC. */

/** A plan that the database owns, in its present version. */
export interface StoredPlan {
  readonly name: string;
  /** From 1; a removed plan's numbers are not given again. */
  readonly version: number;
  /** Only an enabled plan counts for calls; the others are drafts. */
  readonly enabled: boolean;
  /** Name of the file that does not count while this plan is enabled; null: none. */
  readonly replaces: string | null;
  readonly text: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly note: string | null;
}

/** How a version came to be. */
export const versionKinds = ['published', 'rolled-back', 'taken-over', 'candidate'] as const;
export type VersionKind = (typeof versionKinds)[number];

export interface PlanVersion {
  readonly version: number;
  readonly kind: VersionKind;
  readonly at: string;
  readonly by: string;
  readonly note: string | null;
}

/** `running`; then one of the others, for good. */
export const canaryStates = ['running', 'promoted', 'ended', 'taken-back'] as const;
export type CanaryState = (typeof canaryStates)[number];

/** Calls that are over. */
export interface Tally {
  readonly served: number;
  readonly failed: number;
}

/** The latest try of a new version of a plan with some calls; one at a time runs, of all plans. */
export interface StoredCanary {
  readonly plan: string;
  /** Of the candidate. */
  readonly version: number;
  readonly text: string;
  readonly state: CanaryState;
  /** Why it was taken back, in words; null: it was not. */
  readonly reason: string | null;
  /** Called numbers that it is for; none: all. */
  readonly numbers: readonly string[];
  /** Of the calls to these numbers, in percent. */
  readonly share: number;
  /** Percent of its calls that may fail. */
  readonly failureRate: number;
  /** How many of its calls must be over before it is judged. */
  readonly calls: number;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly endedAt: string | null;
  readonly endedBy: string | null;
  readonly candidate: Tally;
  /** Calls meanwhile that the present version had. */
  readonly rest: Tally;
}

/** All that the database has of plans; a snapshot. */
export interface StoredPlans {
  /** Goes up with every change. */
  readonly revision: number;
  /** In the order of their names. */
  readonly plans: readonly StoredPlan[];
  readonly canaries: readonly StoredCanary[];
}

export function runningCanary(stored: StoredPlans): StoredCanary | null {
  return stored.canaries.find(({ state }) => state === 'running') ?? null;
}

/** With this canary in place of its plan's last one. */
export function withCanary(stored: StoredPlans, canary: StoredCanary): StoredPlans {
  return { ...stored, canaries: [...stored.canaries.filter(({ plan }) => plan !== canary.plan), canary] };
}

/** With this plan in place of the one of its name. */
export function withPlan(stored: StoredPlans, plan: StoredPlan): StoredPlans {
  const others = stored.plans.filter(({ name }) => name !== plan.name);
  return { ...stored, plans: [...others, plan].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
