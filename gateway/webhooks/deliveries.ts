import { randomUUID } from 'node:crypto';
import { PostgresAdapter } from 'kysely';
import type { Insertable, Transaction } from 'kysely';
import type { Delivery, DeliveryPage, DeliveryState, GatewayEvent } from '../ports.ts';
import type { AttemptRow, Db, DeliveryRow, Tables } from '../records/schema.ts';
import type { Outcome } from './post.ts';

/** A delivery whose turn it is, with what it takes to send it. */
export interface Due {
  readonly id: string;
  readonly webhook: string;
  readonly event: string;
  readonly url: string;
  readonly payload: string;
  readonly secret: string;
  readonly keyId: string;
  readonly attempts: number;
  readonly failingSince: string | null;
}

/** How long a gateway may have a delivery before another one takes it for lost. */
const claimMs = 60_000;

const keptMs = { delivered: 7 * 24 * 3600 * 1000, 'given-up': 30 * 24 * 3600 * 1000 } as const;

/** Queues each event for all webhooks that want it, in that transaction; repeating it changes nothing. */
export async function enqueue(
  tx: Transaction<Tables>,
  events: readonly GatewayEvent[],
  payloadOf: (event: GatewayEvent) => string,
): Promise<void> {
  if (events.length === 0) return;
  const webhooks = await tx
    .selectFrom('webhooks')
    .select(['id', 'tenant', 'events'])
    .where('active', '=', 1)
    // One that is removed at this moment must not take down what is told of. SQLite has one writer at a time anyway.
    .$if(tx.getExecutor().adapter instanceof PostgresAdapter, (query) => query.forKeyShare())
    .execute();
  for (const { id, tenant, events: wanted } of webhooks) {
    const types = JSON.parse(wanted) as string[];
    const mine = events.filter(
      (event) =>
        (tenant === null || tenant === event.tenant) && (types.length === 0 || types.includes(event.type)),
    );
    await insertNew(
      tx,
      mine.map((event) => rowOf(event, id, payloadOf(event))),
    );
  }
}

export async function enqueueFor(
  db: Db,
  webhook: string,
  event: GatewayEvent,
  payload: string,
): Promise<void> {
  await db.transaction().execute((transaction) => insertNew(transaction, [rowOf(event, webhook, payload)]));
}

function rowOf({ id, type, at }: GatewayEvent, webhook: string, payload: string): Insertable<DeliveryRow> {
  return {
    id: `dlv_${randomUUID()}`,
    webhook_id: webhook,
    event_id: id,
    type,
    payload,
    state: 'waiting',
    attempts: 0,
    due_at: at,
    claimed_until: null,
    created_at: at,
    done_at: null,
  };
}

async function insertNew(db: Transaction<Tables>, rows: readonly Insertable<DeliveryRow>[]): Promise<void> {
  if (rows.length === 0) return;
  await db
    .insertInto('webhook_deliveries')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['webhook_id', 'event_id']).doNothing())
    .execute();
}

export interface Capacity {
  /** Deliveries in all. */
  readonly limit: number;
  /** To one webhook. */
  readonly limitOfOne: number;
  /** How many are on their way to each. */
  readonly running: ReadonlyMap<string, number>;
}

/** Takes what is due, the oldest first, so that no other gateway sends it meanwhile. `more`: there may be more. */
export async function claim(
  db: Db,
  nowMs: number,
  { limit, limitOfOne, running }: Capacity,
): Promise<{ readonly taken: readonly Due[]; readonly more: boolean }> {
  const full = [...running].filter(([, count]) => count >= limitOfOne).map(([webhook]) => webhook);
  const now = iso(nowMs);
  let query = db
    .selectFrom('webhook_deliveries as d')
    .innerJoin('webhooks as w', 'w.id', 'd.webhook_id')
    .select(['d.id', 'd.webhook_id as webhook', 'd.event_id as event', 'd.payload', 'd.attempts'])
    .select(['w.url', 'w.secret', 'w.key_id as keyId', 'w.failing_since as failingSince'])
    .where('d.state', '=', 'waiting')
    .where('d.due_at', '<=', now)
    .where('w.active', '=', 1)
    .where((is) => is.or([is('d.claimed_until', 'is', null), is('d.claimed_until', '<', now)]))
    .orderBy('d.due_at')
    .limit(limit);
  if (full.length > 0) query = query.where('w.id', 'not in', full);
  const counts = new Map(running);
  const taken: Due[] = [];
  const found = await query.execute();
  for (const due of found) {
    const count = counts.get(due.webhook) ?? 0;
    if (count >= limitOfOne) continue;
    const { numUpdatedRows } = await db
      .updateTable('webhook_deliveries')
      .set({ claimed_until: iso(nowMs + claimMs) })
      .where('id', '=', due.id)
      .where('state', '=', 'waiting')
      .where((is) => is.or([is('claimed_until', 'is', null), is('claimed_until', '<', now)]))
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) continue;
    counts.set(due.webhook, count + 1);
    taken.push(due);
  }
  return { taken, more: found.length > taken.length };
}

