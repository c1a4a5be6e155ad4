import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import { GatewayError } from '../errors.ts';
import type { GatewayEvent, Meeting, MeetingKeys, MeetingSaving, Saved, SavingFault } from '../ports.ts';
import type { Outbox } from '../records/outbox.ts';
import type { Db, Tables } from '../records/schema.ts';
import { MeetingKeyTaken, MeetingsUnavailable } from './errors.ts';
import { faultsOf, faultsOfKeys } from './meeting-checks.ts';
import { meetingEvent } from './meeting-events.ts';
import { guarded, untilFree } from './meeting-guard.ts';
import type { MeetingLookups } from './meeting-lookups.ts';
import type { MeetingMaker } from './meeting-maker.ts';
import type { MeetingWriter } from './meeting-writer.ts';
import type { PinLengths } from './pins.ts';

export interface MeetingImportDeps {
  readonly db: Db;
  readonly lookups: MeetingLookups;
  readonly maker: MeetingMaker;
  readonly writer: MeetingWriter;
  readonly outbox: Outbox;
}

/** A line that is to be written. */
interface Staged {
  readonly index: number;
  readonly saving: MeetingSaving;
  /** Null: a new one. */
  readonly before: Meeting | null;
  readonly next: Meeting;
}

/** Worked out or written in one go; calls go on in between. */
const batch = 100;

/**
 * Makes and changes many meetings, all or none: everything is checked and worked out first, then written in one short
 * transaction, in which the database has the last word on what is taken.
 * @param dryRun only looks whether it would go
 */
export async function saveAll(
  deps: MeetingImportDeps,
  tenant: string,
  savings: readonly MeetingSaving[],
  dryRun: boolean,
): Promise<Saved> {
  const lengths = deps.maker.pinLengths(tenant);
  const faults = savings.flatMap((one, index) =>
    faultsOfSaving(one, lengths).map((fault) => ({ index, ...fault })),
  );
  if (faults.length > 0) return failed(faults);
  const { staged, unfit } = await stage(deps, tenant, savings);
  if (unfit.length > 0) return failed(unfit);
  try {
    await guarded(() => deps.db.transaction().execute((tx) => write(deps, tx, staged, dryRun)));
  } catch (error) {
    if (error instanceof SavingFailed) return failed([error.fault()]);
    if (!(error instanceof DryRun)) throw error;
  }
  if (!dryRun) deps.outbox.committed();
  const created = staged.filter(({ before }) => before === null).length;
  return { created, changed: staged.length - created, faults: [] };
}

const failed = (faults: readonly SavingFault[]): Saved => ({ created: 0, changed: 0, faults });

async function stage(
  { lookups, maker }: MeetingImportDeps,
  tenant: string,
  savings: readonly MeetingSaving[],
): Promise<{ staged: Staged[]; unfit: SavingFault[] }> {
  const staged: Staged[] = [];
  const unfit: SavingFault[] = [];
  const seen = new Set<string>();
  for (const [from, some] of batchesOf(savings)) {
    const ids = some.map(({ id }) => id).filter((id) => id !== null);
    const found = new Map((await lookups.some(tenant, ids)).map((meeting) => [meeting.id, meeting]));
    for (const [i, saving] of some.entries()) {
      const index = from + i;
      const { id, ...wanted } = saving;
      const before = id === null ? null : (found.get(id) ?? null);
      if (id !== null && before === null) unfit.push({ index, ...noSuchMeeting });
      else if (id !== null && seen.has(id)) unfit.push({ index, ...sameTwice });
      else {
        if (id !== null) seen.add(id);
        const { room = '' } = wanted;
        const next = before ? maker.changed(before, wanted) : maker.made({ ...wanted, tenant, room });
        staged.push({ index, saving, before, next });
      }
    }
    await nextTurn();
  }
  return { staged, unfit };
}

/** Throws `SavingFailed`; `DryRun` at the end of one. */
async function write(
  deps: MeetingImportDeps,
  tx: Transaction<Tables>,
  staged: readonly Staged[],
  dryRun: boolean,
): Promise<void> {
  for (const [, some] of batchesOf(staged)) {
    const events = await writeSome(deps, tx, some);
    await deps.outbox.keep(tx, events);
    await nextTurn();
  }
  if (dryRun) throw new DryRun();
}

async function writeSome(
  { writer, maker }: MeetingImportDeps,
  tx: Transaction<Tables>,
  some: readonly Staged[],
): Promise<GatewayEvent[]> {
  const made = some.filter(({ before }) => before === null).map(({ next }) => next);
  const there = made.length === 0 ? new Set<string>() : await writer.insertMany(tx, made);
  const events: GatewayEvent[] = [];
  for (const one of some) {
    const { index, before, next } = one;
    const written = before
      ? writer.update(tx, before, next).then(() => next)
      : there.has(next.id)
        ? Promise.resolve(next)
        : insertAnew({ writer, maker }, tx, one);
    const meeting = await written.catch((error: unknown) => {
      throw new SavingFailed(index, error);
    });
    events.push(meetingEvent(before ? 'meeting.changed' : 'meeting.created', meeting, maker.nowMs()));
  }
  return events;
}

/** What was made at random and was taken is made again. */
function insertAnew(
  { writer, maker }: Pick<MeetingImportDeps, 'writer' | 'maker'>,
  tx: Transaction<Tables>,
  { saving: { id: _id, ...wanted }, next: { tenant } }: Staged,
): Promise<Meeting> {
  const wished: MeetingKeys = wanted;
  const { room = '' } = wanted;
  return untilFree(wished, async () => {
    const meeting = maker.made({ ...wanted, tenant, room });
    await writer.insert(tx, meeting);
    return meeting;
  });
}

function* batchesOf<T>(all: readonly T[]): Generator<readonly [from: number, some: readonly T[]]> {
  for (let from = 0; from < all.length; from += batch) yield [from, all.slice(from, from + batch)];
}

/** A new one needs a room. */
function faultsOfSaving({ id, number, pins, ...details }: MeetingSaving, lengths: PinLengths) {
  const known = id === null ? { ...details, room: details.room ?? '' } : details;
  return [...faultsOf(known), ...faultsOfKeys({ number, pins }, lengths)];
}

const noSuchMeeting = {
  field: 'id',
  message: 'There is no such meeting of this tenant.',
  remedy: 'Leave the id empty to make a new one.',
};

const sameTwice = {
  field: 'id',
  message: 'This meeting stands in an earlier line, too.',
  remedy: 'Leave one line for each meeting.',
};

/** Ends a dry run's transaction. */
class DryRun extends GatewayError {
  constructor() {
    super({ code: 'DRY_RUN', httpStatus: 500, message: 'dry run', remedy: '' });
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
