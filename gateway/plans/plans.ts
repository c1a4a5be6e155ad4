import type { PlanProblem } from '../../dialplans/errors.ts';
import type { PlanFiles, PlanFolder } from '../../dialplans/folder.ts';
import type { Plan } from '../../dialplans/plan.ts';
import { findTrunk } from '../../dialplans/trunks.ts';
import type { Trunk } from '../../dialplans/trunks.ts';
import { messageOf } from '../errors.ts';
import type { CallRecord, Clock, Log, PartStatus } from '../ports.ts';
import { takenBackCanary } from './canary-changes.ts';
import type { CanaryWatch } from './canary-watch.ts';
import type { Edit } from './change.ts';
import type { PlanChecker } from './checker/checker.ts';
import { unknownPlans } from './copy.ts';
import type { PlanCopy } from './copy.ts';
import { DatabaseWatch } from './database-watch.ts';
import { PlanCheckFailed, PlanInvalid, PlansBusy } from './errors.ts';
import { refusal } from './events.ts';
import type { InForce, Weighed } from './in-force.ts';
import type { PlansOptions } from './options.ts';
import { tracedOf } from './snapshots.ts';
import { runningCanary } from './stored.ts';
import type { StoredCanary, StoredPlans } from './stored.ts';
import type { PlanTables } from './tables.ts';

/** Changes that other gateways may make while ours is worked out. */
const changeTries = 10;
/** After a check that did not come to its end. */
const checkAgainMs = 30_000;

/** What plans are made of; they close it. */
export interface PlanParts {
  readonly tables: PlanTables;
  readonly copy: PlanCopy | null;
  readonly checker: PlanChecker;
  /** Ends checks that run. */
  readonly closing: AbortController;
  readonly canary: CanaryWatch;
  readonly folder: PlanFolder;
  readonly force: InForce;
  /** Why the database does not answer; null: it does. */
  readonly away: string | null;
}

/**
 * The plans in force, and their changes, one at a time. A change counts when the one check finds nothing wrong; then
 * the snapshot is swapped, and calls keep the one they began with.
 */
export class Plans {
  readonly tables: PlanTables;
  readonly checker: PlanChecker;
  readonly #options: Pick<PlansOptions, 'onChanged' | 'onRefused'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #copy: PlanCopy | null;
  readonly #canary: CanaryWatch;
  readonly #folder: PlanFolder;
  readonly #force: InForce;
  readonly #watch: DatabaseWatch;
  readonly #closing: AbortController;
  /** The database's, as last read; they may have problems, and not be in force. */
  #stored: StoredPlans;
  #turn: Promise<unknown> = Promise.resolve();
  /** When newer plans are to be checked again, since their check failed; null: it came to its end. */
  #againAtMs: number | null = null;

