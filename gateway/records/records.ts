import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { messageOf } from '../errors.ts';
import type { CallRecord, CallSearch, LiveCall, Log, PartStatus, Records } from '../ports.ts';
import { findCalls, getCall } from './call-search.ts';
import { insertCalls, latestCalls } from './calls.ts';
import { connectDatabase, type Database } from './database.ts';
import { DatabaseUnavailable, unavailable } from './errors.ts';
import { Journal } from './journal.ts';
import { Lease } from './lease.ts';
import { LiveCalls } from './live-calls.ts';
import type { LostCall } from './lost-calls.ts';
import { noOutbox } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import { Preparation } from './preparation.ts';
import { isRefusal } from './refusal.ts';
import type { Db } from './schema.ts';
import { WriteQueue, type WriteQueueState } from './write-queue.ts';

export interface RecordsOptions {
  /** `postgres://…`; empty: SQLite in the data folder. */
  readonly url: string;
  readonly dataFolder: string;
  readonly log: Log;
  /** This gateway among those on the database; none: it has no lease, and its calls are not taken for lost. */
  readonly gateway?: {
    readonly name: string;
    /** Calls of gateways that died, each once; their records are written. */
    readonly onLost: (calls: readonly LostCall[]) => void;
    /** How long a lease holds; for tests. */
    readonly leaseMs?: number;
  };
  /** How many records may wait for a database that is away. */
  readonly queueLimit?: number;
  /** Where the ends of calls are told. */
  readonly outbox?: Outbox;
  /** What else has to be done in the database before it is used; each until it has succeeded once. */
  readonly beforeUse?: readonly ((db: Db) => Promise<void>)[];
}

export interface OpenRecords extends Records {
  /** For all else that is in the same database. */
  readonly db: Db;
  /** To read by, while others write. */
  readonly reader: Db;
  /** False: it was away at the start, and still is. */
  readonly isUsable: boolean;
  /** Once the database can be used; at once when it can already. */
  whenUsable(action: () => void): void;
  queue(): WriteQueueState;
  /** Resolves when every record that was kept so far is written or given up. */
  written(): Promise<void>;
}

/** How often a database on the network is asked whether it lives. */
const probeMs = 15_000;

/**
 * Opens the database and keeps records of calls. A PostgreSQL that is away is waited for in the background, and what
 * has to be written waits meanwhile, at its start and later. Throws `DatabaseUnavailable` when it can't be had for
 * another reason, `GatewayNameTaken`, and what `beforeUse` throws.
 */
export async function openRecords(options: RecordsOptions): Promise<OpenRecords> {
  const log = options.log.child({ part: 'records' });
  const database = connectDatabase({ ...options, log });
  const records = new DatabaseRecords(database, log, options);
  try {
    await records.prepare();
  } catch (error) {
    await records.close();
    throw unavailable('the database can’t be reached', error);
  }
  return records;
}

class DatabaseRecords implements OpenRecords {
  readonly db: Db;
  readonly reader: Db;
  readonly #database: Database;
  readonly #queue: WriteQueue<CallRecord>;
  readonly #live: LiveCalls;
  readonly #lease: Lease | null;
  readonly #preparation: Preparation;
  readonly #probe: NodeJS.Timeout | undefined;
  /** What is done once the database can be used; null: it can. */
  #whenUsable: (() => void)[] | null = [];
  /** Null: the last probe was answered. */
  #probeError: unknown = null;
  #closed: Promise<void> | null = null;

