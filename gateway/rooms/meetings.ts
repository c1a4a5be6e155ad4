import { randomUUID } from 'node:crypto';
import { GatewayError } from '../errors.ts';
import type { Clock, Meeting, MeetingStore, PinLookup, Role } from '../ports.ts';
import type { Db } from '../records/schema.ts';
import { MeetingsUnavailable, PinKeysUnusable, PinSpaceFull, RoomNameInvalid } from './errors.ts';
import { PinKeys } from './pin-keys.ts';
import { defaultPinLengths, isPinShaped, makePin, type PinLengths } from './pins.ts';

export interface MeetingsOptions {
  readonly db: Db;
  /** File of the PINs' keys, made when it is not there: `data/pin-keys.json`. */
  readonly keysFile: string;
  readonly clock: Clock;
  readonly pinLengths?: PinLengths;
}

/**
 * Meetings and their PINs in the database. Throws `PinKeysUnusable` when the database has PINs of keys that
 * the file has not. What the database refuses later comes as `MeetingsUnavailable`.
 */
export async function openMeetings(options: MeetingsOptions): Promise<MeetingStore> {
  const keys = PinKeys.open(options.keysFile);
  await registerKeys(options.db, keys, new Date(options.clock.nowMs()).toISOString());
  return new DatabaseMeetings(options, keys);
}

/**
 * The database remembers the ids of the keys in use: a gateway that shares it with other keys would take
 * every PIN of theirs for a wrong one.
 */
async function registerKeys(db: Db, keys: PinKeys, now: string): Promise<void> {
  const id = keys.currentId;
  const refuseMissing = async (): Promise<void> => {
    const used = await db.selectFrom('pin_keys').select('id').execute();
    const missing = used.find((key) => !keys.has(key.id));
    if (missing === undefined) return;
    throw new PinKeysUnusable(keys.file, `the database has PINs of the key ${missing.id}, which is missing`);
  };
  await guarded(async () => {
    // A key that no PIN uses any more may be lost.
    await db
      .deleteFrom('pin_keys')
      .where('id', 'not in', (query) => query.selectFrom('meeting_pins').select('key_id'))
      .where('id', '!=', id)
      .execute();
    await refuseMissing();
    await db
      .insertInto('pin_keys')
      .values({ id, created_at: now })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    try {
      // Another gateway may have registered keys of its own in the meantime.
      await refuseMissing();
    } catch (error) {
      await db.deleteFrom('pin_keys').where('id', '=', id).execute();
      throw error;
    }
  });
}

/** A row of `#meetings`. */
interface MeetingView {
  readonly id: string;
  readonly tenant: string;
  readonly room: string;
  readonly wait_for_host: number;
  readonly language: string | null;
  readonly created_at: string;
  readonly host_sealed: string;
  readonly host_key: string;
  readonly guest_sealed: string;
  readonly guest_key: string;
}

/** Tries before giving up; with a tenth of all PINs taken, one in 10^20 meetings needs more. */
const pinTries = 20;

class DatabaseMeetings implements MeetingStore {
  readonly #db: Db;
  readonly #keys: PinKeys;
  readonly #clock: Clock;
  readonly #lengths: PinLengths;

  constructor({ db, clock, pinLengths = defaultPinLengths }: MeetingsOptions, keys: PinKeys) {
    this.#db = db;
    this.#keys = keys;
    this.#clock = clock;
    this.#lengths = pinLengths;
  }

