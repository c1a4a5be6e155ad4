import type { CallRecord, LiveCall } from '../ports.ts';
import { toRow } from './calls.ts';
import { endEvents } from './end-events.ts';
import { noOutbox } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { Db, GatewayRow } from './schema.ts';

/** A call whose gateway died, and the record that it got. */
export interface LostCall {
  readonly call: LiveCall;
  readonly record: CallRecord;
}

const batch = 100;

interface Taker {
  /** Of the gateway that asks. */
  readonly instance: string;
  /** The database's clock, as in all leases. */
  readonly now: string;
  /** Leases that were renewed before are over. */
  readonly validFrom: string;
  /** Whose name it took over; null: calls of nobody's are taken as well. */
  readonly predecessor: Pick<GatewayRow, 'instance' | 'renewed_at'> | null;
}

/**
 * Gives the calls of gateways without a valid lease their end. Several gateways may do so at once: each call is
 * returned to one of them. A hundred at most; none: there are no more.
 */
export async function takeLostCalls(db: Db, taker: Taker, outbox: Outbox = noOutbox): Promise<LostCall[]> {
  const { instance, now, validFrom, predecessor } = taker;
  const found = await db
    .selectFrom('live_calls')
    .leftJoin('gateways', 'gateways.instance', 'live_calls.instance')
    .select(['live_calls.id', 'live_calls.instance', 'live_calls.call', 'gateways.renewed_at'])
    .where('live_calls.instance', '!=', instance)
    .where((where) =>
      where.or([
        predecessor
          ? where('live_calls.instance', '=', predecessor.instance)
          : where('gateways.instance', 'is', null),
        where('gateways.renewed_at', '<', validFrom),
      ]),
    )
    .limit(batch)
    .execute();
  const lost: LostCall[] = [];
  for (const { id, instance: its, call: text, renewed_at: lastSign } of found) {
    const call = readLiveCall(text);
    // When it ended nobody knows; its gateway lived at its last heartbeat.
    const lastSeen = lastSign ?? predecessor?.renewed_at ?? now;
    const endedAt = later(lastSeen, call.answeredAt ?? call.startedAt);
    const record: CallRecord = { ...call, endedAt, endReason: 'gateway-lost', media: null };
    if (await take(db, id, its, record, outbox)) lost.push({ call, record });
  }
  return lost;
}

/** False: somebody else was first, or its gateway lives after all. */
async function take(
  db: Db,
  id: string,
  instance: string,
  record: CallRecord,
  outbox: Outbox,
): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const taken = await transaction
      .deleteFrom('live_calls')
      .where('id', '=', id)
      .where('instance', '=', instance)
      .returning('id')
      .execute();
    if (taken.length === 0) return false;
    await transaction
      .insertInto('calls')
      .values(toRow(record))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    await outbox.keep(transaction, endEvents(record));
    return true;
  });
}

/** Earlier versions noted less. */
function readLiveCall(text: string): LiveCall {
  const call = JSON.parse(text) as LiveCall;
  return { ...{ routedFrom: call.from, routedTo: call.to, steps: [], origin: null }, ...call };
}

const later = (a: string, b: string): string => (a > b ? a : b);
