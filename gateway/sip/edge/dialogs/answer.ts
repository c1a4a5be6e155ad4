import { GIVE_UP, noTimer, T1, T2 } from '../timers.ts';
import type { Cancel, Timers } from '../timers.ts';
import { repeatSlower } from '../transactions/repeat.ts';

/**
 * A 2xx to an INVITE on its way: RFC 3261 §13.3.1.4 repeats it until its ACK comes, over any transport, as hops
 * behind the first may lose it.
 */
export class Answer {
  /** CSeq number of the INVITE, and so of the ACK. */
  readonly sequence: number;
  /** What the app knows the ACK by. */
  readonly txnId: string;
  /** What waits for the ACK: RFC 3261 §15 forbids the callee a BYE before it. */
  readonly #afterAck: (() => void)[] = [];
  #stopRepeating: Cancel = noTimer;
  #stopWaiting: Cancel = noTimer;
  #open = true;

  constructor(facts: {
    sequence: number;
    txnId: string;
    timers: Timers;
    repeat: () => void;
    onTimeout: () => void;
  }) {
    this.sequence = facts.sequence;
    this.txnId = facts.txnId;
    this.#stopRepeating = repeatSlower(facts.timers, T1, T2, facts.repeat);
    this.#stopWaiting = facts.timers.after(GIVE_UP, () => {
      this.settle();
      facts.onTimeout();
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  afterAck(run: () => void): void {
    if (this.#open) this.#afterAck.push(run);
    else run();
  }

  /** The edge is closing: what waits is dropped. */
  abandon(): void {
    this.#afterAck.length = 0;
    this.settle();
  }

  /** The ACK came, or nobody waits for it any more. False: it was settled before. */
  settle(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.#stopRepeating();
    this.#stopWaiting();
    for (const run of this.#afterAck.splice(0)) run();
    return true;
  }
}
