import type { CallRecord, CallSearch } from '../ports.ts';
import { fromRow } from './calls.ts';
import type { Db } from './schema.ts';

/** The calls that a search asks for, the latest first. */
export async function findCalls(
  db: Db,
  { from, to, tenant, number, room, reason, rule, after, limit }: CallSearch,
): Promise<CallRecord[]> {
  let query = db.selectFrom('calls').selectAll();
  if (from !== undefined) query = query.where('ended_at', '>=', from);
  if (to !== undefined) query = query.where('ended_at', '<', to);
  if (tenant !== undefined) query = query.where('tenant', '=', tenant);
  if (number !== undefined)
    query = query.where((where) => where.or([where('caller', '=', number), where('called', '=', number)]));
  if (room !== undefined) query = query.where('room', '=', room);
  if (reason !== undefined) query = query.where('end_reason', '=', reason);
  if (rule !== undefined) query = query.where('rule', '=', rule);
  // By key rather than by offset: calls that end meanwhile move nothing to another page.
  if (after !== undefined)
    query = query.where((where) =>
      where.or([
        where('ended_at', '<', after.endedAt),
        where.and([where('ended_at', '=', after.endedAt), where('id', '<', after.id)]),
      ]),
    );
  const rows = await query.orderBy('ended_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
  return rows.map(fromRow);
}

export async function getCall(db: Db, id: string): Promise<CallRecord | null> {
  const row = await db.selectFrom('calls').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}
