import type { SipRequest } from '../message/types.ts';
import { GIVE_UP, noTimer } from '../timers.ts';
import type { Cancel, Timers } from '../timers.ts';
import type { TransportError } from '../transport/types.ts';
import type { ServerTransaction, ServerUser, Wire } from './types.ts';

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Non-INVITE server transaction: RFC 3261 §17.2.2. */
export class NonInviteServerTransaction implements ServerTransaction {
  readonly request: SipRequest;
  readonly #wire: Wire;
  readonly #timers: Timers;
  readonly #user: ServerUser;
  #state: State = 'trying';
  #last: Buffer | undefined;
  #stopWaiting: Cancel = noTimer;

  constructor(facts: { request: SipRequest; wire: Wire; timers: Timers; user: ServerUser }) {
    this.request = facts.request;
    this.#wire = facts.wire;
    this.#timers = facts.timers;
    this.#user = facts.user;
    // RFC 4320 §4.2: a non-INVITE must not be answered with 408, and after 64·T1 nobody waits any more.
    this.#stopWaiting = this.#timers.after(GIVE_UP, () => this.terminate(() => this.#user.onTimeout()));
  }

  get state(): State {
    return this.#state;
  }

  /** RFC 3261 §17.2.2: Trying discards a repeated request, the other states repeat the last response. */
  receive(request: SipRequest): void {
    switch (this.#state) {
      case 'proceeding':
      case 'completed':
        if (request.method !== 'ACK' && this.#last) this.#wire.send(this.#last);
        return;
      case 'trying':
      case 'terminated':
        return;
    }
  }

  respond(status: number, bytes: Buffer): boolean {
    switch (this.#state) {
      case 'trying':
      case 'proceeding':
        this.#answer(status, bytes);
        return true;
      case 'completed':
      case 'terminated':
        return false;
    }
  }

  transportFailed(error: TransportError): void {
    if (this.#state === 'terminated') return;
    this.terminate(() => this.#user.onTransportError(error));
  }

  #answer(status: number, bytes: Buffer): void {
    this.#last = bytes;
    if (status < 200) {
      this.#state = 'proceeding';
    } else {
      this.#state = 'completed';
      this.#stopWaiting();
      // Timer J
      this.#stopWaiting = this.#timers.after(this.#wire.reliable ? 0 : GIVE_UP, () => this.terminate());
    }
    this.#wire.send(bytes);
  }

  terminate(tellFirst?: () => void): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#stopWaiting();
    tellFirst?.();
    this.#user.onTerminated();
  }
}
