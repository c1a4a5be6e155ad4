import type { PlanText } from '../../dialplans/units.ts';
import type { PlanCheck } from '../../dialplans/check.ts';
import { explain } from '../../dialplans/resolve.ts';
import type { CallInput, Resolution } from '../../dialplans/types.ts';
import { viewPlan } from '../../dialplans/view.ts';
import type { PlanView } from '../../dialplans/view.ts';
import type { Clock } from '../ports.ts';
import { countsOf, planChanges, textDiff } from './changes.ts';
import type { PlanChange } from './changes.ts';
import {
  CanaryRunning,
  PlanIsAFile,
  PlanNameTaken,
  PlanNameUnusable,
  PlanNotFound,
  PlanVersionConflict,
  PlanVersionNotFound,
} from './errors.ts';
import type { Plans } from './plans.ts';
import { runningCanary, withPlan } from './stored.ts';
import type { PlanVersion, StoredCanary, StoredPlan, StoredPlans, VersionKind } from './stored.ts';
import { deletePlan, writeVersion } from './tables.ts';
import { fileVersion } from './texts.ts';

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
  readonly #counts = new Map<
    string,
    { readonly etag: string; readonly counts: ReturnType<typeof countsOf> }
  >();

  constructor(plans: Plans, clock: Clock) {
    this.#plans = plans;
    this.#clock = clock;
  }

  /** The plans in force together. */
  view(): PlanView {
    return viewPlan(this.#plans.current(), this.#plans.problems());
  }

  /** Where a call would go by the plans in force, with every rule explained. */
  resolve(input: CallInput): Resolution {
    return explain(this.#plans.current(), input);
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

  counts({ name, etag, text }: OwnedPlan): ReturnType<typeof countsOf> {
    const known = this.#counts.get(name);
    if (known?.etag === etag) return known.counts;
    const counts = countsOf(text);
    this.#counts.set(name, { etag, counts });
    return counts;
  }

  /** What publishing a text would do; changes nothing. */
  check(text: PlanText): PlanCheck & { readonly changes: readonly PlanChange[] } {
    const before = this.list().find((plan) => plan.name === text.name)?.text ?? '';
    return { ...this.#plans.tryText(text), changes: planChanges(before, text.text) };
  }

  /** Where a call would go if that text were published. Throws `PlanInvalid`. */
  tryWith(text: PlanText, input: CallInput): Resolution {
    return explain(this.#plans.usable(text), input);
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

  async diff(
    name: string,
    from: number,
    to: number,
  ): Promise<{ readonly text: string; readonly changes: readonly PlanChange[] }> {
    const [before, after] = [await this.versionText(name, from), await this.versionText(name, to)];
    return {
      text: textDiff({ label: `${name} v${from}`, text: before }, { label: `${name} v${to}`, text: after }),
      changes: planChanges(before, after),
    };
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
  ) {
    const { version, enabled, note } = plan;
    const details = { version, before: before?.version ?? null, enabled, note, ...more };
    return {
      next: withPlan(stored, plan),
      write: (tx: Parameters<typeof writeVersion>[0]) => writeVersion(tx, plan, kind),
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

function ownedByFile({ name, text }: PlanText, { plans }: StoredPlans): OwnedPlan {
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

function ownedByDatabase(plan: StoredPlan, canary: StoredCanary | null): OwnedPlan {
  return {
    ...plan,
    owner: 'database',
    etag: `v${plan.version}`,
    replacedBy: null,
    canary: canary?.plan === plan.name ? canary : null,
  };
}
