import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import { GatewayError } from '../errors.ts';
import type {
  Clock,
  Meeting,
  MeetingChange,
  MeetingDetails,
  MeetingKeys,
  MeetingPage,
  MeetingQuery,
  MeetingSaving,
  MeetingStore,
  NewMeeting,
  PinLookup,
  Role,
  Saved,
  SavingFault,
} from '../ports.ts';
import type { Db, Tables } from '../records/schema.ts';
import { MeetingChanged, MeetingKeyTaken, MeetingsUnavailable, PinSpaceFull } from './errors.ts';
import type { MeetingFault } from './errors.ts';
import { faultsOf, faultsOfKeys, refuseFaults } from './meeting-checks.ts';
import { changedColumns, sealOwner, selectMeetings, toMeeting, toRow } from './meeting-rows.ts';
import type { MeetingView } from './meeting-rows.ts';
import { makeNumber } from './numbers.ts';
import { PinKeyring } from './pin-keyring.ts';
import { registerKey, registerKeys } from './pin-key-register.ts';
import { defaultPinLengths, isPinShaped, makePin, type PinLengths } from './pins.ts';

export interface MeetingsOptions {
  readonly db: Db;
  /** File of the PINs' keys, made when it is not there: `data/pin-keys.json`. */
  readonly keysFile: string;
  readonly clock: Clock;
  /** Digits of the PINs that are made for a tenant, and the least that others may have. */
  readonly pinLengths?: (tenant: string) => PinLengths;
  /** Of the numbers that are made. */
  readonly numberDigits?: number;
}

/**
 * Meetings and their PINs in the database. Throws `PinKeysUnusable` when the database has PINs of keys that
 * the file has not. What the database refuses later comes as `MeetingsUnavailable`.
 */
export async function openMeetings(options: MeetingsOptions): Promise<MeetingStore> {
  const ring = new PinKeyring(options.keysFile);
  await guarded(() => registerKeys(options.db, ring.keys(), new Date(options.clock.nowMs()).toISOString()));
  return new DatabaseMeetings(options, ring);
}

const roles: readonly Role[] = ['host', 'guest'];

/** Tries before giving up; with a tenth of all PINs taken, one in 10^20 meetings needs more. */
const tries = 20;

const plainDetails: Omit<MeetingDetails, 'room'> = {
  title: '',
  waitForHost: false,
  locked: false,
  schedule: null,
  maxParticipants: null,
  maxMinutes: null,
  language: null,
  brand: null,
};

class DatabaseMeetings implements MeetingStore {
  readonly #db: Db;
  readonly #ring: PinKeyring;
  readonly #clock: Clock;
  readonly #lengths: (tenant: string) => PinLengths;
  readonly #numberDigits: number;
  /** Id of the key that the database was last told of. */
  #announced = '';

  constructor(options: MeetingsOptions, ring: PinKeyring) {
    this.#db = options.db;
    this.#ring = ring;
    this.#clock = options.clock;
    this.#lengths = options.pinLengths ?? (() => defaultPinLengths);
    this.#numberDigits = options.numberDigits ?? 7;
  }