  constructor(options: PlansOptions, parts: PlanParts) {
    const { clock, log, pollMs } = options;
    const { away, force } = parts;
    this.tables = parts.tables;
    this.checker = parts.checker;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#copy = parts.copy;
    this.#canary = parts.canary;
    this.#folder = parts.folder;
    this.#force = force;
    this.#closing = parts.closing;
    this.#stored = force.stored;
    this.#watch = new DatabaseWatch({ ask: () => this.#ask(), pollMs, away, log });
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

  /** Ends what is asked of the check when the plans are closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The canary that runs, with its calls up to now. */
  runningCanary(): StoredCanary | null {
    return this.#canary.running();
  }

  /** False: what plans the database has was never known here, since it is away. */
  get isWhole(): boolean {
    return this.#force.stored.revision !== unknownPlans.revision;
  }

  status(): PartStatus {
    const { plan, stored } = this.#force;
    const mistakes = this.problems().length;
    const { away } = this.#watch;
    const details = [
      away === null ? '' : `${away}; ${this.#whatCounts(stored)}`,
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
   * Changes the database's plans: `edit` works it out on the newest ones, the one check looks at everything together,
   * and only then it is written, and counts. Throws `PlanInvalid`, `PlanCheckFailed`, what `edit` throws, and what the
   * database says; then nothing has changed here.
   */
  async change<T>(edit: Edit<T>): Promise<T> {
    return this.#inTurn(async () => {
      for (let tries = 0; tries < changeTries; tries++) {
        const stored = await this.#newest();
        const { next, approve, write, audit, result } = await edit(stored);
        const sources = { files: this.#folder.files(), stored: { ...next, revision: stored.revision + 1 } };
        const weighed = await this.#force.weigh(sources, this.closing);
        approve?.(weighed, this.#force.plan);
        const entry = { ...audit, at: new Date(this.#clock.nowMs()).toISOString() };
        if (!(await this.tables.commit(stored.revision, write, entry, weighed.plan.tenant))) continue;
        this.#take(weighed);
        const { by, action, subject: plan, details } = entry;
        this.#log.info({ by, action, plan, details }, 'plans changed');
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
    await this.#watch.poll();
  }

  /** Idempotent; what is being checked is called off. */
  async close(): Promise<void> {
    if (this.closing.aborted) return;
    this.#closing.abort(new PlanCheckFailed('the gateway ends'));
    await this.#folder.close();
    await this.#watch.close();
    await this.#turn;
    await this.checker.close();
    await this.#canary.flush(this.tables).catch((error: unknown) => {
      this.#log.warn({ cause: messageOf(error) }, 'last calls of the canary are not counted');
    });
  }

  #whatCounts({ revision }: StoredPlans): string {
    return this.isWhole
      ? `calls go on with revision ${revision} of its plans`
      : 'calls go by the files; those that no rule there takes are refused with 503';
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(run);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #newest(): Promise<StoredPlans> {
    const revision = await this.tables.revision();
    if (revision !== this.#stored.revision) this.#stored = await this.tables.load();
    return this.#stored;
  }

  #take(weighed: Weighed): void {
    const { plan: before, stored: storedBefore } = this.#force;
    const { plan, stored, problems } = weighed;
    this.#stored = stored;
    this.#force.take(weighed, [...this.#folder.problems(), ...problems]);
    if (storedBefore.revision !== stored.revision) void this.#copy?.write(stored);
    if (before.version === plan.version) return;
    const { name, version, rules } = plan;
    this.#log.info({ plan: name, version, rules: rules.length }, 'dial plan changed');
  }

  /** What files or other gateways have changed counts if it is good; else the last good snapshot stays. */
  async #refresh(stored: StoredPlans): Promise<void> {
    if (this.closing.aborted) return;
    const had = this.problems();
    this.#stored = stored;
    this.#againAtMs = null;
    try {
      this.#take(await this.#force.weigh({ files: this.#folder.files(), stored }, this.closing));
    } catch (error) {
      if (error === this.closing.reason) return;
      this.#force.keep([...this.#folder.problems(), ...this.#problemsOf(error)]);
    }
    const problems = this.problems();
    const { version, tenant } = this.#force.plan;
    const refused = JSON.stringify(problems) === JSON.stringify(had) ? null : refusal(problems);
    if (refused) this.#options.onRefused?.(refused, tenant);
    if (problems.length > 0)
      this.#log.error({ problems, version }, 'dial plan has mistakes, the last good one stays');
    else if (had.length > 0) this.#log.info({ version }, 'dial plan has no mistakes any more');
  }

  #problemsOf(error: unknown): readonly PlanProblem[] {
    if (error instanceof PlanInvalid) return error.problems;
    if (!(error instanceof PlanCheckFailed)) throw error;
    this.#againAtMs = this.#clock.monotonicMs() + checkAgainMs;
    const { message, remedy } = error;
    return [{ file: '(all)', line: 1, column: 1, code: 'PLAN_NOT_CHECKED', message, remedy }];
  }

  async #ask(): Promise<void> {
    const revision = await this.tables.revision();
    const isDue = this.#againAtMs !== null && this.#clock.monotonicMs() >= this.#againAtMs;
    if (revision !== this.#stored.revision || isDue)
      await this.#inTurn(async () => {
        const before = this.#stored;
        const stored = await this.#newest();
        if (stored !== before || isDue) await this.#refresh(stored);
      });
    await this.#canary.flush(this.tables);
    if (this.#canary.reason !== null) await this.#takeBack(this.#canary.reason);
  }

  /** By whichever gateway is first. */
  async #takeBack(reason: string): Promise<void> {
    const mine = this.runningCanary();
    if (mine === null) return;
    const { plan, version } = mine;
    try {
      await this.change((stored) => {
        const running = runningCanary(stored);
        if (running?.plan !== plan || running.version !== version) throw new CanaryOver();
        return takenBackCanary(stored, mine, reason, new Date(this.#clock.nowMs()).toISOString());
      });
    } catch (error) {
      if (error instanceof CanaryOver) return;
      throw error;
    }
    this.#log.error({ plan, version, reason }, 'canary is taken back');
  }
}

/** Another gateway, or an admin, has ended it. */
class CanaryOver extends Error {}