export interface Settled {
  readonly due: Due;
  readonly outcome: Outcome;
  readonly atMs: number;
  readonly tookMs: number;
  /** When it is tried again; null: no more. */
  readonly nextMs: number | null;
  /** Why the webhook is switched off; null: it is not. */
  readonly stopped: string | null;
}

/** Keeps how an attempt went. The first that goes well after others calls all that wait for the same receiver. */
export async function settle(
  db: Db,
  { due, outcome, atMs, tookMs, nextMs, stopped }: Settled,
): Promise<void> {
  const now = iso(atMs + tookMs);
  const well = outcome.error === null;
  const state: DeliveryState = well ? 'delivered' : nextMs === null ? 'given-up' : 'waiting';
  const failing = well ? null : (due.failingSince ?? iso(atMs));
  await db.transaction().execute(async (transaction) => {
    // First, as its removal does, which takes the deliveries with it: neither then waits for the other.
    const { numUpdatedRows } = await transaction
      .updateTable('webhooks')
      .set(stopped === null ? { failing_since: failing } : { failing_since: failing, active: 0, stopped })
      .where('id', '=', due.webhook)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await transaction
      .insertInto('webhook_attempts')
      .values({ delivery_id: due.id, at: iso(atMs), ms: Math.round(tookMs), ...outcome })
      .execute();
    await transaction
      .updateTable('webhook_deliveries')
      .set({
        state,
        attempts: due.attempts + 1,
        claimed_until: null,
        done_at: state === 'waiting' ? null : now,
        ...(nextMs === null ? {} : { due_at: iso(nextMs) }),
      })
      .where('id', '=', due.id)
      .execute();
    if (well && due.failingSince !== null) await hurry(transaction, due.webhook, now);
  });
}

async function hurry(db: Transaction<Tables>, webhook: string, now: string): Promise<void> {
  await db
    .updateTable('webhook_deliveries')
    .set({ due_at: now })
    .where('webhook_id', '=', webhook)
    .where('state', '=', 'waiting')
    .where('due_at', '>', now)
    .execute();
}

/** The latest first. */
export async function listDeliveries(
  db: Db,
  webhook: string,
  { state, limit, after }: { state?: DeliveryState | undefined; limit: number; after?: string | undefined },
): Promise<DeliveryPage> {
  let query = db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhook)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (state !== undefined) query = query.where('state', '=', state);
  const [createdAt, id] = Buffer.from(after ?? '', 'base64url')
    .toString()
    .split(' ', 2);
  if (id) query = query.where((is) => is(is.refTuple('created_at', 'id'), '<', is.tuple(createdAt, id)));
  const rows = await query.execute();
  const page = rows.slice(0, limit);
  const attempts = await attemptsOf(
    db,
    page.map((row) => row.id),
  );
  const last = page.at(-1);
  return {
    deliveries: page.map((row) => viewOf(row, attempts.get(row.id) ?? [])),
    next:
      rows.length > limit && last ? Buffer.from(`${last.created_at} ${last.id}`).toString('base64url') : null,
  };
}

async function attemptsOf(db: Db, ids: readonly string[]): Promise<Map<string, AttemptRow[]>> {
  const found = new Map<string, AttemptRow[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return found;
  const rows = await db
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('delivery_id', 'in', ids)
    .orderBy('at')
    .execute();
  for (const row of rows) found.get(row.delivery_id)?.push(row);
  return found;
}

function viewOf(row: DeliveryRow, attempts: readonly AttemptRow[]): Delivery {
  const state = row.state === 'delivered' || row.state === 'given-up' ? row.state : 'waiting';
  return {
    id: row.id,
    event: row.event_id,
    type: row.type,
    state,
    createdAt: row.created_at,
    dueAt: state === 'waiting' ? row.due_at : null,
    doneAt: row.done_at,
    attempts: attempts.map(({ at, ms, status, error }) => ({ at, ms, status, error })),
  };
}

/** Sends again what a narrower query names; how many. */
export async function replay(
  db: Db,
  webhook: string,
  which: { readonly delivery: string } | { readonly since: string },
  now: string,
): Promise<number> {
  const all = db
    .updateTable('webhook_deliveries')
    .set({ state: 'waiting', attempts: 0, due_at: now, claimed_until: null, done_at: null })
    .where('webhook_id', '=', webhook);
  const some =
    'delivery' in which
      ? all.where('id', '=', which.delivery)
      : all.where('state', '=', 'given-up').where('created_at', '>=', which.since);
  return Number((await some.executeTakeFirst()).numUpdatedRows);
}

/** Forgets what is old; what waits for a webhook that is switched off as well. */
export async function purge(db: Db, nowMs: number): Promise<void> {
  await db
    .deleteFrom('webhook_deliveries')
    .where('state', '=', 'delivered')
    .where('created_at', '<', iso(nowMs - keptMs.delivered))
    .execute();
  await db
    .deleteFrom('webhook_deliveries')
    .where('created_at', '<', iso(nowMs - keptMs['given-up']))
    .execute();
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