  async create({ tenant, pins, number, ...details }: NewMeeting): Promise<Meeting> {
    const lengths = this.#lengths(tenant);
    const wished: MeetingKeys = { number, pins };
    refuseFaults([...faultsOf(details), ...faultsOfKeys(wished, lengths)]);
    return untilFree(wished, async () => {
      const meeting = this.#made({ ...details, tenant, number, pins });
      await this.#db.transaction().execute(async (db) => {
        await this.#insert(db, meeting);
      });
      return meeting;
    });
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
    const meetings = rows.slice(0, limit).map((row) => toMeeting(row, this.#ring.keys()));
    const last = meetings.at(-1);
    return { meetings, next: rows.length > limit && last ? cursorOf(last) : null };
  }

  get(id: string): Promise<Meeting | null> {
    return this.#first((query) => query.where('m.id', '=', id));
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

  async findByPin(tenant: string, pin: string): Promise<PinLookup> {
    if (!isPinShaped(pin)) return { found: false };
    const keys = this.#ring.keys();
    const digests = keys.digests(tenant, pin);
    const row = await guarded(() =>
      selectMeetings(this.#db)
        .innerJoin('meeting_pins as p', 'p.meeting_id', 'm.id')
        .select('p.role')
        .where('p.digest', 'in', digests)
        .executeTakeFirst(),
    );
    // When new keys came meanwhile, it may be found by one of those.
    if (row === undefined) return this.#ring.keys() === keys ? { found: false } : this.findByPin(tenant, pin);
    const role = row.role === 'host' ? 'host' : 'guest';
    return { found: true, meeting: toMeeting(row, this.#ring.keys()), role };
  }

  async change(id: string, version: number | null, change: MeetingChange): Promise<Meeting | null> {
    const { number, pins, renew: _renew, ...details } = change;
    const found = await this.get(id);
    if (found === null) return null;
    if (version !== null && version !== found.version) throw new MeetingChanged();
    const lengths = this.#lengths(found.tenant);
    const wished: MeetingKeys = { number, pins };
    refuseFaults([...faultsOf(details), ...faultsOfKeys(wished, lengths)]);
    return untilFree(wished, async () => {
      const next = this.#changed(found, change);
      await this.#db.transaction().execute((db) => this.#updateIn(db, found, next));
      return next;
    });
  }

  #made({ tenant, pins, number, ...details }: NewMeeting): Meeting {
    const lengths = this.#lengths(tenant);
    const now = this.#now();
    return {
      ...plainDetails,
      ...details,
      id: randomUUID(),
      tenant,
      number: number ?? makeNumber(this.#numberDigits),
      pins: {
        host: pins?.host ?? makePin(lengths.host),
        guest: pins?.guest === undefined ? makePin(lengths.guest) : pins.guest,
      },
      createdAt: now,
      changedAt: now,
      version: 1,
    };
  }

  #changed(found: Meeting, change: MeetingChange): Meeting {
    const { number, pins, renew = [], ...details } = change;
    const lengths = this.#lengths(found.tenant);
    return {
      ...found,
      ...details,
      number: number ?? found.number,
      pins: {
        host: pins?.host ?? (renew.includes('host') ? makePin(lengths.host) : found.pins.host),
        guest: this.#nextGuestPin(found, change, lengths),
      },
      changedAt: this.#now(),
      version: found.version + 1,
    };
  }

  async saveAll(tenant: string, savings: readonly MeetingSaving[], dryRun: boolean): Promise<Saved> {
    const lengths = this.#lengths(tenant);
    const faults = savings.flatMap((one, index) =>
      faultsOfSaving(one, lengths).map((fault) => ({ index, ...fault })),
    );
    if (faults.length > 0) return { created: 0, changed: 0, faults };
    const result = { created: 0, changed: 0, faults: [] as const };
    try {
      await guarded(() =>
        this.#db.transaction().execute(async (db) => {
          for (const [index, saving] of savings.entries()) {
            await this.#saveOne(db, tenant, saving).catch((error: unknown) => {
              throw new SavingFailed(index, error);
            });
            result[saving.id === null ? 'created' : 'changed'] += 1;
            // Calls that come meanwhile go on.
            if (index % 50 === 49) await nextTurn();
          }
          if (dryRun) throw new DryRun();
        }),
      );
    } catch (error) {
      if (error instanceof DryRun) return result;
      if (!(error instanceof SavingFailed)) throw error;
      return { created: 0, changed: 0, faults: [error.fault()] };
    }
    return result;
  }

  async #saveOne(db: Transaction<Tables>, tenant: string, saving: MeetingSaving): Promise<void> {
    const { id, number, pins, ...details } = saving;
    const wished: MeetingKeys = { number, pins };
    if (id !== null) {
      const row = await selectMeetings(db)
        .where('m.id', '=', id)
        .where('m.tenant', '=', tenant)
        .executeTakeFirst();
      if (row === undefined) throw new MeetingUnknown();
      const found = toMeeting(row, this.#ring.keys());
      await this.#updateIn(db, found, this.#changed(found, { ...details, number, pins }));
      return;
    }
    const { room = '' } = details;
    await untilFree(wished, async () => {
      const meeting = this.#made({ ...details, tenant, room, number, pins });
      await this.#insert(db, meeting).catch(async (error: unknown) => {
        // What of it is there already must not stand beside its next try.
        if (error instanceof MeetingKeyTaken)
          await db.deleteFrom('meetings').where('id', '=', meeting.id).execute();
        throw error;
      });
    });
  }

  async remove(id: string, version: number | null = null): Promise<boolean> {
    const { numDeletedRows } = await guarded(() => {
      const all = this.#db.deleteFrom('meetings').where('id', '=', id);
      return (version === null ? all : all.where('version', '=', version)).executeTakeFirst();
    });
    if (numDeletedRows > 0n) return true;
    if (version !== null && (await this.get(id)) !== null) throw new MeetingChanged();
    return false;
  }

  #nextGuestPin(found: Meeting, { pins, renew = [] }: MeetingChange, lengths: PinLengths): string | null {
    if (pins?.guest !== undefined) return pins.guest;
    return renew.includes('guest') ? makePin(lengths.guest) : found.pins.guest;
  }

  async #first(
    narrow: (query: ReturnType<typeof selectMeetings>) => ReturnType<typeof selectMeetings>,
  ): Promise<Meeting | null> {
    const row: MeetingView | undefined = await guarded(() =>
      narrow(selectMeetings(this.#db)).executeTakeFirst(),
    );
    return row === undefined ? null : toMeeting(row, this.#ring.keys());
  }

  async #insert(db: Transaction<Tables>, meeting: Meeting): Promise<void> {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('meetings')
      .values(toRow(meeting))
      .onConflict((conflict) => conflict.columns(['tenant', 'number']).doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows !== 1n) throw new MeetingKeyTaken('number');
    for (const role of roles) await this.#insertPin(db, meeting, role);
  }

  /** The unique digest decides, not a look beforehand: others insert too. */
  async #insertPin(db: Transaction<Tables>, { id, tenant, pins }: Meeting, role: Role): Promise<void> {
    const pin = pins[role];
    if (pin === null) return;
    const keys = this.#ring.keys();
    await this.#announceKey(db, keys.currentId);
    // While keys are being renewed the same PIN may stand there under an older one.
    if (keys.ids.all.length > 1) {
      const same = db
        .selectFrom('meeting_pins')
        .select('digest')
        .where('digest', 'in', keys.digests(tenant, pin));
      if ((await same.executeTakeFirst()) !== undefined) throw new MeetingKeyTaken(`pins/${role}`);
    }
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('meeting_pins')
      .values({
        digest: keys.digest(tenant, pin),
        meeting_id: id,
        role,
        key_id: keys.currentId,
        sealed: keys.seal(pin, sealOwner(id, role)),
      })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows !== 1n) throw new MeetingKeyTaken(`pins/${role}`);
  }

  /** A key that came while the gateway runs is new to the database. */
  async #announceKey(db: Transaction<Tables>, id: string): Promise<void> {
    if (id === this.#announced) return;
    await registerKey(db, id, this.#now());
    this.#announced = id;
  }

  async #updateIn(db: Transaction<Tables>, before: Meeting, next: Meeting): Promise<void> {
    const { numUpdatedRows } = await db
      .updateTable('meetings')
      .set({ ...changedColumns(next), version: next.version })
      .where('id', '=', next.id)
      .where('version', '=', before.version)
      .executeTakeFirst()
      .catch((error: unknown) => {
        throw isDuplicate(error) ? new MeetingKeyTaken('number') : error;
      });
    if (numUpdatedRows !== 1n) throw new MeetingChanged();
    for (const role of roles) {
      if (next.pins[role] === before.pins[role]) continue;
      await db
        .deleteFrom('meeting_pins')
        .where('meeting_id', '=', next.id)
        .where('role', '=', role)
        .execute();
      await this.#insertPin(db, next, role);
    }
  }

  #now(): string {
    return new Date(this.#clock.nowMs()).toISOString();
  }
}

