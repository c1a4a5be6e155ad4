import type {
  Meeting,
  MeetingChange,
  MeetingKeys,
  MeetingPage,
  MeetingQuery,
  MeetingSaving,
  MeetingStore,
  NewMeeting,
  PinLookup,
  Saved,
} from '../ports.ts';
import { noOutbox } from '../records/outbox.ts';
import type { Outbox } from '../records/outbox.ts';
import type { Db } from '../records/schema.ts';
import { MeetingChanged } from './errors.ts';
import { faultsOf, faultsOfKeys, refuseFaults } from './meeting-checks.ts';
import { meetingEvent } from './meeting-events.ts';
import { guarded, untilFree } from './meeting-guard.ts';
import { saveAll } from './meeting-import.ts';
import type { MeetingImportDeps } from './meeting-import.ts';
import { MeetingLookups } from './meeting-lookups.ts';
import { MeetingMaker } from './meeting-maker.ts';
import type { MeetingMakerOptions } from './meeting-maker.ts';
import { MeetingWriter } from './meeting-writer.ts';
import { registerKeys } from './pin-key-register.ts';
import { PinKeyring } from './pin-keyring.ts';

export interface MeetingsOptions extends MeetingMakerOptions {
  readonly db: Db;
  /** What meetings are looked for in, while others write; `db` when left out. */
  readonly reader?: Db;
  /** File of the PINs' keys, made when it is not there: `data/pin-keys.json`. */
  readonly keysFile: string;
  /** Where what happens to meetings is told. */
  readonly outbox?: Outbox;
}

/** With `registerKeys` done. What the database refuses later comes as `MeetingsUnavailable`. Throws `PinKeysUnusable`. */
export async function openMeetings(options: MeetingsOptions): Promise<MeetingStore> {
  await guarded(() => registerKeys(options.db, options.keysFile, options.clock));
  return new DatabaseMeetings(options);
}

/** Meetings and their PINs in the database. */
export class DatabaseMeetings implements MeetingStore {
  readonly #parts: MeetingImportDeps;

  /** Throws `PinKeysUnusable`. */
  constructor(options: MeetingsOptions) {
    const ring = new PinKeyring(options.keysFile);
    this.#parts = {
      db: options.db,
      lookups: new MeetingLookups(options.reader ?? options.db, ring),
      maker: new MeetingMaker(options),
      writer: new MeetingWriter(ring, options.clock),
      outbox: options.outbox ?? noOutbox,
    };
  }

  async create({ tenant, pins, number, ...details }: NewMeeting): Promise<Meeting> {
    const { db, maker, writer, outbox } = this.#parts;
    const wished: MeetingKeys = { number, pins };
    refuseFaults([...faultsOf(details), ...faultsOfKeys(wished, maker.pinLengths(tenant))]);
    const made = await untilFree(wished, async () => {
      const meeting = maker.made({ ...details, tenant, number, pins });
      await db.transaction().execute(async (tx) => {
        await writer.insert(tx, meeting);
        await outbox.keep(tx, [meetingEvent('meeting.created', meeting, maker.nowMs())]);
      });
      return meeting;
    });
    outbox.committed();
    return made;
  }

  async change(id: string, version: number | null, change: MeetingChange): Promise<Meeting | null> {
    const { db, maker, writer, outbox } = this.#parts;
    const { number, pins, renew: _renew, ...details } = change;
    const found = await this.get(id);
    if (found === null) return null;
    if (version !== null && version !== found.version) throw new MeetingChanged();
    const wished: MeetingKeys = { number, pins };
    refuseFaults([...faultsOf(details), ...faultsOfKeys(wished, maker.pinLengths(found.tenant))]);
    const changed = await untilFree(wished, async () => {
      const next = maker.changed(found, change);
      await db.transaction().execute(async (tx) => {
        await writer.update(tx, found, next);
        await outbox.keep(tx, [meetingEvent('meeting.changed', next, maker.nowMs())]);
      });
      return next;
    });
    outbox.committed();
    return changed;
  }

  async remove(id: string, version: number | null = null): Promise<boolean> {
    const { db, maker, outbox } = this.#parts;
    const found = await this.get(id);
    if (found === null) return false;
    if (version !== null && version !== found.version) throw new MeetingChanged();
    const removed = await guarded(() =>
      db.transaction().execute(async (tx) => {
        const all = tx.deleteFrom('meetings').where('id', '=', id);
        const { numDeletedRows } = await (
          version === null ? all : all.where('version', '=', version)
        ).executeTakeFirst();
        if (numDeletedRows === 0n) return false;
        await outbox.keep(tx, [meetingEvent('meeting.removed', found, maker.nowMs())]);
        return true;
      }),
    );
    if (removed) outbox.committed();
    else if (version !== null && (await this.get(id)) !== null) throw new MeetingChanged();
    return removed;
  }

  saveAll(tenant: string, savings: readonly MeetingSaving[], dryRun: boolean): Promise<Saved> {
    return saveAll(this.#parts, tenant, savings, dryRun);
  }

  list(query: MeetingQuery): Promise<MeetingPage> {
    return this.#parts.lookups.list(query);
  }

  get(id: string): Promise<Meeting | null> {
    return this.#parts.lookups.get(id);
  }

  findByRoom(tenant: string, room: string): Promise<Meeting | null> {
    return this.#parts.lookups.findByRoom(tenant, room);
  }

  findByNumber(tenant: string, number: string): Promise<Meeting | null> {
    return this.#parts.lookups.findByNumber(tenant, number);
  }

  findByPin(tenant: string, pin: string): Promise<PinLookup> {
    return this.#parts.lookups.findByPin(tenant, pin);
  }
}
