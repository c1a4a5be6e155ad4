import type { PlanFiles } from '../../dialplans/folder.ts';
import { PlanError } from '../../dialplans/errors.ts';
import type { PlanProblem } from '../../dialplans/errors.ts';
import type { Plan } from '../../dialplans/plan.ts';
import type { CanaryWatch } from './canary-watch.ts';
import type { Check } from './check.ts';
import { PlanInvalid } from './errors.ts';
import { Snapshots } from './snapshots.ts';
import { runningCanary } from './stored.ts';
import type { StoredCanary, StoredPlans } from './stored.ts';
import { countingTexts, withText } from './texts.ts';

/** Files and plans of the database that the one check found good together. */
interface Good {
  readonly files: PlanFiles;
  readonly stored: StoredPlans;
  readonly plan: Plan;
}

/** What calls go by: the last plans that the one check found good together, and a canary's candidate. */
export class InForce {
  readonly snapshots = new Snapshots();
  readonly #check: Check;
  readonly #canary: CanaryWatch;
  #good: Good;
  #candidate: Plan | null = null;
  #problems: readonly PlanProblem[] = [];

  /** Throws `PlanError`. */
  constructor(check: Check, canary: CanaryWatch, files: PlanFiles, stored: StoredPlans) {
    this.#check = check;
    this.#canary = canary;
    const { plan, problems } = check(countingTexts(files, stored), files.fragments);
    if (plan === null) throw new PlanError(problems);
    this.#good = { files, stored, plan };
    this.take(this.#good, []);
  }

  get plan(): Plan {
    return this.#good.plan;
  }

  get stored(): StoredPlans {
    return this.#good.stored;
  }

  get files(): PlanFiles {
    return this.#good.files;
  }

  /** The snapshot for a call: the same whenever it is asked for, while no plan changes. */
  planFor(call: { readonly id: string; readonly called: string }): Plan {
    return this.#candidate !== null && this.#canary.has(call) ? this.#candidate : this.#good.plan;
  }

  /** What is wrong with newer plans; empty: the newest are in force. */
  problems(): readonly PlanProblem[] {
    return this.#problems;
  }

  /**
   * Checks plans of the database with the files as they are; or, while these have mistakes of their own, with those
   * in force. Throws `PlanInvalid`.
   */
  weigh(files: PlanFiles, stored: StoredPlans): { good: Good; problems: readonly PlanProblem[] } {
    const { plan, problems } = this.#check(countingTexts(files, stored), files.fragments);
    if (plan !== null) return { good: { files, stored, plan }, problems };
    // Another change than that of the files: they must not hold it up.
    if (stored !== this.#good.stored && this.#problems.length > 0) {
      const { files: kept } = this.#good;
      const older = this.#check(countingTexts(kept, stored), kept.fragments).plan;
      if (older !== null) return { good: { files: kept, stored, plan: older }, problems };
    }
    throw new PlanInvalid(problems);
  }

  /** Swaps the snapshot; `problems` are those of newer files. */
  take(good: Good, problems: readonly PlanProblem[]): void {
    const { files, stored, plan } = good;
    const canary = runningCanary(stored);
    this.#canary.follow(canary);
    this.#canary.knows(plan.version, 'rest');
    this.snapshots.remember(plan.version, files, stored, null);
    const candidate = canary && this.#candidateOf(canary, good);
    this.#good = good;
    this.#candidate = candidate;
    this.#problems = problems;
  }

  /** The last good ones stay. */
  keep(problems: readonly PlanProblem[]): void {
    this.#problems = problems;
  }

  /** Null: it does not go with the plans as they are now, and has to be taken back. */
  #candidateOf(canary: StoredCanary, { files, stored }: Good): Plan | null {
    const text = { name: canary.plan, text: canary.text };
    const { plan, problems } = this.#check(withText(text, files, stored), files.fragments);
    if (plan === null) {
      const words = problems.map(({ file, line, message }) => `${file}:${line}: ${message}`).at(0) ?? '';
      this.#canary.refuse(`it does not go with the plans as they are now: ${words}`);
      return null;
    }
    this.#canary.knows(plan.version, 'candidate');
    this.snapshots.remember(plan.version, files, stored, canary);
    return plan;
  }
}