/** Ends a dry run's transaction. */
class DryRun extends GatewayError {
  constructor() {
    super({ code: 'DRY_RUN', httpStatus: 500, message: 'dry run', remedy: '' });
  }
}

class MeetingUnknown extends GatewayError {
  constructor() {
    super({
      code: 'MEETING_NOT_FOUND',
      httpStatus: 404,
      message: 'There is no such meeting of this tenant.',
      remedy: 'Leave the id empty to make a new one.',
    });
  }
}

/** One of many could not be saved; undoes all. */
class SavingFailed extends GatewayError {
  readonly #index: number;
  readonly #error: GatewayError;

  constructor(index: number, cause: unknown) {
    const error = cause instanceof GatewayError ? cause : new MeetingsUnavailable(cause);
    const { code, httpStatus, message, remedy } = error;
    super({ code, httpStatus, message, remedy, cause });
    this.#index = index;
    this.#error = error;
  }

  /** Throws what is not the saving's own fault. */
  fault(): SavingFault {
    const { message, remedy, httpStatus } = this.#error;
    if (httpStatus >= 500) throw this.#error;
    const field = this.#error instanceof MeetingKeyTaken ? this.#error.field : 'id';
    return { index: this.#index, field, message, remedy };
  }
}

/** A new one needs a room. */
function faultsOfSaving(
  { id, number, pins, ...details }: MeetingSaving,
  lengths: PinLengths,
): MeetingFault[] {
  const known = id === null ? { ...details, room: details.room ?? '' } : details;
  return [...faultsOf(known), ...faultsOfKeys({ number, pins }, lengths)];
}

/** What was made at random and is taken is made anew; what was wished for and is taken is an error. */
async function untilFree<T>({ number, pins }: MeetingKeys, work: () => Promise<T>): Promise<T> {
  const isWished: Readonly<Record<string, boolean>> = {
    number: number !== undefined,
    'pins/host': pins?.host !== undefined,
    'pins/guest': pins?.guest !== undefined,
  };
  for (let round = 0; round < tries; round++) {
    try {
      return await guarded(work);
    } catch (error) {
      if (!(error instanceof MeetingKeyTaken) || isWished[error.field]) throw error;
    }
  }
  throw new PinSpaceFull();
}

function cursorOf({ createdAt, id }: Meeting): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}

/** Null: this is no cursor of ours; the list then begins anew. */
function placeOf(cursor: string): { createdAt: string; id: string } | null {
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString().split(' ', 2);
  return id ? { createdAt, id } : null;
}

/** SQLSTATE 23505, and SQLite's like. */
function isDuplicate(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE';
}

/** What the database says becomes an error that the API can show. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof GatewayError ? error : new MeetingsUnavailable(error);
  }
}
