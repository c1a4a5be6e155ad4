import type { Insertable } from 'kysely';
import type { Meeting, MeetingDetails, Schedule } from '../ports.ts';
import type { Db, MeetingRow } from '../records/schema.ts';
import type { PinKeys } from './pin-keys.ts';

/** A meeting with its sealed PINs. */
export interface MeetingView extends MeetingRow {
  readonly host_sealed: string;
  readonly host_key: string;
  /** Null: it has no guest PIN. */
  readonly guest_sealed: string | null;
  readonly guest_key: string | null;
}

/** Meetings with both their PINs. */
export function selectMeetings(db: Db) {
  return db
    .selectFrom('meetings as m')
    .innerJoin('meeting_pins as host', (join) =>
      join.onRef('host.meeting_id', '=', 'm.id').on('host.role', '=', 'host'),
    )
    .leftJoin('meeting_pins as guest', (join) =>
      join.onRef('guest.meeting_id', '=', 'm.id').on('guest.role', '=', 'guest'),
    )
    .selectAll('m')
    .select(['host.sealed as host_sealed', 'host.key_id as host_key'])
    .select(['guest.sealed as guest_sealed', 'guest.key_id as guest_key']);
}

/** Throws `PinKeysUnusable`. */
export function toMeeting(row: MeetingView, keys: PinKeys): Meeting {
  const { id, language } = row;
  const { guest_sealed: guest, guest_key: guestKey } = row;
  return {
    id,
    tenant: row.tenant,
    number: row.number,
    title: row.title,
    room: row.room,
    waitForHost: row.wait_for_host !== 0,
    locked: row.locked !== 0,
    schedule: scheduleOf(row),
    maxParticipants: row.max_participants,
    maxMinutes: row.max_minutes,
    language: language === 'en' || language === 'de' ? language : null,
    brand: row.brand,
    pins: {
      host: keys.unseal(row.host_sealed, row.host_key, sealOwner(id, 'host')),
      guest:
        guest === null || guestKey === null ? null : keys.unseal(guest, guestKey, sealOwner(id, 'guest')),
    },
    createdAt: row.created_at,
    changedAt: row.changed_at,
    version: row.version,
  };
}

export function toRow(meeting: Meeting): Insertable<MeetingRow> {
  return {
    id: meeting.id,
    tenant: meeting.tenant,
    created_at: meeting.createdAt,
    version: meeting.version,
    ...changedColumns(meeting),
  };
}

/** What a change may change. */
export function changedColumns(meeting: Omit<Meeting, 'pins'>) {
  const { schedule } = meeting;
  return {
    number: meeting.number,
    ...detailColumns(meeting),
    starts_at: schedule?.startsAt ?? null,
    ends_at: schedule?.endsAt ?? null,
    zone: schedule?.zone ?? null,
    recurrence: schedule?.recurrence ?? null,
    changed_at: meeting.changedAt,
    search: [meeting.title, meeting.room, meeting.number].join('\n').toLowerCase(),
  };
}

function detailColumns(details: MeetingDetails) {
  return {
    title: details.title,
    room: details.room,
    wait_for_host: details.waitForHost ? 1 : 0,
    locked: details.locked ? 1 : 0,
    max_participants: details.maxParticipants,
    max_minutes: details.maxMinutes,
    language: details.language,
    brand: details.brand,
  };
}

function scheduleOf({ starts_at, ends_at, zone, recurrence }: MeetingRow): Schedule | null {
  if (starts_at === null || ends_at === null || zone === null) return null;
  return { startsAt: starts_at, endsAt: ends_at, zone, recurrence };
}

/** What a sealed PIN is bound to. */
export function sealOwner(meetingId: string, role: string): string {
  return `${meetingId}/${role}`;
}
