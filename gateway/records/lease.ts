import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import type { Database } from './database.ts';
import { GatewayNameTaken } from './errors.ts';
import { takeLostCalls } from './lost-calls.ts';
import type { LostCall } from './lost-calls.ts';
import { isRunning, processMark } from './process-mark.ts';
import type { Outbox } from './outbox.ts';
import type { GatewayRow } from './schema.ts';

export interface LeaseOptions {
  readonly database: Pick<Database, 'db' | 'kind'>;
  /** Where the ends of lost calls are told. */
  readonly outbox: Outbox;
  /** Of this gateway, among all on the database. */
  readonly name: string;
  /** Of this run. */
  readonly instance: string;
  readonly log: Log;
  /** Calls of gateways that died, each once. */
  readonly onLost: (calls: readonly LostCall[]) => void;
  /** At each heartbeat that reached the database. `wasLost`: others may have taken this gateway for dead. */
  readonly onBeat: (wasLost: boolean) => void;
  /** How long a lease holds without a heartbeat, ms; default 15 s. */
  readonly leaseMs?: number;
}

const beatsPerLease = 3;

/**
 * A gateway's lease in the database: it says that the gateway lives, and that its name is its own. All times are the
 * database's, so that clocks of machines don't matter.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #leaseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | null = null;
  /** Monotonic ms since when every heartbeat arrived: only who was there all the time may say that others were not. */
  #steadySinceMs = performance.now();
  #isLost = false;
  #closed = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 15_000;
  }

  /** Throws `GatewayNameTaken`. A predecessor that may be dead is watched for as long as a lease holds. */
  async acquire(over?: AbortSignal): Promise<void> {
    const { name, log, onLost } = this.#options;
    let watched: GatewayRow | null = null;
    for (;;) {
      const holder = await this.#holder();
      const now = await this.#nowMs();
      const verdict = holder === null ? 'free' : this.#judge(holder, now, watched);
      if (holder !== null && verdict === 'alive') throw new GatewayNameTaken(name, holder);
      if (verdict === 'free' && (await this.#take(holder, now))) {
        onLost(await this.#lostCalls(now, holder ?? { instance: '', renewed_at: '' }));
        break;
      }
      if (watched === null) log.info({ name }, 'waits to see whether a gateway of this name still lives');
      watched ??= holder;
      await pause(this.#leaseMs / 30, undefined, { ...(over && { signal: over }) });
    }
    this.#steadySinceMs = performance.now();
    this.#timer = setInterval(() => this.#beatOnce(), this.#leaseMs / beatsPerLease);
    this.#timer.unref();
  }

  /** Null: all is well; else why another gateway has our name. */
  problem(): string | null {
    return this.#isLost
      ? `another gateway has the name ${this.#options.name} now; give this one another`
      : null;
  }

  /** Gives the name back. Idempotent. */
  async release(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    await this.#beating;
    const { database, instance, log } = this.#options;
    await database.db
      .deleteFrom('gateways')
      .where('instance', '=', instance)
      .execute()
      .catch((error: unknown) =>
        log.warn({ cause: messageOf(error) }, 'lease not given back, it ends by itself'),
      );
  }

  #judge(holder: GatewayRow, nowMs: number, watched: GatewayRow | null): 'free' | 'alive' | 'unknown' {
    // Ours already, when what came after it failed.
    if (holder.instance === this.#options.instance) return 'free';
    if (nowMs - Date.parse(holder.renewed_at) > this.#leaseMs) return 'free';
    const running = isRunning(holder.process);
    if (running !== null) return running ? 'alive' : 'free';
    const hasBeaten = watched !== null && holder.renewed_at !== watched.renewed_at;
    return hasBeaten ? 'alive' : 'unknown';
  }

  async #holder(): Promise<GatewayRow | null> {
    const { database, name } = this.#options;
    const rows = await database.db.selectFrom('gateways').selectAll().where('name', '=', name).execute();
    return rows.at(0) ?? null;
  }

  /** False: somebody else was faster. */
  async #take(holder: GatewayRow | null, nowMs: number): Promise<boolean> {
    const { database, name, instance } = this.#options;
    const now = new Date(nowMs).toISOString();
    const row = { instance, process: processMark(), host: hostname(), started_at: now, renewed_at: now };
    if (holder === null) {
      const made = await database.db
        .insertInto('gateways')
        .values({ name, ...row })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirst();
      return (made.numInsertedOrUpdatedRows ?? 0n) > 0n;
    }
    // The predecessor's calls lose their lease with it.
    const taken = await database.db
      .updateTable('gateways')
      .set(row)
      .where('name', '=', name)
      .where('instance', '=', holder.instance)
      .executeTakeFirst();
    return taken.numUpdatedRows > 0n;
  }

  #beatOnce(): void {
    this.#beating ??= this.#beat()
      .catch((error: unknown) => {
        this.#steadySinceMs = performance.now();
        this.#options.log.debug({ cause: messageOf(error) }, 'lease not renewed');
      })
      .finally(() => (this.#beating = null));
  }

  async #beat(): Promise<void> {
    const { onBeat, onLost } = this.#options;
    const now = await this.#nowMs();
    const held = await this.#renew(now);
    const wasLost = this.#isLost || !held;
    if (!held) await this.#regain(now);
    if (!this.#isLost) onBeat(wasLost);
    if (performance.now() - this.#steadySinceMs < this.#leaseMs) return;
    onLost(await this.#lostCalls(now, null));
  }

  async #renew(nowMs: number): Promise<boolean> {
    const { database, name, instance } = this.#options;
    const { numUpdatedRows } = await database.db
      .updateTable('gateways')
      .set({ renewed_at: new Date(nowMs).toISOString() })
      .where('name', '=', name)
      .where('instance', '=', instance)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** We hung, or the database was away, for longer than a lease; calls go on, and so should the name. */
  async #regain(nowMs: number): Promise<void> {
    const { name, log } = this.#options;
    const holder = await this.#holder();
    const isFree = holder === null || this.#judge(holder, nowMs, null) === 'free';
    const has = isFree && (await this.#take(holder, nowMs));
    if (!has && !this.#isLost) log.error({ name, host: holder?.host }, 'another gateway has taken this name');
    this.#isLost = !has;
  }

  async #lostCalls(
    nowMs: number,
    predecessor: Pick<GatewayRow, 'instance' | 'renewed_at'> | null,
  ): Promise<LostCall[]> {
    const { database, instance, outbox } = this.#options;
    const lost: LostCall[] = [];
    const times = {
      now: new Date(nowMs).toISOString(),
      validFrom: new Date(nowMs - this.#leaseMs).toISOString(),
    };
    for (;;) {
      const some = await takeLostCalls(database.db, { instance, predecessor, ...times }, outbox);
      lost.push(...some);
      if (some.length === 0) break;
    }
    if (lost.length > 0) outbox.committed();
    // Dead gateways whose name nobody took up.
    await database.db.deleteFrom('gateways').where('renewed_at', '<', times.validFrom).execute();
    return lost;
  }

  async #nowMs(): Promise<number> {
    const { db, kind } = this.#options.database;
    const query =
      kind === 'sqlite'
        ? sql<{ ms: number }>`select (julianday('now') - 2440587.5) * 86400000.0 as ms`
        : sql<{ ms: number }>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`;
    const { rows } = await query.execute(db);
    return Math.round(rows[0].ms);
  }
}
