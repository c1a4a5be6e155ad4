import { checkSteps, type PlanCheck } from '../../../dialplans/check.ts';
import type { PromptCatalog } from '../../../dialplans/lint/prompts.ts';
import type { TriedCall } from '../../../dialplans/tried.ts';
import type { Fragments, PlanText } from '../../../dialplans/units.ts';
import type { PlanCounts, PlanVersionText } from '../changes.ts';
import { planFrom, type Piece } from './hand-over.ts';
import { Lane } from './lane.ts';
import { answerSteps, sizeOf, type Answers, type Difference, type Question, type Trial } from './orders.ts';
import { inSlices } from './slices.ts';
import { CheckThread, type ThreadOptions } from './thread.ts';

/**
 * Texts up to this size (UTF-16 units, together) are read here, which takes some ten milliseconds; all that comes
 * after the reading is done in slices.
 */
export const smallTexts = 4 * 1024;
/** Questions that may wait for each other; admins' pages ask one at a time. */
const maxWaiting = 16;

export interface CheckerOptions {
  /** The prompts that plans may name, as they are when a plan is checked. */
  readonly prompts: () => Promise<PromptCatalog>;
  /** How large plans are checked; for tests. */
  readonly thread?: ThreadOptions;
}

/**
 * The one check, for files and for plans of the database alike: of all texts together, with what they may include and
 * the prompts there are. Calls don't wait for it: texts are read in a thread unless they are small. What is to count
 * has a thread of its own, so that it waits for nobody who only asks. All reject with `PlanCheckFailed` when a check
 * does not come to its end, and with the signal's reason.
 */
export class PlanChecker {
  readonly #prompts: CheckerOptions['prompts'];
  readonly #counting: CheckThread;
  readonly #asking: CheckThread;
  readonly #orders = new Lane(Infinity);
  readonly #questions = new Lane(maxWaiting);

  constructor({ prompts, thread }: CheckerOptions) {
    this.#prompts = prompts;
    this.#counting = new CheckThread(thread);
    this.#asking = new CheckThread(thread);
  }

  /** The plan of these texts, to decide calls by, or what is wrong with it. */
  async check(texts: readonly PlanText[], fragments: Fragments, signal: AbortSignal): Promise<PlanCheck> {
    const order = { kind: 'plan', texts, context: await this.#context(fragments) } as const;
    if (sizeOf(order) <= smallTexts) return (await inSlices(checkSteps(texts, order.context), signal)).check;
    return this.#orders.run(
      async () => inSlices(planFrom(await this.#counting.run(order, signal)), signal),
      signal,
    );
  }

  /** What publishing a text would do: `texts` are the whole with it, `before` what its plan is now. */
  async trial(
    texts: readonly PlanText[],
    fragments: Fragments,
    { before, after }: { readonly before: string; readonly after: string },
    signal: AbortSignal,
  ): Promise<Trial> {
    const context = await this.#context(fragments);
    return this.#answer<'trial'>({ kind: 'trial', texts, context, before, after }, signal);
  }

  /** Where a call would go by these texts, or what is wrong with them. */
  async explain(
    texts: readonly PlanText[],
    fragments: Fragments,
    tried: TriedCall,
    signal: AbortSignal,
  ): Promise<Answers['explanation']> {
    const context = await this.#context(fragments);
    return this.#answer<'explanation'>({ kind: 'explanation', texts, context, tried }, signal);
  }

  /** How many rules and tests a text has; it need not be sound. */
  async counts(text: string, signal: AbortSignal): Promise<PlanCounts> {
    return this.#answer<'counts'>({ kind: 'counts', text }, signal);
  }

  async difference(
    before: PlanVersionText,
    after: PlanVersionText,
    signal: AbortSignal,
  ): Promise<Difference> {
    return this.#answer<'difference'>({ kind: 'difference', before, after }, signal);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await Promise.all([this.#counting.close(), this.#asking.close()]);
  }

  async #context(fragments: Fragments) {
    return { fragments, prompts: await this.#prompts() };
  }

  async #answer<K extends keyof Answers>(
    question: Question & { readonly kind: K },
    signal: AbortSignal,
  ): Promise<Answers[K]> {
    if (sizeOf(question) <= smallTexts) return (await inSlices(answerSteps(question), signal)) as Answers[K];
    return this.#questions.run(
      async () => answerIn(await this.#asking.run(question, signal)) as Answers[K],
      signal,
    );
  }
}

function answerIn(pieces: Iterable<Piece>) {
  for (const piece of pieces) if (piece.kind === 'answer') return piece.answer;
  throw new Error('The answer of the thread is missing.');
}
