import type { PlanFiles } from '../../dialplans/folder.ts';
import type { StoredCanary, StoredPlans } from './stored.ts';
import { fileVersion } from './texts.ts';

/** Snapshots that a call may still be kept under. */
const kept = 100;

interface Snapshot {
  /** By plan: `v7`, or a file's. */
  readonly versions: ReadonlyMap<string, string>;
  /** `acme v8`; null: calls of no canary. */
  readonly canary: string | null;
}

/** What the snapshots of the last while were made of, for the records of their calls. */
export class Snapshots {
  readonly #byVersion = new Map<string, Snapshot>();

  /** @param candidate in its place; null: the plans as they are */
  remember(
    version: string,
    { texts }: PlanFiles,
    { plans }: StoredPlans,
    candidate: StoredCanary | null,
  ): void {
    const versions = new Map([
      ...texts.map(({ name, text }) => [name, fileVersion(text)] as const),
      ...plans.map((plan) => [plan.name, `v${plan.version}`] as const),
      ...(candidate ? [[candidate.plan, `v${candidate.version}`] as const] : []),
    ]);
    this.#byVersion.delete(version);
    this.#byVersion.set(version, {
      versions,
      canary: candidate && `${candidate.plan} v${candidate.version}`,
    });
    for (const oldest of this.#byVersion.keys()) {
      if (this.#byVersion.size <= kept) break;
      this.#byVersion.delete(oldest);
    }
  }

  /** A call's trace with its plan's version, and the canary that it was part of; nothing more of another's trace. */
  withVersions(trace: unknown): unknown {
    const { plan, version } = tracedOf(trace);
    const snapshot = this.#byVersion.get(version ?? '');
    if (snapshot === undefined) return trace;
    const planVersion = (plan === null ? null : snapshot.versions.get(plan)) ?? null;
    return { ...(trace as object), planVersion, canary: snapshot.canary };
  }
}

/** A record's trace is JSON that may be of another kind. */
export function tracedOf(trace: unknown): {
  readonly plan: string | null;
  readonly version: string | null;
} {
  const { plan, version } = (trace ?? {}) as { plan?: unknown; version?: unknown };
  return {
    plan: typeof plan === 'string' ? plan : null,
    version: typeof version === 'string' ? version : null,
  };
}
