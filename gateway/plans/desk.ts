import type { PlanText } from '../../dialplans/units.ts';
import { explainBriefly } from '../../dialplans/resolve.ts';
import { arrivingAt, type TriedCall } from '../../dialplans/tried.ts';
import type { Resolution } from '../../dialplans/types.ts';
import { viewPlan } from '../../dialplans/view.ts';
import type { PlanView } from '../../dialplans/view.ts';
import type { Clock } from '../ports.ts';
import type { PlanCounts } from './changes.ts';
import type { Change } from './change.ts';
import type { Difference, Trial } from './checker/orders.ts';
import {
  CanaryRunning,
  PlanInvalid,
  PlanIsAFile,
  PlanNameTaken,
  PlanNameUnusable,
  PlanNotFound,
  PlanVersionConflict,
  PlanVersionNotFound,
} from './errors.ts';
import { ownedByDatabase, ownedByFile } from './owned-plan.ts';
import type { OwnedPlan } from './owned-plan.ts';
import type { Plans } from './plans.ts';
import { runningCanary, withPlan } from './stored.ts';
import type { PlanVersion, StoredPlan, StoredPlans, VersionKind } from './stored.ts';
import { deletePlan, writeVersion } from './tables.ts';
import { countingTexts, withText } from './texts.ts';

/** What a change was made for: these versions, or there being no plan of that name. */
export type Expected = { readonly etags: readonly string[] } | 'new';

/** Who changes something, and why. */
export interface Doing {
  readonly by: string;
  readonly note?: string | null | undefined;
}

/** Plans as an admin works with them; errors are those of `errors.ts` and of the database. */
export class PlanDesk {
  readonly #plans: Plans;
  readonly #clock: Clock;
  readonly #counts = new Map<string, { readonly etag: string; readonly counts: PlanCounts }>();

  constructor(plans: Plans, clock: Clock) {
    this.#plans = plans;
    this.#clock = clock;
  }

