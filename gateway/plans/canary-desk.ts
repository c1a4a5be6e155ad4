import type { Clock } from '../ports.ts';
import { endedCanary, startedCanary } from './canary-changes.ts';
import type { CanaryDeed, NewCanary } from './canary-changes.ts';
import type { Doing } from './desk.ts';
import { CanaryNotFound, CanaryRunning, PlanIsAFile, PlanNotFound } from './errors.ts';
import type { Plans } from './plans.ts';
import { runningCanary } from './stored.ts';
import type { StoredCanary } from './stored.ts';

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
  async start(name: string, wanted: NewCanary, doing: Doing): Promise<StoredCanary> {
    if (this.#plans.inForce().files.texts.some((file) => file.name === name)) throw new PlanIsAFile(name);
    return this.#plans.change(async (stored) => {
      const running = runningCanary(stored);
      if (running) throw new CanaryRunning(running);
      const plan = stored.plans.find((one) => one.name === name);
      if (plan === undefined) throw new PlanNotFound(name);
      const version = await this.#plans.tables.nextVersion(name);
      return startedCanary(stored, plan, { version, ...wanted }, this.#deed(doing));
    });
  }

  /** All calls go the present way again. */
  async end(name: string, doing: Doing): Promise<StoredCanary> {
    return this.#end(name, 'ended', { ...doing, note: null });
  }

  /** The candidate becomes the plan's version, for all calls. */
  async promote(name: string, doing: Doing): Promise<StoredCanary> {
    return this.#end(name, 'promoted', doing);
  }

  async #end(name: string, state: 'ended' | 'promoted', doing: Doing): Promise<StoredCanary> {
    return this.#plans.change((stored) => {
      const running = runningCanary(stored);
      const plan = stored.plans.find((one) => one.name === name);
      if (running?.plan !== name || plan === undefined) throw new CanaryNotFound(name);
      const counted = this.#plans.runningCanary() ?? running;
      return endedCanary(stored, plan, counted, state, this.#deed(doing));
    });
  }

  #deed({ by, note }: Doing): CanaryDeed {
    return { by, note: note ?? null, at: new Date(this.#clock.nowMs()).toISOString() };
  }
}
