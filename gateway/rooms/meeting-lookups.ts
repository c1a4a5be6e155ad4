import { sql } from 'kysely';
import type { Meeting, MeetingPage, MeetingQuery, PinLookup } from '../ports.ts';
import type { Db } from '../records/schema.ts';
import { guarded } from './meeting-guard.ts';
import { selectMeetings, toMeeting } from './meeting-rows.ts';
import type { MeetingView } from './meeting-rows.ts';
import type { PinKeyring } from './pin-keyring.ts';
import { isPinShaped } from './pins.ts';

/** Meetings as calls and pages look for them. Throws `MeetingsUnavailable`, `PinKeysUnusable`. */
export class MeetingLookups {
  readonly #db: Db;
  readonly #ring: PinKeyring;

  /** @param db one whose reading waits for no writer */
  constructor(db: Db, ring: PinKeyring) {
    this.#db = db;
    this.#ring = ring;
  }

  async list({ tenant, search = '', limit, after }: MeetingQuery): Promise<MeetingPage> {
    let query = selectMeetings(this.#db)
      .where('m.tenant', '=', tenant)
      .orderBy('m.created_at', 'desc')
      .orderBy('m.id', 'desc')
      .limit(limit + 1);
    if (search !== '') {
      const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
      query = query.where(sql<boolean>`m.search like ${pattern} escape '\\'`);
    }
    const place = after === undefined ? null : placeOf(after);
    if (place !== null) {
      query = query.where((expression) =>
        expression(
          expression.refTuple('m.created_at', 'm.id'),
          '<',
          expression.tuple(place.createdAt, place.id),
        ),
      );
    }
    const rows = await guarded(() => query.execute());
    const meetings = this.#meetings(rows.slice(0, limit));
    const last = meetings.at(-1);
    return { meetings, next: rows.length > limit && last ? cursorOf(last) : null };
  }

  get(id: string): Promise<Meeting | null> {
    return this.#first((query) => query.where('m.id', '=', id));
  }

  /** Those of them that the tenant has. */
  async some(tenant: string, ids: readonly string[]): Promise<Meeting[]> {
    if (ids.length === 0) return [];
    const query = selectMeetings(this.#db).where('m.tenant', '=', tenant).where('m.id', 'in', ids);
    return this.#meetings(await guarded(() => query.execute()));
  }

  findByRoom(tenant: string, room: string): Promise<Meeting | null> {
    return this.#first((query) =>
      query
        .where('m.tenant', '=', tenant)
        .where('m.room', '=', room)
        .orderBy('m.created_at', 'desc')
        .orderBy('m.id', 'desc')
        .limit(1),
    );
  }

  findByNumber(tenant: string, number: string): Promise<Meeting | null> {
    return this.#first((query) => query.where('m.tenant', '=', tenant).where('m.number', '=', number));
  }

  /** One indexed equality first: what is typed wrong costs no more, and to plan a join takes longer than that. */
  async findByPin(tenant: string, pin: string): Promise<PinLookup> {
    if (!isPinShaped(pin)) return { found: false };
    const keys = this.#ring.keys();
    const hit = await guarded(() =>
      this.#db
        .selectFrom('meeting_pins')
        .select(['meeting_id', 'role'])
        .where('digest', 'in', keys.digests(tenant, pin))
        .executeTakeFirst(),
    );
    // When new keys came meanwhile, it may be found by one of those.
    if (hit === undefined) return this.#ring.keys() === keys ? { found: false } : this.findByPin(tenant, pin);
    const meeting = await this.get(hit.meeting_id);
    // Removed at this moment.
    if (meeting === null) return { found: false };
    return { found: true, meeting, role: hit.role === 'host' ? 'host' : 'guest' };
  }

  async #first(
    narrow: (query: ReturnType<typeof selectMeetings>) => ReturnType<typeof selectMeetings>,
  ): Promise<Meeting | null> {
    const row = await guarded(() => narrow(selectMeetings(this.#db)).executeTakeFirst());
    return row === undefined ? null : toMeeting(row, this.#ring.keys());
  }

  #meetings(rows: readonly MeetingView[]): Meeting[] {
    const keys = this.#ring.keys();
    return rows.map((row) => toMeeting(row, keys));
  }
}

function cursorOf({ createdAt, id }: Meeting): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}

/** Null: this is no cursor of ours; the list then begins anew. */
function placeOf(cursor: string): { createdAt: string; id: string } | null {
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString().split(' ', 2);
  return id ? { createdAt, id } : null;
}
