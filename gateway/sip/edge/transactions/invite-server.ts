import type { SipRequest } from '../message/types.ts';
import { GIVE_UP, noTimer, T1, T2, T4 } from '../timers.ts';
import type { Cancel, Timers } from '../timers.ts';
import type { TransportError } from '../transport/types.ts';
import { repeatSlower } from './repeat.ts';
import type { ServerTransaction, ServerUser, Wire } from './types.ts';

type State = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';

/** INVITE server transaction: RFC 3261 §17.2.1, with RFC 6026 §7.1's Accepted state. */
export class InviteServerTransaction implements ServerTransaction {
  readonly request: SipRequest;
  readonly #wire: Wire;
  readonly #timers: Timers;
  readonly #user: ServerUser;
  #state: State = 'proceeding';
  #last: Buffer | undefined;
  #stopRepeating: Cancel = noTimer;
  #stopWaiting: Cancel = noTimer;

  constructor(facts: { request: SipRequest; wire: Wire; timers: Timers; user: ServerUser }) {
    this.request = facts.request;
    this.#wire = facts.wire;
    this.#timers = facts.timers;
    this.#user = facts.user;
  }

  get state(): State {
    return this.#state;
  }

  receive(request: SipRequest): void {
    switch (this.#state) {
      case 'proceeding':
        this.#proceeding(request);
        return;
      case 'completed':
        this.#completed(request);
        return;
      // Absorbed: by RFC 6026 §7.1 the UA core repeats its 2xx by itself, by RFC 3261 §17.2.1 timer I runs.
      case 'accepted':
      case 'confirmed':
      case 'terminated':
        return;
    }
  }

  respond(status: number, bytes: Buffer): boolean {
    switch (this.#state) {
      case 'proceeding':
        this.#answer(status, bytes);
        return true;
      case 'accepted':
        // RFC 6026 §7.1: the core's repetitions of its 2xx.
        if (status < 200 || status >= 300) return false;
        this.#wire.send(bytes);
        return true;
      case 'completed':
      case 'confirmed':
      case 'terminated':
        return false;
    }
  }

  /**
   * RFC 6026 §8.7: a failure is told to the user, who may end the call, but the transaction stays to absorb
   * repetitions; its timers end it.
   */
  transportFailed(error: TransportError): void {
    if (this.#state === 'terminated' || this.#state === 'confirmed') return;
    this.#user.onTransportError(error);
  }

  #proceeding(request: SipRequest): void {
    if (request.method === 'INVITE' && this.#last) this.#wire.send(this.#last);
  }

  #answer(status: number, bytes: Buffer): void {
    this.#last = bytes;
    if (status >= 300) {
      this.#state = 'completed';
      // Timer G, for unreliable transports; timer H, for all.
      if (!this.#wire.reliable) {
        this.#stopRepeating = repeatSlower(this.#timers, T1, T2, () => this.#wire.send(bytes));
      }
      this.#stopWaiting = this.#timers.after(GIVE_UP, () => this.terminate(() => this.#user.onTimeout()));
    } else if (status >= 200) {
      this.#state = 'accepted';
      // Timer L
      this.#stopWaiting = this.#timers.after(GIVE_UP, () => this.terminate());
    }
    this.#wire.send(bytes);
  }

  #completed(request: SipRequest): void {
    if (request.method === 'INVITE') {
      if (this.#last) this.#wire.send(this.#last);
      return;
    }
    if (request.method !== 'ACK') return;
    this.#state = 'confirmed';
    this.#stopRepeating();
    this.#stopWaiting();
    // Timer I
    this.#stopWaiting = this.#timers.after(this.#wire.reliable ? 0 : T4, () => this.terminate());
    this.#user.onAcknowledged();
  }

  terminate(tellFirst?: () => void): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#stopRepeating();
    this.#stopWaiting();
    tellFirst?.();
    this.#user.onTerminated();
  }
}
