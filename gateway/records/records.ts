import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { messageOf } from '../errors.ts';
import type { CallRecord, CallSearch, LiveCall, Log, PartStatus, Records } from '../ports.ts';
import { findCalls, getCall } from './call-search.ts';
import { insertCalls, latestCalls } from './calls.ts';
import { openDatabase, type OpenDatabase } from './database.ts';
import { DatabaseUnavailable } from './errors.ts';
import { Lease } from './lease.ts';
import { LiveCalls } from './live-calls.ts';
import type { LostCall } from './lost-calls.ts';
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
}

export interface OpenRecords extends Records {
  /** For the meetings, which live in the same database. */
  readonly db: Db;
  queue(): WriteQueueState;
  /** Resolves when every record that was kept so far is written or given up. */
  written(): Promise<void>;
}

/** How often a database on the network is asked whether it lives. */
const probeMs = 15_000;

/**
 * Opens the database (see `openDatabase`) and keeps records of calls. Throws `DatabaseUnavailable` when it
 * can't be had now, and `GatewayNameTaken`; when it goes away later, records wait in memory.
 */
export async function openRecords(options: RecordsOptions): Promise<OpenRecords> {
  const log = options.log.child({ part: 'records' });
  const database = await openDatabase({ ...options, log });
  const records = new DatabaseRecords(database, log, options);
  try {
    await records.takeName();
  } catch (error) {
    await records.close();
    throw error;
  }
  return records;
}

class DatabaseRecords implements OpenRecords {
  readonly db: Db;
  readonly #database: OpenDatabase;
  readonly #queue: WriteQueue<CallRecord>;
  readonly #live: LiveCalls;
  readonly #lease: Lease | null;
  readonly #probe: NodeJS.Timeout | undefined;
  /** Null: the last probe was answered. */
  #probeError: unknown = null;
  #closed: Promise<void> | null = null;

  constructor(database: OpenDatabase, log: Log, { gateway, queueLimit: limit }: RecordsOptions) {
    this.db = database.db;
    this.#database = database;
    const instance = randomUUID();
    const live = new LiveCalls(database.db, instance, log);
    this.#live = live;
    const onBeat = (wasLost: boolean): void => (wasLost ? live.renew() : live.flush());
    this.#lease = gateway ? new Lease({ ...gateway, database, instance, log, onBeat }) : null;
    this.#queue = new WriteQueue({
      write: (records) => insertCalls(this.db, records),
      isPermanent: isRefusal,
      log,
      ...(limit === undefined ? {} : { limit }),
    });
    if (database.kind === 'postgres') {
      this.#probe = setInterval(() => void this.#askForLife(), probeMs);
      this.#probe.unref();
    }
  }

  /** Throws `GatewayNameTaken`. */
  async takeName(): Promise<void> {
    await this.#lease?.acquire();
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
    const stored = await this.#read(() => latestCalls(this.db, limit));
    const all = new Map([...stored, ...waiting].map((record) => [record.id, record]));
    return [...all.values()]
      .sort((a, b) => (a.endedAt === b.endedAt ? compare(b.id, a.id) : compare(b.endedAt, a.endedAt)))
      .slice(0, limit);
  }

  async findCalls(search: CallSearch): Promise<readonly CallRecord[]> {
    return this.#read(() => findCalls(this.db, search));
  }

  async getCall(id: string): Promise<CallRecord | null> {
    const waiting = this.#queue.waiting().find((record) => record.id === id);
    return waiting ?? this.#read(() => getCall(this.db, id));
  }

  status(): PartStatus {
    const { lastError, waiting, lost } = this.#queue.state();
    const error = lastError ?? this.#probeError;
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
      version: `${this.#database.kind} ${this.#database.version}`,
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
    await this.#queue.close();
    await this.#live.idle();
    await this.#lease?.release();
    await this.#database.close();
  }

  async #askForLife(): Promise<void> {
    this.#probeError = await sql`select 1`.execute(this.db).then(
      () => null,
      (error: unknown) => error,
    );
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