  constructor(database: Database, log: Log, options: RecordsOptions) {
    const { gateway, queueLimit: limit, outbox = noOutbox, beforeUse = [] } = options;
    this.db = database.db;
    this.reader = database.reader;
    this.#database = database;
    const instance = randomUUID();
    const live = new LiveCalls(database.db, instance, log);
    this.#live = live;
    const onBeat = (wasLost: boolean): void => (wasLost ? live.renew() : live.flush());
    const { bare: db, kind } = database;
    this.#lease = gateway
      ? new Lease({ ...gateway, database: { db, kind }, outbox, instance, log, onBeat })
      : null;
    this.#preparation = new Preparation({
      steps: [
        () => database.prepare(),
        async (over) => this.#lease?.acquire(over),
        ...beforeUse.map((step) => () => step(db)),
      ],
      onDone: () => this.#open(),
      log,
    });
    this.#queue = new WriteQueue({
      write: async (records) => {
        await insertCalls(this.db, records, outbox);
        outbox.committed();
      },
      isPermanent: isRefusal,
      log,
      ...(limit === undefined ? {} : { limit }),
      journal: new Journal(join(options.dataFolder, 'waiting-records.jsonl'), isCallRecord, log),
    });
    if (kind === 'postgres') {
      this.#probe = setInterval(() => void this.#askForLife(), probeMs);
      this.#probe.unref();
    }
  }

  /** See `openRecords`. */
  prepare(): Promise<void> {
    return this.#preparation.begin();
  }

  get isUsable(): boolean {
    return this.#whenUsable === null;
  }

  whenUsable(action: () => void): void {
    if (this.#whenUsable === null) action();
    else this.#whenUsable.push(action);
  }

  #open(): void {
    this.#database.open();
    if (this.#lease) this.#live.begin();
    const actions = this.#whenUsable ?? [];
    this.#whenUsable = null;
    for (const action of actions) action();
  }

  noteLive(call: LiveCall): void {
    if (this.#lease) this.#live.note(call);
  }

  keepCall(record: CallRecord): void {
    this.#live.forget(record.id);
    this.#queue.push(record);
  }

  async listCalls(limit: number): Promise<readonly CallRecord[]> {
    // Taken first: what is written meanwhile is then there twice rather than not at all.
    const waiting = [...this.#queue.waiting()];
    const stored = await this.#read(() => latestCalls(this.reader, limit));
    const all = new Map([...stored, ...waiting].map((record) => [record.id, record]));
    return [...all.values()]
      .sort((a, b) => (a.endedAt === b.endedAt ? compare(b.id, a.id) : compare(b.endedAt, a.endedAt)))
      .slice(0, limit);
  }

  async findCalls(search: CallSearch): Promise<readonly CallRecord[]> {
    return this.#read(() => findCalls(this.reader, search));
  }

  async getCall(id: string): Promise<CallRecord | null> {
    const waiting = this.#queue.waiting().find((record) => record.id === id);
    return waiting ?? this.#read(() => getCall(this.reader, id));
  }

  status(): PartStatus {
    const { lastError, waiting, lost } = this.#queue.state();
    const error = this.#preparation.problem ?? lastError ?? this.#probeError;
    const nameProblem = this.#lease?.problem() ?? null;
    const details = [
      nameProblem ?? '',
      error === null ? '' : messageOf(error),
      waiting === 0 ? '' : `${waiting} records wait`,
      lost === 0 ? '' : `${lost} records are lost`,
    ].filter((detail) => detail !== '');
    return {
      state: error === null && nameProblem === null ? 'up' : 'down',
      embedded: this.#database.kind === 'sqlite',
      version: [this.#database.kind, this.#database.version()].filter((word) => word !== null).join(' '),
      pid: null,
      ...(details.length === 0 ? {} : { detail: details.join('; ') }),
    };
  }

  queue(): WriteQueueState {
    return this.#queue.state();
  }

  written(): Promise<void> {
    return this.#queue.idle();
  }

  close(): Promise<void> {
    this.#closed ??= this.#shut();
    return this.#closed;
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw new DatabaseUnavailable('the records can’t be read', error);
    }
  }

  async #shut(): Promise<void> {
    clearInterval(this.#probe);
    await this.#preparation.close();
    await this.#queue.close();
    await this.#live.idle();
    await this.#lease?.release();
    await this.#database.close();
  }

  async #askForLife(): Promise<void> {
    if (this.#whenUsable !== null) return;
    this.#probeError = await sql`select 1`.execute(this.db).then(
      () => null,
      (error: unknown) => error,
    );
  }
}

/** Of our own file; what of it does not fit the table, the database refuses. */
function isCallRecord(value: unknown): value is CallRecord {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
