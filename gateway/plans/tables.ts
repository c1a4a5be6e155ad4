import type { Transaction } from 'kysely';
import type { Db, PlanCanaryRow, Tables } from '../records/schema.ts';
import { unavailable } from '../records/errors.ts';
import { addAudit } from '../records/audit.ts';
import { noOutbox } from '../records/outbox.ts';
import type { Outbox } from '../records/outbox.ts';
import { planEvents } from './events.ts';
import type { NewAuditEntry } from '../records/audit.ts';
import type { Selectable } from 'kysely';
import type { PlanVersion, StoredCanary, StoredPlan, StoredPlans, Tally, VersionKind } from './stored.ts';
import { canaryStates, versionKinds } from './stored.ts';

export type Tx = Transaction<Tables>;

/** Plans in the database. Whatever the database refuses comes as `DATABASE_UNAVAILABLE` or `STORAGE_FULL`. */
export class PlanTables {
  readonly #db: Db;
  readonly #outbox: Outbox;

  /** @param outbox where changes are told */
  constructor(db: Db, outbox: Outbox = noOutbox) {
    this.#db = db;
    this.#outbox = outbox;
  }

  async revision(): Promise<number> {
    return guarded('the plans can’t be read', () => revisionOf(this.#db));
  }

  /** A snapshot: nothing of it is from another revision than the rest. */
  async load(): Promise<StoredPlans> {
    return guarded('the plans can’t be read', async () => {
      for (;;) {
        const revision = await revisionOf(this.#db);
        const plans = await loadPlans(this.#db);
        const canaries = await loadCanaries(this.#db);
        if (revision === (await revisionOf(this.#db))) return { revision, plans, canaries };
      }
    });
  }

  /**
   * Writes all or nothing, with what is kept and told of it, and only onto the revision that it was made for. False:
   * there is another one by now. When it throws, the database may have written it all the same, if it went away just then.
   */
  async commit(
    from: number,
    write: (tx: Tx) => Promise<void>,
    audit: NewAuditEntry,
    tenant: string,
  ): Promise<boolean> {
    const done = await guarded('the change can’t be written', () =>
      this.#db.transaction().execute(async (tx) => {
        // First, so that who comes at the same time waits here.
        const { numUpdatedRows } = await tx
          .updateTable('plan_revision')
          .set({ revision: from + 1 })
          .where('id', '=', 1)
          .where('revision', '=', from)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await write(tx);
        await addAudit(tx, audit);
        await this.#outbox.keep(tx, planEvents(audit, tenant));
        return true;
      }),
    );
    if (done) this.#outbox.committed();
    return done;
  }

  /** The newest first; none: there was never a plan of that name. */
  async versions(name: string): Promise<readonly PlanVersion[]> {
    const rows = await guarded('the plan’s versions can’t be read', () =>
      this.#db
        .selectFrom('plan_versions')
        .select(['version', 'kind', 'made_at', 'made_by', 'note'])
        .where('name', '=', name)
        .orderBy('version', 'desc')
        .execute(),
    );
    return rows.map(({ version, kind, made_at, made_by, note }) => ({
      version,
      kind: versionKinds.find((one) => one === kind) ?? 'published',
      at: made_at,
      by: made_by,
      note,
    }));
  }

  async text(name: string, version: number): Promise<string | null> {
    const row = await guarded('the plan’s version can’t be read', () =>
      this.#db
        .selectFrom('plan_versions')
        .select('text')
        .where('name', '=', name)
        .where('version', '=', version)
        .executeTakeFirst(),
    );
    return row?.text ?? null;
  }

  /** A number for a plan's next version; what was removed or taken back keeps its own. */
  async nextVersion(name: string): Promise<number> {
    const row = await guarded('the plan’s versions can’t be read', () =>
      this.#db
        .selectFrom('plan_versions')
        .select('version')
        .where('name', '=', name)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst(),
    );
    return (row?.version ?? 0) + 1;
  }

  /** Adds calls to a canary's tallies; what they are then, or null: it does not run any more. */
  async tally(
    { plan, version }: StoredCanary,
    more: { readonly candidate: Tally; readonly rest: Tally },
  ): Promise<{ readonly candidate: Tally; readonly rest: Tally } | null> {
    const row = await guarded('the canary’s calls can’t be counted', () =>
      this.#db
        .updateTable('plan_canaries')
        .set((column) => ({
          candidate_served: column('candidate_served', '+', more.candidate.served),
          candidate_failed: column('candidate_failed', '+', more.candidate.failed),
          rest_served: column('rest_served', '+', more.rest.served),
          rest_failed: column('rest_failed', '+', more.rest.failed),
        }))
        .where('plan', '=', plan)
        .where('version', '=', version)
        .where('state', '=', 'running')
        .returning(['candidate_served', 'candidate_failed', 'rest_served', 'rest_failed'])
        .executeTakeFirst(),
    );
    return row === undefined ? null : talliesOf(row);
  }
}

/** A plan's row and, as `kind` says, its version. */
export async function writeVersion(tx: Tx, plan: StoredPlan, kind: VersionKind): Promise<void> {
  const { name, version, text, updatedAt, updatedBy, note } = plan;
  await tx
    .insertInto('plan_versions')
    .values({ name, version, kind, text, made_at: updatedAt, made_by: updatedBy, note })
    .execute();
  await writePlan(tx, plan);
}

/** A plan's row; its version is there already. */
export async function writePlan(tx: Tx, plan: StoredPlan): Promise<void> {
  const row = {
    version: plan.version,
    enabled: plan.enabled ? 1 : 0,
    replaces: plan.replaces,
    updated_at: plan.updatedAt,
    updated_by: plan.updatedBy,
    note: plan.note,
  };
  await tx
    .insertInto('plans')
    .values({ name: plan.name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}

/** Its versions stay. */
export async function deletePlan(tx: Tx, name: string): Promise<void> {
  await tx.deleteFrom('plans').where('name', '=', name).execute();
}

export async function writeCandidate(tx: Tx, canary: StoredCanary, note: string | null): Promise<void> {
  const { plan, version, text, startedAt, startedBy } = canary;
  await tx
    .insertInto('plan_versions')
    .values({ name: plan, version, kind: 'candidate', text, made_at: startedAt, made_by: startedBy, note })
    .execute();
  await tx.deleteFrom('plan_canaries').where('plan', '=', plan).execute();
  await tx.insertInto('plan_canaries').values(toCanaryRow(canary)).execute();
}

export async function endCanary(
  tx: Tx,
  { plan, version, state, reason, endedAt, endedBy }: StoredCanary,
): Promise<void> {
  await tx
    .updateTable('plan_canaries')
    .set({ state, reason, ended_at: endedAt, ended_by: endedBy })
    .where('plan', '=', plan)
    .where('version', '=', version)
    .execute();
}

async function revisionOf(db: Db): Promise<number> {
  const { revision } = await db
    .selectFrom('plan_revision')
    .select('revision')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  return revision;
}

async function loadPlans(db: Db): Promise<StoredPlan[]> {
  const rows = await db
    .selectFrom('plans')
    .innerJoin('plan_versions', (join) =>
      join
        .onRef('plan_versions.name', '=', 'plans.name')
        .onRef('plan_versions.version', '=', 'plans.version'),
    )
    .selectAll('plans')
    .select('plan_versions.text')
    .execute();
  return rows
    .map((row) => ({
      name: row.name,
      version: row.version,
      enabled: row.enabled !== 0,
      replaces: row.replaces,
      text: row.text,
      updatedAt: row.updated_at,
      updatedBy: row.updated_by,
      note: row.note,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function loadCanaries(db: Db): Promise<StoredCanary[]> {
  const rows = await db
    .selectFrom('plan_canaries')
    .innerJoin('plan_versions', (join) =>
      join
        .onRef('plan_versions.name', '=', 'plan_canaries.plan')
        .onRef('plan_versions.version', '=', 'plan_canaries.version'),
    )
    .selectAll('plan_canaries')
    .select('plan_versions.text')
    .execute();
  return rows.map((row) => ({
    plan: row.plan,
    version: row.version,
    text: row.text,
    state: canaryStates.find((state) => state === row.state) ?? 'ended',
    reason: row.reason,
    numbers: JSON.parse(row.numbers) as string[],
    share: row.share,
    failureRate: row.failure_rate,
    calls: row.calls,
    startedAt: row.started_at,
    startedBy: row.started_by,
    endedAt: row.ended_at,
    endedBy: row.ended_by,
    ...talliesOf(row),
  }));
}

function toCanaryRow(canary: StoredCanary): PlanCanaryRow {
  return {
    plan: canary.plan,
    version: canary.version,
    state: canary.state,
    reason: canary.reason,
    numbers: JSON.stringify(canary.numbers),
    share: canary.share,
    failure_rate: canary.failureRate,
    calls: canary.calls,
    started_at: canary.startedAt,
    started_by: canary.startedBy,
    ended_at: canary.endedAt,
    ended_by: canary.endedBy,
    candidate_served: canary.candidate.served,
    candidate_failed: canary.candidate.failed,
    rest_served: canary.rest.served,
    rest_failed: canary.rest.failed,
  };
}

type TallyColumns = 'candidate_served' | 'candidate_failed' | 'rest_served' | 'rest_failed';

function talliesOf(row: Pick<Selectable<PlanCanaryRow>, TallyColumns>): { candidate: Tally; rest: Tally } {
  return {
    candidate: { served: row.candidate_served, failed: row.candidate_failed },
    rest: { served: row.rest_served, failed: row.rest_failed },
  };
}

async function guarded<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw unavailable(what, error);
  }
}
