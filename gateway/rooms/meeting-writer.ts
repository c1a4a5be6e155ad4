import type { Insertable, Transaction } from 'kysely';
import type { Clock, Meeting, Role } from '../ports.ts';
import type { MeetingPinRow, Tables } from '../records/schema.ts';
import { MeetingChanged, MeetingKeyTaken } from './errors.ts';
import { changedColumns, sealOwner, toRow } from './meeting-rows.ts';
import { registerKey } from './pin-key-register.ts';
import type { PinKeyring } from './pin-keyring.ts';
import type { PinKeys } from './pin-keys.ts';

const roles: readonly Role[] = ['host', 'guest'];

/** Writes meetings and their PINs, each time in somebody's transaction. The unique columns decide, not a look before. */
export class MeetingWriter {
  readonly #ring: PinKeyring;
  readonly #clock: Clock;

  constructor(ring: PinKeyring, clock: Clock) {
    this.#ring = ring;
    this.#clock = clock;
  }

  /** Throws `MeetingKeyTaken`; nothing of the meeting is there then. */
  async insert(tx: Transaction<Tables>, meeting: Meeting): Promise<void> {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('meetings')
      .values(toRow(meeting))
      .onConflict((conflict) => conflict.columns(['tenant', 'number']).doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows !== 1n) throw new MeetingKeyTaken('number');
    for (const role of roles) {
      if ((await this.#insertPins(tx, pinsOf(meeting, role))).size === 0) continue;
      await remove(tx, new Set([meeting.id]));
      throw new MeetingKeyTaken(`pins/${role}`);
    }
  }

  /** Ids of those that are there now; of the others number or PIN is taken. As many at once as a statement bears. */
  async insertMany(tx: Transaction<Tables>, meetings: readonly Meeting[]): Promise<ReadonlySet<string>> {
    const rows = await tx
      .insertInto('meetings')
      .values(meetings.map(toRow))
      .onConflict((conflict) => conflict.columns(['tenant', 'number']).doNothing())
      .returning('id')
      .execute();
    const there = new Set(rows.map(({ id }) => id));
    const wanted = meetings.filter(({ id }) => there.has(id));
    const pins = wanted.flatMap((meeting) => roles.flatMap((role) => pinsOf(meeting, role)));
    const without = await this.#insertPins(tx, pins);
    await remove(tx, without);
    for (const id of without) there.delete(id);
    return there;
  }

  /** Throws `MeetingChanged`, `MeetingKeyTaken`. */
  async update(tx: Transaction<Tables>, before: Meeting, next: Meeting): Promise<void> {
    const { numUpdatedRows } = await tx
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
      await tx
        .deleteFrom('meeting_pins')
        .where('meeting_id', '=', next.id)
        .where('role', '=', role)
        .execute();
      if ((await this.#insertPins(tx, pinsOf(next, role))).size > 0)
        throw new MeetingKeyTaken(`pins/${role}`);
    }
  }

  /** Ids of the meetings of which a PIN is taken. */
  async #insertPins(tx: Transaction<Tables>, pins: readonly Pin[]): Promise<ReadonlySet<string>> {
    const keys = this.#ring.keys();
    const taken = await takenUnder(tx, keys, pins);
    const free = pins.filter(({ meeting }) => !taken.has(meeting));
    if (free.length === 0) return taken;
    // A key that came while the gateway runs is new to the database.
    await registerKey(tx, keys.currentId, new Date(this.#clock.nowMs()).toISOString());
    const kept = await tx
      .insertInto('meeting_pins')
      .values(free.map((pin) => rowOf(pin, keys)))
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .returning(['meeting_id', 'role'])
      .execute();
    const there = new Set(kept.map(({ meeting_id, role }) => sealOwner(meeting_id, role)));
    for (const { meeting, role } of free) if (!there.has(sealOwner(meeting, role))) taken.add(meeting);
    return taken;
  }
}

/** While keys are being renewed the same PIN may stand there under an older one. */
async function takenUnder(
  tx: Transaction<Tables>,
  keys: PinKeys,
  pins: readonly Pin[],
): Promise<Set<string>> {
  if (keys.ids.all.length === 1 || pins.length === 0) return new Set();
  const owners = new Map(
    pins.flatMap(({ tenant, pin, meeting }) => keys.digests(tenant, pin).map((one) => [one, meeting])),
  );
  const rows = await tx
    .selectFrom('meeting_pins')
    .select('digest')
    .where('digest', 'in', [...owners.keys()])
    .execute();
  return new Set(rows.map(({ digest }) => owners.get(digest) ?? ''));
}

interface Pin {
  readonly tenant: string;
  readonly meeting: string;
  readonly role: Role;
  readonly pin: string;
}

/** One, or none. */
function pinsOf({ id, tenant, pins }: Meeting, role: Role): Pin[] {
  const pin = pins[role];
  return pin === null ? [] : [{ tenant, meeting: id, role, pin }];
}

function rowOf({ tenant, meeting, role, pin }: Pin, keys: PinKeys): Insertable<MeetingPinRow> {
  return {
    digest: keys.digest(tenant, pin),
    meeting_id: meeting,
    role,
    key_id: keys.currentId,
    sealed: keys.seal(pin, sealOwner(meeting, role)),
  };
}

/** With their PINs. */
async function remove(tx: Transaction<Tables>, ids: ReadonlySet<string>): Promise<void> {
  if (ids.size > 0)
    await tx
      .deleteFrom('meetings')
      .where('id', 'in', [...ids])
      .execute();
}

/** SQLSTATE 23505, and SQLite's like. */
function isDuplicate(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE';
}
