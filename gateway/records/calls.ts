import type { Insertable, Selectable } from 'kysely';
import type { CallOrigin, CallRecord, IvrStep, LegStats, NoVideo } from '../ports.ts';
import { endReasons, type EndReason } from '../reasons.ts';
import { endEvents } from './end-events.ts';
import { noOutbox } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { CallRow, Db } from './schema.ts';

/**
 * Writes calls that are over, and queues the events of it; repeating it changes nothing. Where others took this gateway
 * for dead, the call's own end counts.
 */
export async function insertCalls(
  db: Db,
  records: readonly CallRecord[],
  outbox: Outbox = noOutbox,
): Promise<void> {
  // A statement of PostgreSQL's changes no row twice.
  const each = [...new Map(records.map((record) => [record.id, record])).values()];
  await db.transaction().execute(async (transaction) => {
    await outbox.keep(transaction, each.flatMap(endEvents));
    await transaction
      .insertInto('calls')
      .values(each.map(toRow))
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((row) => ({
            participant: row.ref('excluded.participant'),
            ended_at: row.ref('excluded.ended_at'),
            end_reason: row.ref('excluded.end_reason'),
            media: row.ref('excluded.media'),
            steps: row.ref('excluded.steps'),
          }))
          .where('calls.end_reason', '=', 'gateway-lost'),
      )
      .execute();
    await transaction
      .deleteFrom('live_calls')
      .where(
        'id',
        'in',
        each.map(({ id }) => id),
      )
      .execute();
  });
}

/** The calls that ended last, the latest first. */
export async function latestCalls(db: Db, limit: number): Promise<CallRecord[]> {
  const rows = await db
    .selectFrom('calls')
    .selectAll()
    .orderBy('ended_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

export function toRow(record: CallRecord): Insertable<CallRow> {
  return {
    id: storable(record.id),
    tenant: storable(record.tenant),
    direction: record.direction,
    protocol: storable(record.protocol),
    caller: storable(record.from),
    called: storable(record.to),
    routed_caller: storable(record.routedFrom),
    routed_called: storable(record.routedTo),
    trunk: storable(record.trunk),
    origin: record.origin === null ? null : JSON.stringify(record.origin),
    room: storable(record.room),
    participant: storable(record.participant),
    rule: storable(record.rule),
    attempts: record.attempts,
    started_at: record.startedAt,
    answered_at: record.answeredAt,
    ended_at: record.endedAt,
    end_reason: record.endReason,
    // JSON writes a NUL as an escape, so it needs no further care.
    trace: JSON.stringify(record.trace ?? null),
    steps: record.steps.length === 0 ? null : JSON.stringify(record.steps),
    no_video: record.noVideo === null ? null : JSON.stringify(record.noVideo),
    media: record.media === null ? null : JSON.stringify(record.media),
  };
}

/** PostgreSQL's text holds no NUL, which a hostile peer may put into a name. */
function storable<T extends string | null>(text: T): T {
  return (text?.replaceAll('\0', '\ufffd') ?? null) as T;
}

export function fromRow(row: Selectable<CallRow>): CallRecord {
  return {
    id: row.id,
    tenant: row.tenant,
    direction: row.direction === 'outbound' ? 'outbound' : 'inbound',
    protocol: row.protocol,
    from: row.caller,
    to: row.called,
    routedFrom: row.routed_caller ?? row.caller,
    routedTo: row.routed_called ?? row.called,
    trunk: row.trunk,
    origin: row.origin === null ? null : (JSON.parse(row.origin) as CallOrigin),
    room: row.room,
    participant: row.participant,
    rule: row.rule,
    attempts: row.attempts,
    startedAt: row.started_at,
    answeredAt: row.answered_at,
    endedAt: row.ended_at,
    endReason: toEndReason(row.end_reason),
    trace: JSON.parse(row.trace) as unknown,
    steps: row.steps === null ? [] : (JSON.parse(row.steps) as IvrStep[]),
    noVideo: row.no_video === null ? null : (JSON.parse(row.no_video) as NoVideo),
    media: row.media === null ? null : toMedia(row.media),
  };
}

/** Earlier versions kept no `quality`, or one without `recoveredMs`, and knew neither encryption nor video, or no failure of it. */
function toMedia(text: string): LegStats {
  const { dropped, ...kept } = JSON.parse(text) as Omit<LegStats, 'quality' | 'encryption' | 'video'>;
  const media: LegStats = {
    quality: null,
    encryption: null,
    video: null,
    ...kept,
    dropped: { ...notDropped, ...dropped },
  };
  const { quality, video } = media;
  return {
    ...media,
    video: video && { ...notFailed, ...video },
    quality: quality && { ...quality, received: { ...unrecovered, ...quality.received } },
  };
}

const notDropped = { unauthentic: 0, replayed: 0 };
const unrecovered = { recoveredMs: 0 };
const notFailed = { failed: null };

/** A reason that a later version wrote is unknown here. */
function toEndReason(text: string): EndReason {
  return endReasons.find((reason) => reason === text) ?? 'internal-error';
}
