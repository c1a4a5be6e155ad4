import type { SipRequest, SipResponse } from '../message/types.ts';
import { GIVE_UP, noTimer, T1, T2, T4 } from '../timers.ts';
import type { Cancel, Timers } from '../timers.ts';
import type { TransportError } from '../transport/types.ts';
import { repeatSlower } from './repeat.ts';
import type { ClientTransaction, ClientUser, Wire } from './types.ts';

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Non-INVITE client transaction: RFC 3261 §17.1.2. */
export class NonInviteClientTransaction implements ClientTransaction {
  readonly request: SipRequest;
  readonly #bytes: Buffer;
  readonly #wire: Wire;
  readonly #timers: Timers;
  readonly #user: ClientUser;
  #state: State = 'trying';
  #stopRepeating: Cancel = noTimer;
  #stopWaiting: Cancel = noTimer;

  constructor(facts: { request: SipRequest; bytes: Buffer; wire: Wire; timers: Timers; user: ClientUser }) {
    this.request = facts.request;
    this.#bytes = facts.bytes;
    this.#wire = facts.wire;
    this.#timers = facts.timers;
    this.#user = facts.user;
  }

  get state(): State {
    return this.#state;
  }

  start(): void {
    this.#wire.send(this.#bytes);
    this.#repeat(T1);
    // Timer F
    this.#stopWaiting = this.#timers.after(GIVE_UP, () => this.terminate(() => this.#user.onTimeout()));
  }

  receive(response: SipResponse): void {
    switch (this.#state) {
      case 'trying':
      case 'proceeding':
        this.#waiting(response);
        return;
      case 'completed':
      case 'terminated':
        return;
    }
  }

  transportFailed(error: TransportError): void {
    switch (this.#state) {
      case 'trying':
      case 'proceeding':
        this.terminate(() => this.#user.onTransportError(error));
        return;
      case 'completed':
      case 'terminated':
        return;
    }
  }

  /** Timer E: doubles up to T2 in Trying, is T2 at once in Proceeding (RFC 3261 §17.1.2.2). */
  #repeat(firstMs: number): void {
    this.#stopRepeating();
    this.#stopRepeating = repeatSlower(this.#timers, firstMs, T2, () => {
      if (!this.#wire.reliable) this.#wire.send(this.#bytes);
    });
  }

  #waiting(response: SipResponse): void {
    if (response.status < 200) {
      if (this.#state === 'trying') {
        this.#state = 'proceeding';
        this.#repeat(T2);
      }
    } else {
      this.#state = 'completed';
      this.#stopRepeating();
      this.#stopWaiting();
      // Timer K absorbs repetitions of the final response.
      this.#stopWaiting = this.#timers.after(this.#wire.reliable ? 0 : T4, () => this.terminate());
    }
    this.#user.onResponse(response);
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
