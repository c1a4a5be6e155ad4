import { newSequence } from '../ids.ts';
import { GIVE_UP, noTimer, T1 } from '../timers.ts';
import type { Cancel, Timers } from '../timers.ts';
import { repeatSlower } from '../transactions/repeat.ts';

interface Provisional {
  readonly sequence: number;
  readonly hasBody: boolean;
  readonly send: () => void;
}

/** The callee's side of RFC 3262 §3: reliable provisional responses of one INVITE, one at a time. */
export class ReliableProvisionals {
  readonly #timers: Timers;
  readonly #onGiveUp: () => void;
  readonly #queue: Provisional[] = [];
  #next = newSequence();
  #stopRepeating: Cancel = noTimer;
  #stopWaiting: Cancel = noTimer;
  #final: (() => void) | undefined;

  /** `onGiveUp`: no PRACK in 64·T1; the INVITE should be refused with a 5xx. */
  constructor(timers: Timers, onGiveUp: () => void) {
    this.#timers = timers;
    this.#onGiveUp = onGiveUp;
  }

  /** The RSeq of the next one. */
  takeSequence(): number {
    return this.#next++;
  }

  /** Sends now, or when those before it are acknowledged. */
  send(sequence: number, hasBody: boolean, send: () => void): void {
    this.#queue.push({ sequence, hasBody, send });
    if (this.#queue.length === 1) this.#start();
  }

  /** A PRACK came. False: not for the response that waits. */
  acknowledge(sequence: number): boolean {
    if (this.#queue.at(0)?.sequence !== sequence) return false;
    this.#queue.shift();
    this.#stopTimers();
    if (this.#queue.length > 0) this.#start();
    else this.#sendFinal();
    return true;
  }

  /** A 2xx must wait while a description in a provisional response is not acknowledged. */
  sendFinal(isSuccess: boolean, send: () => void): void {
    if (isSuccess && this.#queue.some((provisional) => provisional.hasBody)) {
      this.#final = send;
      return;
    }
    this.stop();
    send();
  }

  stop(): void {
    this.#queue.length = 0;
    this.#final = undefined;
    this.#stopTimers();
  }

  #start(): void {
    const first = this.#queue.at(0);
    if (!first) return;
    first.send();
    this.#stopRepeating = repeatSlower(this.#timers, T1, Infinity, first.send);
    this.#stopWaiting = this.#timers.after(GIVE_UP, () => {
      this.stop();
      this.#onGiveUp();
    });
  }

  #sendFinal(): void {
    const send = this.#final;
    this.#final = undefined;
    send?.();
  }

  #stopTimers(): void {
    this.#stopRepeating();
    this.#stopWaiting();
  }
}
