import type { PlanText } from '../../dialplans/units.ts';
import type { PlanCheck } from '../../dialplans/check.ts';
import type { PlanProblem } from '../../dialplans/errors.ts';
import { openPlanFolder } from '../../dialplans/folder.ts';
import type { PlanFiles, PlanFolder } from '../../dialplans/folder.ts';
import type { Plan } from '../../dialplans/plan.ts';
import { findTrunk } from '../../dialplans/trunks.ts';
import type { Trunk } from '../../dialplans/trunks.ts';
import { messageOf } from '../errors.ts';
import type { AuditEntry, CallRecord, Clock, Log, PartStatus } from '../ports.ts';
import type { Db } from '../records/schema.ts';
import { CanaryWatch } from './canary-watch.ts';
import type { Check } from './check.ts';
import { PlanCopy } from './copy.ts';
import { PlanInvalid, PlansBusy } from './errors.ts';
import { InForce } from './in-force.ts';
import { tracedOf } from './snapshots.ts';
import { runningCanary, withCanary } from './stored.ts';
import type { StoredCanary, StoredPlans } from './stored.ts';
import { endCanary, PlanTables } from './tables.ts';
import type { Tx } from './tables.ts';
import { withText } from './texts.ts';

export interface PlansOptions {
  /** Files of plans, followed while they change. */
  readonly folder: string;
  readonly db: Db;
  /** Where the last plans of the database are kept for a start while it is away; null: nowhere. */
  readonly copyFile: string | null;
  readonly check: Check;
  readonly clock: Clock;
  readonly log: Log;
  /** What was done to plans by this gateway: for an admin, or by itself. */
  readonly onChanged?: (entry: Omit<AuditEntry, 'id'>) => void;
  /** A call of a running canary, or one of the rest meanwhile, is over. */
  readonly onCanaryCall?: (side: 'candidate' | 'rest', outcome: 'served' | 'failed') => void;
  /** How often the database is asked whether another gateway has changed something. */
  readonly pollMs?: number;
}

/** What an admin wants changed, worked out on the plans as they are. */
export interface Change<T> {
  readonly next: StoredPlans;
  readonly write: (tx: Tx) => Promise<void>;
  readonly audit: Omit<AuditEntry, 'id' | 'at'>;
  readonly result: T;
}

const defaultPollMs = 1_000;
/** Changes that other gateways may make while ours is worked out. */
const changeTries = 10;

/**
 * The plans of files and database together: what is in force, and its changes. A change counts when the one check
 * finds nothing wrong; then the snapshot is swapped, and calls keep the one they began with. Throws `PlanError` when
 * the plans can't be used now, and what the database says when it is away and there is no copy of its plans.
 */
