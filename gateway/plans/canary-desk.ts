import type { Clock } from '../ports.ts';
import { noCalls } from './canary.ts';
import type { Doing } from './desk.ts';
import { CanaryNotFound, CanaryRunning, CanaryUnusable, PlanIsAFile, PlanNotFound } from './errors.ts';
import type { Plans } from './plans.ts';
import { runningCanary, withCanary, withPlan } from './stored.ts';
import type { StoredCanary, StoredPlan } from './stored.ts';
import { endCanary, writeCandidate, writePlan } from './tables.ts';

/** What a candidate is tried with. */
export type NewCanary = Pick<StoredCanary, 'text' | 'numbers' | 'share' | 'failureRate' | 'calls'>;

/** Canaries as an admin works with them. */
export class CanaryDesk {
  readonly #plans: Plans;
  readonly #clock: Clock;

  constructor(plans: Plans, clock: Clock) {
    this.#plans = plans;
    this.#clock = clock;
  }

  /** The one that runs, with its calls up to now, or the last one of that plan. Throws `CanaryNotFound`. */
  of(name: string): StoredCanary {
    const running = this.#plans.runningCanary();
    if (running?.plan === name) return running;
    const last = this.#plans.inForce().stored.canaries.find(({ plan }) => plan === name);
    if (last === undefined) throw new CanaryNotFound(name);
    return last;
  }

  /** Begins to try a version with some calls. The candidate passes the one check, as if it were published. */
  async start(name: string, wanted: NewCanary, { by, note }: Doing): Promise<StoredCanary> {
    this.#refuseUnusable(name, wanted);
    return this.#plans.change(async (stored) => {
      const running = runningCanary(stored);
      if (running) throw new CanaryRunning(running);
      const plan = stored.plans.find((one) => one.name === name);
      if (plan === undefined) throw new PlanNotFound(name);
      const canary: StoredCanary = {
        plan: name,
        version: await this.#plans.tables.nextVersion(name),
        ...wanted,
        state: 'running',
        reason: null,
        startedAt: this.#now(),
        startedBy: by,
        endedAt: null,
        endedBy: null,
        candidate: noCalls,
        rest: noCalls,
      };
      const { version, numbers, share, failureRate, calls } = canary;
      return {
        next: withCanary(stored, canary),
        write: (tx) => writeCandidate(tx, canary, note ?? null),
        audit: {
          by,
          action: 'canary.started',
          subject: name,
          details: { version, besides: plan.version, numbers, share, failureRate, calls, note: note ?? null },
        },
        result: canary,
      };
    });
  }

  /** All calls go the present way again. */
  async end(name: string, { by }: Doing): Promise<StoredCanary> {
    return this.#end(name, 'ended', by, null);
  }

  /** The candidate becomes the plan's version, for all calls. */
  async promote(name: string, { by, note }: Doing): Promise<StoredCanary> {
    return this.#end(name, 'promoted', by, note ?? null);
  }

  async #end(
    name: string,
    state: 'ended' | 'promoted',
    by: string,
    note: string | null,
  ): Promise<StoredCanary> {
    return this.#plans.change((stored) => {
      const running = runningCanary(stored);
      const plan = stored.plans.find((one) => one.name === name);
      if (running?.plan !== name || plan === undefined) throw new CanaryNotFound(name);
      const counted = this.#plans.runningCanary() ?? running;
      const endedAt = this.#now();
      const over: StoredCanary = { ...counted, state, endedAt, endedBy: by };
      const promoted: StoredPlan | null =
        state === 'promoted'
          ? {
              ...plan,
              ...{ version: over.version, text: over.text, enabled: true },
              ...{ updatedAt: endedAt, updatedBy: by, note },
            }
          : null;
      const next = withCanary(stored, over);
      const { version, candidate, rest } = over;
      return {
        next: promoted ? withPlan(next, promoted) : next,
        write: async (tx) => {
          await endCanary(tx, over);
          if (promoted) await writePlan(tx, promoted);
        },
        audit: {
          by,
          action: `canary.${state}`,
          subject: name,
          details: { version, candidate, rest, note },
        },
        result: over,
      };
    });
  }

  /** The check of the whole is made with the candidate in its plan's place. */
  #refuseUnusable(name: string, { text }: NewCanary): void {
    const { files, stored } = this.#plans.inForce();
    if (files.texts.some((file) => file.name === name)) throw new PlanIsAFile(name);
    if (!stored.plans.some((plan) => plan.name === name)) throw new PlanNotFound(name);
    const candidate = this.#plans.usable({ name, text });
    const present = this.#plans.current();
    if (candidate.version === present.version)
      throw new CanaryUnusable(
        'The candidate is what is in force already.',
        'Send another text than that of the present version.',
      );
    if (JSON.stringify(candidate.trunks) !== JSON.stringify(present.trunks))
      throw new CanaryUnusable(
        'Trunks can’t be tried with some calls: which trunk a call comes from is found before it is known which plan it goes by.',
        'Publish the trunks first, then try the rules.',
      );
  }

  #now(): string {
    return new Date(this.#clock.nowMs()).toISOString();
  }
}
