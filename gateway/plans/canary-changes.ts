import type { Plan } from '../../dialplans/plan.ts';
import { noCalls } from './canary.ts';
import type { Change } from './change.ts';
import { CanaryUnusable, PlanInvalid } from './errors.ts';
import type { Weighed } from './in-force.ts';
import { withCanary, withPlan } from './stored.ts';
import type { StoredCanary, StoredPlan, StoredPlans } from './stored.ts';
import { endCanary, writeCandidate, writePlan } from './tables.ts';

/** What a candidate is tried with. */
export type NewCanary = Pick<StoredCanary, 'text' | 'numbers' | 'share' | 'failureRate' | 'calls'>;

/** Who does something to a canary, when, and why. */
export interface CanaryDeed {
  readonly by: string;
  /** ISO 8601. */
  readonly at: string;
  readonly note: string | null;
}

/** A version of `plan` is tried with some calls from now on. */
export function startedCanary(
  stored: StoredPlans,
  plan: StoredPlan,
  wanted: NewCanary & { readonly version: number },
  { by, at, note }: CanaryDeed,
): Change<StoredCanary> {
  const { version, numbers, share, failureRate, calls } = wanted;
  const canary: StoredCanary = {
    plan: plan.name,
    ...wanted,
    state: 'running',
    reason: null,
    startedAt: at,
    startedBy: by,
    endedAt: null,
    endedBy: null,
    candidate: noCalls,
    rest: noCalls,
  };
  return {
    next: withCanary(stored, canary),
    approve: refuseUnusable,
    write: (tx) => writeCandidate(tx, canary, note),
    audit: {
      by,
      action: 'canary.started',
      subject: plan.name,
      details: { version, besides: plan.version, numbers, share, failureRate, calls, note },
    },
    result: canary,
  };
}

/** All calls go the present way again, or, when it is promoted, the candidate's. */
export function endedCanary(
  stored: StoredPlans,
  plan: StoredPlan,
  counted: StoredCanary,
  state: 'ended' | 'promoted',
  { by, at, note }: CanaryDeed,
): Change<StoredCanary> {
  const over: StoredCanary = { ...counted, state, endedAt: at, endedBy: by };
  const { version, text, candidate, rest } = over;
  const promoted: StoredPlan | null =
    state === 'promoted'
      ? { ...plan, version, text, enabled: true, updatedAt: at, updatedBy: by, note }
      : null;
  const next = withCanary(stored, over);
  return {
    next: promoted ? withPlan(next, promoted) : next,
    write: async (tx) => {
      await endCanary(tx, over);
      if (promoted) await writePlan(tx, promoted);
    },
    audit: {
      by,
      action: `canary.${state}`,
      subject: plan.name,
      details: { version, candidate, rest, note },
    },
    result: over,
  };
}

/** The gateway ends it by itself, for a reason in words. */
export function takenBackCanary(
  stored: StoredPlans,
  counted: StoredCanary,
  reason: string,
  at: string,
): Change<StoredCanary> {
  const over: StoredCanary = { ...counted, state: 'taken-back', reason, endedAt: at, endedBy: 'gateway' };
  const { plan, version, candidate, rest } = over;
  return {
    next: withCanary(stored, over),
    write: (tx) => endCanary(tx, over),
    audit: {
      by: 'gateway',
      action: 'canary.taken-back',
      subject: plan,
      details: { version, reason, candidate, rest },
    },
    result: over,
  };
}

/** The check of the whole was made with the candidate in its plan's place, too. */
function refuseUnusable({ candidate }: Weighed, present: Plan): void {
  const { plan, problems } = candidate ?? { plan: null, problems: [] };
  if (plan === null) throw new PlanInvalid(problems);
  if (plan.version === present.version)
    throw new CanaryUnusable(
      'The candidate is what is in force already.',
      'Send another text than that of the present version.',
    );
  if (JSON.stringify(plan.trunks) !== JSON.stringify(present.trunks))
    throw new CanaryUnusable(
      'Trunks can’t be tried with some calls: which trunk a call comes from is found before it is known which plan it goes by.',
      'Publish the trunks first, then try the rules.',
    );
}