export async function openPlans(options: PlansOptions): Promise<Plans> {
  const { log } = options;
  const tables = new PlanTables(options.db);
  const copy = options.copyFile === null ? null : new PlanCopy(options.copyFile, log);
  let plans: Plans | null = null;
  const folder = await openPlanFolder(options.folder, { log, onChange: () => plans?.filesChanged() });
  try {
    const [stored, away] = await loadOrCopy(tables, copy);
    plans = new Plans(options, { tables, copy, folder, stored, away });
    await folder.reload();
    return plans;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

interface Parts {
  readonly tables: PlanTables;
  readonly copy: PlanCopy | null;
  readonly folder: PlanFolder;
  readonly stored: StoredPlans;
  readonly away: string | null;
}

export class Plans {
  readonly tables: PlanTables;
  readonly #options: PlansOptions;
  readonly #copy: PlanCopy | null;
  readonly #canary: CanaryWatch;
  readonly #folder: PlanFolder;
  readonly #force: InForce;
  /** The database's, as last read; they may have problems, and not be in force. */
  #stored: StoredPlans;
  /** Why the database does not answer; null: it does. */
  #away: string | null;
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout;
  #polling: Promise<void> | null = null;
  #closed = false;

  /** Throws `PlanError`. */
  constructor(options: PlansOptions, { tables, copy, folder, stored, away }: Parts) {
    this.tables = tables;
    this.#options = options;
    this.#copy = copy;
    this.#canary = new CanaryWatch((side, outcome) => options.onCanaryCall?.(side, outcome));
    this.#folder = folder;
    this.#force = new InForce(options.check, this.#canary, folder.files(), stored);
    this.#stored = stored;
    this.#away = away;
    if (away !== null) options.log.warn({ cause: away, revision: stored.revision }, awayAtStart);
    else void copy?.write(stored);
    this.#timer = setInterval(() => void this.poll(), options.pollMs ?? defaultPollMs);
    this.#timer.unref();
  }

  /** The last good snapshot. A call takes one and keeps it. */
  current(): Plan {
    return this.#force.plan;
  }

  /** The snapshot for a call, a canary's or the present one: the same whenever it is asked for, while no plan changes. */
  planFor(call: { readonly id: string; readonly called: string }): Plan {
    return this.#force.planFor(call);
  }

  /** The trunk whose sources hold this address; the most specific block wins. */
  findTrunk(address: string, transport: string, names?: readonly string[]): Trunk | null {
    return findTrunk(this.#force.plan.trunkIndex, address, transport, names);
  }

  /** What is wrong with newer plans, of files or of the database; empty: the newest are in force. */
  problems(): readonly PlanProblem[] {
    return this.#force.problems();
  }

  /** The files and the database's plans that are in force. */
  inForce(): { readonly files: PlanFiles; readonly stored: StoredPlans } {
    return this.#force;
  }

  /** The check of everything as it would be with this text under that name. */
  tryText(text: PlanText): PlanCheck {
    const { files, stored } = this.#force;
    return this.#options.check(withText(text, files, stored), files.fragments);
  }

  /** The whole as it would be with this text under that name. Throws `PlanInvalid`. */
  usable(text: PlanText): Plan {
    const { plan, problems } = this.tryText(text);
    if (plan === null) throw new PlanInvalid(problems);
    return plan;
  }

  /** The canary that runs, with its calls up to now. */
  runningCanary(): StoredCanary | null {
    return this.#canary.running();
  }

  status(): PartStatus {
    const { plan, stored } = this.#force;
    const mistakes = this.problems().length;
    const details = [
      this.#away === null ? '' : `${this.#away}; calls go on with revision ${stored.revision} of its plans`,
      mistakes === 0 ? '' : `${mistakes} mistakes in newer plans; calls go on with the last good ones`,
    ].filter((detail) => detail !== '');
    return {
      state: details.length === 0 ? 'up' : 'down',
      embedded: true,
      version: plan.version,
      pid: null,
      ...(details.length === 0 ? {} : { detail: details.join('; ') }),
    };
  }

  /** A call's trace with its plan's version (`v7`, or a file's), and the canary that it was part of. */
  withVersions(trace: unknown): unknown {
    return this.#force.snapshots.withVersions(trace);
  }

  /** A call is over: it counts for a canary that runs. */
  ended({ trace, endReason }: Pick<CallRecord, 'trace' | 'endReason'>): void {
    const { version } = tracedOf(trace);
    if (version === null) return;
    this.#canary.ended(version, endReason);
    if (this.#canary.reason !== null) void this.poll();
  }

  /**
   * Changes the database's plans: `edit` works it out on the newest ones (and is asked again when another gateway was
   * faster), the one check looks at everything together, and it is written. Throws `PlanInvalid`, what `edit` throws,
   * and what the database says; then nothing has changed here.
   */
  async change<T>(edit: (stored: StoredPlans) => Change<T> | Promise<Change<T>>): Promise<T> {
    return this.#inTurn(async () => {
      for (let tries = 0; tries < changeTries; tries++) {
        const stored = await this.#newest();
        const { next, write, audit, result } = await edit(stored);
        const wanted = { ...next, revision: stored.revision + 1 };
        const weighed = this.#force.weigh(this.#folder.files(), wanted);
        const entry = { ...audit, at: new Date(this.#options.clock.nowMs()).toISOString() };
        if (!(await this.tables.commit(stored.revision, write, [entry]))) continue;
        this.#take(weighed);
        const { by, action, subject: plan, details } = entry;
        this.#options.log.info({ by, action, plan, details }, 'plans changed');
        this.#options.onChanged?.(entry);
        return result;
      }
      throw new PlansBusy();
    });
  }

  /** Reads the files at once, without waiting for the watcher. Throws nothing; look at `problems`. */
  async reload(): Promise<void> {
    await this.#folder.reload();
  }

  async filesChanged(): Promise<void> {
    await this.#inTurn(() => this.#refresh(this.#stored));
  }

  /** Asks the database at once what other gateways have changed. Throws nothing; look at `status`. */
  async poll(): Promise<void> {
    if (this.#closed) return;
    this.#polling ??= this.#ask().finally(() => (this.#polling = null));
    await this.#polling;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#folder.close();
    await this.#polling;
    await this.#turn;
    await this.#canary.flush(this.tables).catch((error: unknown) => {
      this.#options.log.warn({ cause: messageOf(error) }, 'last calls of the canary are not counted');
    });
  }

  async #inTurn<T>(run: () => Promise<T> | T): Promise<T> {
    const mine = this.#turn.then(run);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #newest(): Promise<StoredPlans> {
    const revision = await this.tables.revision();
    if (revision !== this.#stored.revision) this.#stored = await this.tables.load();
    return this.#stored;
  }

  #take({ good, problems }: ReturnType<InForce['weigh']>): void {
    const { plan: before, stored: storedBefore } = this.#force;
    this.#stored = good.stored;
    this.#force.take(good, [...this.#folder.problems(), ...problems]);
    if (storedBefore.revision !== good.stored.revision) void this.#copy?.write(good.stored);
    if (before.version === good.plan.version) return;
    const { name: plan, version, rules } = good.plan;
    this.#options.log.info({ plan, version, rules: rules.length }, 'dial plan changed');
  }

  /** What files or other gateways have changed counts if it is good; else the last good snapshot stays. */
  #refresh(stored: StoredPlans): void {
    const { log } = this.#options;
    const had = this.problems();
    this.#stored = stored;
    try {
      this.#take(this.#force.weigh(this.#folder.files(), stored));
    } catch (error) {
      if (!(error instanceof PlanInvalid)) throw error;
      this.#force.keep([...this.#folder.problems(), ...error.problems]);
    }
    const problems = this.problems();
    const { version } = this.#force.plan;
    if (problems.length > 0)
      log.error({ problems, version }, 'dial plan has mistakes, the last good one stays');
    else if (had.length > 0) log.info({ version }, 'dial plan has no mistakes any more');
  }

  async #ask(): Promise<void> {
    try {
      const revision = await this.tables.revision();
      if (revision !== this.#stored.revision)
        await this.#inTurn(async () => {
          const before = this.#stored;
          const stored = await this.#newest();
          if (stored !== before) this.#refresh(stored);
        });
      await this.#canary.flush(this.tables);
      if (this.#canary.reason !== null) await this.#takeBack(this.#canary.reason);
      this.#setAway(null);
    } catch (error) {
      this.#setAway(messageOf(error));
    }
  }

  #setAway(words: string | null): void {
    const { log } = this.#options;
    if (words !== null && this.#away === null)
      log.warn({ cause: words }, 'database of the plans is away, calls go on with the last good ones');
    if (words === null && this.#away !== null) log.info({}, 'database of the plans is back');
    this.#away = words;
  }

  /** By whichever gateway is first. */
  async #takeBack(reason: string): Promise<void> {
    const mine = this.runningCanary();
    if (mine === null) return;
    const { plan, version, candidate, rest } = mine;
    const took = await this.change((stored) => {
      const running = runningCanary(stored);
      if (running?.plan !== plan || running.version !== version) throw new CanaryOver();
      const endedAt = new Date(this.#options.clock.nowMs()).toISOString();
      const over: StoredCanary = { ...mine, state: 'taken-back', reason, endedAt, endedBy: 'gateway' };
      const details = { version, reason, candidate, rest };
      return {
        next: withCanary(stored, over),
        write: (tx) => endCanary(tx, over),
        audit: { by: 'gateway', action: 'canary.taken-back', subject: plan, details },
        result: true,
      };
    }).catch((error: unknown) => {
      if (error instanceof CanaryOver) return false;
      throw error;
    });
    if (took) this.#options.log.error({ plan, version, reason }, 'canary is taken back');
  }
}

/** Another gateway, or an admin, has ended it. */
class CanaryOver extends Error {}

const awayAtStart = 'database is away, calls begin with the plans of the last time';

async function loadOrCopy(
  tables: PlanTables,
  copy: PlanCopy | null,
): Promise<readonly [stored: StoredPlans, away: string | null]> {
  try {
    return [await tables.load(), null];
  } catch (error) {
    const kept = await copy?.read();
    if (!kept) throw error;
    return [kept, messageOf(error)];
  }
}
