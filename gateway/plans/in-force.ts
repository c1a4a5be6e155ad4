import { PlanError } from '../../dialplans/errors.ts';
import type { PlanProblem } from '../../dialplans/errors.ts';
import type { PlanFiles } from '../../dialplans/folder.ts';
import type { Plan } from '../../dialplans/plan.ts';
import type { PlanText } from '../../dialplans/units.ts';
import type { CanaryWatch } from './canary-watch.ts';
import type { PlanChecker } from './checker/checker.ts';
import { PlanInvalid } from './errors.ts';
import { Snapshots } from './snapshots.ts';
import { runningCanary } from './stored.ts';
import type { StoredCanary, StoredPlans } from './stored.ts';
import { countingTexts, sameTexts, withText } from './texts.ts';

/** All that is read of plans. */
export interface Sources {
  readonly files: PlanFiles;
  readonly stored: StoredPlans;
}

/** A canary's version in its plan's place. Null: it does not go with the other plans, and has to be taken back. */
export interface Candidate {
  readonly canary: StoredCanary;
  readonly plan: Plan | null;
  readonly problems: readonly PlanProblem[];
}

/** What the one check found good together, ready to be taken. */
export interface Weighed extends Sources {
  readonly plan: Plan;
  /** Null: no canary runs. */
  readonly candidate: Candidate | null;
  /** Of newer files, which the change does not wait for. */
  readonly problems: readonly PlanProblem[];
}

/** What calls go by: the last plans that the one check found good together, and a canary's candidate. */
export class InForce {
  readonly snapshots = new Snapshots();
  readonly #checker: PlanChecker;
  readonly #canary: CanaryWatch;
  #good: Weighed;
  #problems: readonly PlanProblem[] = [];

  private constructor(checker: PlanChecker, canary: CanaryWatch, good: Weighed) {
    this.#checker = checker;
    this.#canary = canary;
    this.#good = good;
    this.take(good, []);
  }

  /** Throws `PlanError`, `PlanCheckFailed`. */
  static async open(
    checker: PlanChecker,
    canary: CanaryWatch,
    sources: Sources,
    signal: AbortSignal,
  ): Promise<InForce> {
    const known: Known = { checker, good: null };
    const texts = countingTexts(sources.files, sources.stored);
    const { plan, problems } = await checked(known, texts, sources.files, signal);
    if (plan === null) throw new PlanError(problems);
    const candidate = await candidateOf(known, sources, signal);
    return new InForce(checker, canary, { ...sources, plan, candidate, problems: [] });
  }

  get plan(): Plan {
    return this.#good.plan;
  }

  get stored(): StoredPlans {
    return this.#good.stored;
  }

  get files(): PlanFiles {
    return this.#good.files;
  }

  /** The snapshot for a call: the same whenever it is asked for, while no plan changes. */
  planFor(call: { readonly id: string; readonly called: string }): Plan {
    const { plan, candidate } = this.#good;
    return candidate !== null && candidate.plan !== null && this.#canary.has(call) ? candidate.plan : plan;
  }

  /** What is wrong with newer plans; empty: the newest are in force. */
  problems(): readonly PlanProblem[] {
    return this.#problems;
  }

  /**
   * Checks plans of the database with the files as they are; or, while these have mistakes of their own, with those
   * in force. Changes nothing; texts that are in force are not checked again. Throws `PlanInvalid`, `PlanCheckFailed`.
   */
  async weigh({ files, stored }: Sources, signal: AbortSignal): Promise<Weighed> {
    const known: Known = { checker: this.#checker, good: this.#good };
    const weighed = async (
      plan: Plan,
      from: Sources,
      problems: readonly PlanProblem[],
    ): Promise<Weighed> => ({
      ...from,
      plan,
      candidate: await candidateOf(known, from, signal),
      problems,
    });
    const { plan, problems } = await checked(known, countingTexts(files, stored), files, signal);
    if (plan !== null) return weighed(plan, { files, stored }, []);
    // Another change than that of the files: they must not hold it up.
    if (stored !== this.#good.stored && this.#problems.length > 0) {
      const { files: kept } = this.#good;
      const older = await checked(known, countingTexts(kept, stored), kept, signal);
      if (older.plan !== null) return weighed(older.plan, { files: kept, stored }, problems);
    }
    throw new PlanInvalid(problems);
  }

  /** Swaps the snapshots, all at once; `problems` are those of newer files. */
  take(weighed: Weighed, problems: readonly PlanProblem[]): void {
    const { files, stored, plan, candidate } = weighed;
    this.#canary.follow(runningCanary(stored));
    this.#canary.knows(plan.version, 'rest');
    this.snapshots.remember(plan.version, files, stored, null);
    if (candidate?.plan === null) {
      const first = candidate.problems.map(({ file, line, message }) => `${file}:${line}: ${message}`).at(0);
      this.#canary.refuse(`it does not go with the plans as they are now: ${first ?? ''}`);
    } else if (candidate !== null) {
      this.#canary.knows(candidate.plan.version, 'candidate');
      this.snapshots.remember(candidate.plan.version, files, stored, candidate.canary);
    }
    this.#good = weighed;
    this.#problems = problems;
  }

  /** The last good ones stay. */
  keep(problems: readonly PlanProblem[]): void {
    this.#problems = problems;
  }
}

/** What plans are got from: the check, or what has passed it. */
interface Known {
  readonly checker: PlanChecker;
  readonly good: Weighed | null;
}

async function checked(
  { checker, good }: Known,
  texts: readonly PlanText[],
  { fragments }: PlanFiles,
  signal: AbortSignal,
): Promise<{ readonly plan: Plan | null; readonly problems: readonly PlanProblem[] }> {
  if (good !== null) {
    const same = (others: readonly PlanText[]): boolean =>
      sameTexts({ texts, fragments }, { texts: others, fragments: good.files.fragments });
    if (same(countingTexts(good.files, good.stored))) return { plan: good.plan, problems: [] };
    const { candidate } = good;
    if (candidate?.plan && same(withCandidate(candidate.canary, good)))
      return { plan: candidate.plan, problems: [] };
  }
  return checker.check(texts, fragments, signal);
}

async function candidateOf(known: Known, sources: Sources, signal: AbortSignal): Promise<Candidate | null> {
  const canary = runningCanary(sources.stored);
  if (canary === null) return null;
  const texts = withCandidate(canary, sources);
  return { canary, ...(await checked(known, texts, sources.files, signal)) };
}

function withCandidate({ plan, text }: StoredCanary, { files, stored }: Sources): readonly PlanText[] {
  return withText({ name: plan, text }, files, stored);
}