  /** The plans in force together. */
  view(): PlanView {
    return viewPlan(this.#plans.current(), this.#plans.problems());
  }

  /** Whether a rule in force is this tenant's. */
  hasTenant(name: string): boolean {
    return this.#plans.current().rules.some(({ tenant, home }) => (tenant ?? home.tenant) === name);
  }

  /** Where a call would go by the plans in force, and why. */
  resolve(tried: TriedCall): Resolution {
    const plan = this.#plans.current();
    return explainBriefly(plan, arrivingAt(plan, tried));
  }

  /** In the order of their names. */
  list(): readonly OwnedPlan[] {
    const { files, stored } = this.#plans.inForce();
    const canary = this.#plans.runningCanary();
    return [
      ...files.texts.map((file) => ownedByFile(file, stored)),
      ...stored.plans.map((plan) => ownedByDatabase(plan, canary)),
    ].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): OwnedPlan {
    const found = this.list().find((plan) => plan.name === name);
    if (found === undefined) throw new PlanNotFound(name);
    return found;
  }

  /** Rules and tests of a plan itself. */
  async counts({ name, etag, text }: OwnedPlan): Promise<PlanCounts> {
    const { files, stored } = this.#plans.inForce();
    const counts = countingTexts(files, stored).some((one) => one.name === name && one.text === text);
    const inForce = counts ? this.#plans.current().files.get(name) : undefined;
    return inForce ?? this.#countsOfDraft(name, etag, text);
  }

  /** What publishing a text would do; changes nothing. `signal`: nobody waits for it any more. */
  async check(text: PlanText, signal: AbortSignal): Promise<Trial> {
    const { files, stored } = this.#plans.inForce();
    const before = this.list().find((plan) => plan.name === text.name)?.text ?? '';
    const both = { before, after: text.text };
    const until = this.#until(signal);
    return this.#plans.checker.trial(withText(text, files, stored), files.fragments, both, until);
  }

  /** Where a call would go if that text were published. Throws `PlanInvalid`. */
  async tryWith(text: PlanText, tried: TriedCall, signal: AbortSignal): Promise<Resolution> {
    const { files, stored } = this.#plans.inForce();
    const texts = withText(text, files, stored);
    const until = this.#until(signal);
    const found = await this.#plans.checker.explain(texts, files.fragments, tried, until);
    if (found.resolution === null) throw new PlanInvalid(found.problems);
    return found.resolution;
  }

  /** Makes a plan, or its next version. A plan that is not enabled is a draft, and not checked. */
  async put(
    wanted: { readonly name: string; readonly text: string; readonly enabled?: boolean | undefined },
    expected: Expected,
    doing: Doing,
  ): Promise<OwnedPlan> {
    this.#refuseFile(wanted.name);
    return this.#plans.change(async (stored) => {
      const before = expectedPlan(stored, wanted.name, expected);
      if (before === null && !isPlanName(wanted.name)) throw new PlanNameUnusable(wanted.name);
      const plan = await this.#nextVersion(wanted.name, before, doing, {
        text: wanted.text,
        enabled: wanted.enabled ?? before?.enabled ?? true,
      });
      return this.#publication(stored, plan, before, 'published', {});
    });
  }

  /** Calls go on without it; its versions stay. */
  async remove(name: string, expected: Expected, { by }: Doing): Promise<void> {
    this.#refuseFile(name);
    await this.#plans.change((stored) => {
      const before = existing(stored, name, expected);
      return {
        next: { ...stored, plans: stored.plans.filter((plan) => plan.name !== name) },
        write: (tx) => deletePlan(tx, name),
        audit: { by, action: 'plan.removed', subject: name, details: { version: before.version } },
        result: undefined,
      };
    });
  }

  /** A new version with the text of an old one. */
  async rollBack(name: string, to: number, expected: Expected, doing: Doing): Promise<OwnedPlan> {
    this.#refuseFile(name);
    return this.#plans.change(async (stored) => {
      const before = existing(stored, name, expected);
      const text = await this.#plans.tables.text(name, to);
      if (text === null) throw new PlanVersionNotFound(name, to);
      const plan = await this.#nextVersion(name, before, doing, { text, enabled: before.enabled });
      return this.#publication(stored, plan, before, 'rolled-back', { to });
    });
  }

  /** A copy of a file's plan for the database, as a draft; once it is enabled, the file does not count. */
  async takeOver(file: string, as: string, doing: Doing): Promise<OwnedPlan> {
    const { files } = this.#plans.inForce();
    const found = files.texts.find(({ name }) => name === file);
    if (found === undefined) throw new PlanNotFound(file);
    if (!isPlanName(as)) throw new PlanNameUnusable(as);
    return this.#plans.change(async (stored) => {
      if (stored.plans.some(({ name }) => name === as)) throw new PlanNameTaken(as);
      const made = await this.#nextVersion(as, null, doing, { text: found.text, enabled: false });
      const plan = { ...made, replaces: file };
      return this.#publication(stored, plan, null, 'taken-over', { from: file });
    });
  }

  /** The newest first; those of a removed plan, too. */
  async versions(name: string): Promise<readonly PlanVersion[]> {
    const versions = await this.#plans.tables.versions(name);
    if (versions.length === 0) this.#refuseUnknown(name);
    return versions;
  }

  async versionText(name: string, version: number): Promise<string> {
    const text = await this.#plans.tables.text(name, version);
    if (text !== null) return text;
    this.#refuseUnknown(name);
    throw new PlanVersionNotFound(name, version);
  }

  async diff(name: string, from: number, to: number, signal: AbortSignal): Promise<Difference> {
    const before = { label: `${name} v${from}`, text: await this.versionText(name, from) };
    const after = { label: `${name} v${to}`, text: await this.versionText(name, to) };
    return this.#plans.checker.difference(before, after, this.#until(signal));
  }

  async #countsOfDraft(name: string, etag: string, text: string): Promise<PlanCounts> {
    const known = this.#counts.get(name);
    if (known?.etag === etag) return known.counts;
    const counts = await this.#plans.checker.counts(text, this.#plans.closing);
    this.#counts.set(name, { etag, counts });
    return counts;
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#plans.closing]);
  }

  #refuseFile(name: string): void {
    if (this.#plans.inForce().files.texts.some((file) => file.name === name)) throw new PlanIsAFile(name);
  }

  #refuseUnknown(name: string): void {
    if (!this.list().some((plan) => plan.name === name)) throw new PlanNotFound(name);
  }

  async #nextVersion(
    name: string,
    before: StoredPlan | null,
    { by, note }: Doing,
    content: Pick<StoredPlan, 'text' | 'enabled'>,
  ): Promise<StoredPlan> {
    return {
      name,
      version: await this.#plans.tables.nextVersion(name),
      replaces: before?.replaces ?? null,
      ...content,
      updatedAt: new Date(this.#clock.nowMs()).toISOString(),
      updatedBy: by,
      note: note ?? null,
    };
  }

  #publication(
    stored: StoredPlans,
    plan: StoredPlan,
    before: StoredPlan | null,
    kind: VersionKind,
    more: Readonly<Record<string, unknown>>,
  ): Change<OwnedPlan> {
    const { version, enabled, note } = plan;
    const details = { version, before: before?.version ?? null, enabled, note, ...more };
    return {
      next: withPlan(stored, plan),
      write: (tx) => writeVersion(tx, plan, kind),
      audit: { by: plan.updatedBy, action: `plan.${kind}`, subject: plan.name, details },
      result: ownedByDatabase(plan, null),
    };
  }
}

/** Files' names end in .yaml, so that nothing has the name of another's. */
function isPlanName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && !/\.ya?ml$/i.test(name);
}

/** The plan to be changed, null: a new one. Throws `PlanVersionConflict`, and `CanaryRunning`. */
function expectedPlan(stored: StoredPlans, name: string, expected: Expected): StoredPlan | null {
  const now = stored.plans.find((plan) => plan.name === name) ?? null;
  if (expected === 'new') {
    if (now !== null) throw new PlanVersionConflict(name, now, 'a new plan');
    return null;
  }
  return existing(stored, name, expected);
}

/** Throws `PlanNotFound`, too, when any version is meant. */
export function existing(stored: StoredPlans, name: string, expected: Expected): StoredPlan {
  const now = stored.plans.find((plan) => plan.name === name) ?? null;
  const etags = expected === 'new' ? [] : expected.etags;
  if (now === null) {
    if (etags.includes('*')) throw new PlanNotFound(name);
    throw new PlanVersionConflict(name, null, etags.join(', '));
  }
  if (!etags.includes('*') && !etags.includes(`v${now.version}`))
    throw new PlanVersionConflict(name, now, etags.join(', '));
  const canary = runningCanary(stored);
  if (canary?.plan === name) throw new CanaryRunning(canary);
  return now;
}
