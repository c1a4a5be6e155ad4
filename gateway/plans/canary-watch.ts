import type { EndReason } from '../reasons.ts';
import { add, isForCandidate, noCalls, outcomes, verdict } from './canary.ts';
import type { StoredCanary, Tally } from './stored.ts';
import type { PlanTables } from './tables.ts';

type Side = 'candidate' | 'rest';

/** Counts the calls of the running canary on this gateway, and says when it has to be taken back. */
export class CanaryWatch {
  readonly #onCall: (side: Side, outcome: 'served' | 'failed') => void;
  #canary: StoredCanary | null = null;
  /** What the database does not know yet. */
  #unwritten: Record<Side, Tally> = { candidate: noCalls, rest: noCalls };
  /** Whose calls they are, by the snapshot that decided them; there are several when other plans change meanwhile. */
  readonly #sides = new Map<string, Side>();
  #reason: string | null = null;

  constructor(onCall: (side: Side, outcome: 'served' | 'failed') => void) {
    this.#onCall = onCall;
  }

  /** Goes on with its counts when it is the one that runs already. */
  follow(canary: StoredCanary | null): void {
    const isSame = canary?.plan === this.#canary?.plan && canary?.version === this.#canary?.version;
    if (!isSame) {
      this.#unwritten = { candidate: noCalls, rest: noCalls };
      this.#sides.clear();
      this.#reason = null;
    }
    // What was counted since it was read is newer.
    this.#canary = canary && isSame && this.#canary ? { ...canary, ...talliesOf(this.#canary) } : canary;
    this.#judge();
  }

  /** A snapshot that calls of this side are decided by. */
  knows(snapshot: string, side: Side): void {
    if (this.#canary) this.#sides.set(snapshot, side);
  }

  /** With its calls up to now; null: none runs. */
  running(): StoredCanary | null {
    if (this.#canary === null) return null;
    const { candidate, rest } = this.#canary;
    return {
      ...this.#canary,
      candidate: add(candidate, this.#unwritten.candidate),
      rest: add(rest, this.#unwritten.rest),
    };
  }

  /** Why it has to be taken back; its calls go the old way from then on. Null: nothing speaks against it. */
  get reason(): string | null {
    return this.#reason;
  }

  /** It can't go on for a reason that is not in its calls. */
  refuse(reason: string): void {
    if (this.#canary) this.#reason ??= reason;
  }

  has(call: { readonly id: string; readonly called: string }): boolean {
    return this.#canary !== null && this.#reason === null && isForCandidate(this.#canary, call);
  }

  /** A call is over that the plans of this snapshot decided. */
  ended(snapshot: string, reason: EndReason): void {
    const side = this.#sides.get(snapshot);
    const outcome = outcomes[reason];
    if (side === undefined || outcome === 'neither') return;
    this.#unwritten[side] = add(this.#unwritten[side], { ...noCalls, [outcome]: 1 });
    this.#onCall(side, outcome);
    this.#judge();
  }

  /** Writes the counts and reads those of all gateways. Throws what the database says; nothing is lost then. */
  async flush(tables: PlanTables): Promise<void> {
    const canary = this.#canary;
    if (canary === null) return;
    const written = this.#unwritten;
    const all = await tables.tally(canary, written);
    if (this.#canary !== canary || all === null) return;
    this.#unwritten = {
      candidate: less(this.#unwritten.candidate, written.candidate),
      rest: less(this.#unwritten.rest, written.rest),
    };
    this.#canary = { ...canary, ...all };
    this.#judge();
  }

  #judge(): void {
    const running = this.running();
    if (running) this.#reason ??= verdict(running);
  }
}

function talliesOf({ candidate, rest }: StoredCanary): Record<Side, Tally> {
  return { candidate, rest };
}

function less(a: Tally, b: Tally): Tally {
  return { served: a.served - b.served, failed: a.failed - b.failed };
}