  async create(wanted: Parameters<MeetingStore['create']>[0]): Promise<Meeting> {
    if (!isRoomName(wanted.room)) throw new RoomNameInvalid();
    for (let tries = 0; tries < pinTries; tries++) {
      const meeting: Meeting = {
        id: randomUUID(),
        ...wanted,
        pins: { host: makePin(this.#lengths.host), guest: makePin(this.#lengths.guest) },
        createdAt: new Date(this.#clock.nowMs()).toISOString(),
      };
      if (await guarded(() => this.#insert(meeting))) return meeting;
    }
    throw new PinSpaceFull();
  }

  async list(tenant: string): Promise<readonly Meeting[]> {
    const rows = await guarded(() => this.#meetings().where('m.tenant', '=', tenant).execute());
    return rows.map((row) => this.#toMeeting(row));
  }

  async get(id: string): Promise<Meeting | null> {
    const row = await guarded(() => this.#meetings().where('m.id', '=', id).executeTakeFirst());
    return row === undefined ? null : this.#toMeeting(row);
  }

  /** The newest one, when several name the room. */
  async findByRoom(tenant: string, room: string): Promise<Meeting | null> {
    const row = await guarded(() =>
      this.#meetings().where('m.tenant', '=', tenant).where('m.room', '=', room).limit(1).executeTakeFirst(),
    );
    return row === undefined ? null : this.#toMeeting(row);
  }

  async findByPin(tenant: string, pin: string): Promise<PinLookup> {
    if (!isPinShaped(pin)) return { found: false };
    const digests = this.#keys.digests(tenant, pin);
    const row = await guarded(() =>
      this.#meetings()
        .innerJoin('meeting_pins as p', 'p.meeting_id', 'm.id')
        .select('p.role')
        .where('p.digest', 'in', digests)
        .executeTakeFirst(),
    );
    if (row === undefined) return { found: false };
    return { found: true, meeting: this.#toMeeting(row), role: row.role === 'host' ? 'host' : 'guest' };
  }

  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await guarded(() =>
      this.#db.deleteFrom('meetings').where('id', '=', id).executeTakeFirst(),
    );
    return numDeletedRows > 0n;
  }

  /** False: one of the PINs is taken; nothing was written then. */
  async #insert(meeting: Meeting): Promise<boolean> {
    const roles: readonly Role[] = ['host', 'guest'];
    const pins = roles.map((role) => ({
      digest: this.#keys.digest(meeting.tenant, meeting.pins[role]),
      meeting_id: meeting.id,
      role,
      key_id: this.#keys.currentId,
      sealed: this.#keys.seal(meeting.pins[role], sealOwner(meeting.id, role)),
    }));
    try {
      await this.#db.transaction().execute(async (db) => {
        await db
          .insertInto('meetings')
          .values({
            id: meeting.id,
            tenant: meeting.tenant,
            room: meeting.room,
            wait_for_host: meeting.waitForHost ? 1 : 0,
            language: meeting.language,
            created_at: meeting.createdAt,
          })
          .execute();
        // The unique digest decides, not a look beforehand: others insert too.
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('meeting_pins')
          .values(pins)
          .onConflict((conflict) => conflict.column('digest').doNothing())
          .executeTakeFirstOrThrow();
        if (numInsertedOrUpdatedRows !== BigInt(pins.length)) throw new PinTaken();
      });
      return true;
    } catch (error) {
      if (error instanceof PinTaken) return false;
      throw error;
    }
  }

  /** Meetings with both their PINs, newest first. */
  #meetings() {
    return this.#db
      .selectFrom('meetings as m')
      .innerJoin('meeting_pins as host', (join) =>
        join.onRef('host.meeting_id', '=', 'm.id').on('host.role', '=', 'host'),
      )
      .innerJoin('meeting_pins as guest', (join) =>
        join.onRef('guest.meeting_id', '=', 'm.id').on('guest.role', '=', 'guest'),
      )
      .select(['m.id', 'm.tenant', 'm.room', 'm.wait_for_host', 'm.language', 'm.created_at'])
      .select(['host.sealed as host_sealed', 'host.key_id as host_key'])
      .select(['guest.sealed as guest_sealed', 'guest.key_id as guest_key'])
      .orderBy('m.created_at', 'desc')
      .orderBy('m.id', 'desc');
  }

  #toMeeting(row: MeetingView): Meeting {
    const { id, language } = row;
    return {
      id,
      tenant: row.tenant,
      room: row.room,
      pins: {
        host: this.#keys.unseal(row.host_sealed, row.host_key, sealOwner(id, 'host')),
        guest: this.#keys.unseal(row.guest_sealed, row.guest_key, sealOwner(id, 'guest')),
      },
      waitForHost: row.wait_for_host !== 0,
      language: language === 'en' || language === 'de' ? language : null,
      createdAt: row.created_at,
    };
  }
}

/** One of the digests is there already; undoes the transaction. */
class PinTaken extends Error {}

/** What a sealed PIN is bound to. */
function sealOwner(meetingId: string, role: Role): string {
  return `${meetingId}/${role}`;
}

function isRoomName(room: string): boolean {
  return room.trim() !== '' && room.length <= 128 && !/[\p{Cc}\p{Cs}]/u.test(room);
}

/** What the database says becomes an error that the API can show. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GatewayError || error instanceof PinTaken) throw error;
    throw new MeetingsUnavailable(error);
  }
}
