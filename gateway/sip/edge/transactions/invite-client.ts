import type { SipRequest, SipResponse } from '../message/types.ts';
import { GIVE_UP, noTimer, T1, TIMER_D } from '../timers.ts';
import type { Cancel, Timers } from '../timers.ts';
import type { TransportError } from '../transport/types.ts';
import { repeatSlower } from './repeat.ts';
import type { ClientTransaction, ClientUser, Wire } from './types.ts';

type State = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

/** INVITE client transaction: RFC 3261 §17.1.1, with RFC 6026 §7.2's Accepted state. */
export class InviteClientTransaction implements ClientTransaction {
  readonly request: SipRequest;
  readonly #bytes: Buffer;
  readonly #wire: Wire;
  readonly #timers: Timers;
  readonly #user: ClientUser;
  readonly #makeAck: (response: SipResponse) => Buffer;
  #state: State = 'calling';
  #ack: Buffer | undefined;
  #stopRepeating: Cancel = noTimer;
  #stopWaiting: Cancel = noTimer;

  constructor(facts: {
    request: SipRequest;
    bytes: Buffer;
    wire: Wire;
    timers: Timers;
    user: ClientUser;
    /** The ACK for a non-2xx (RFC 3261 §17.1.1.3). */
    makeAck: (response: SipResponse) => Buffer;
  }) {
    this.request = facts.request;
    this.#bytes = facts.bytes;
    this.#wire = facts.wire;
    this.#timers = facts.timers;
    this.#user = facts.user;
    this.#makeAck = facts.makeAck;
  }

  get state(): State {
    return this.#state;
  }

  start(): void {
    this.#wire.send(this.#bytes);
    // Timer A. Asked at each tick, as a request too large for UDP may have gone by TCP meanwhile.
    this.#stopRepeating = repeatSlower(this.#timers, T1, Infinity, () => {
      if (!this.#wire.reliable) this.#wire.send(this.#bytes);
    });
    // Timer B
    this.#stopWaiting = this.#timers.after(GIVE_UP, () => this.#giveUp());
  }

  receive(response: SipResponse): void {
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        this.#waiting(response);
        return;
      case 'completed':
        this.#completed(response);
        return;
      case 'accepted':
        this.#accepted(response);
        return;
      case 'terminated':
        return;
    }
  }

  /** A CANCEL has gone: RFC 3261 §9.1: without a final response in 64·T1 the transaction is over. */
  cancelled(): void {
    if (this.#state !== 'calling' && this.#state !== 'proceeding') return;
    this.#stopWaiting();
    this.#stopWaiting = this.#timers.after(GIVE_UP, () => this.#giveUp());
  }

  transportFailed(error: TransportError): void {
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        this.terminate(() => this.#user.onTransportError(error));
        return;
      // The user has its answer: the loss of an ACK is mended by the peer's repetition.
      case 'completed':
      case 'accepted':
      case 'terminated':
        return;
    }
  }

  /** RFC 3261 §17.1.1.2, Calling and Proceeding. */
  #waiting(response: SipResponse): void {
    this.#stopRepeating();
    if (response.status < 200) {
      if (this.#state === 'calling') {
        this.#state = 'proceeding';
        this.#stopWaiting();
      }
      this.#user.onResponse(response);
      return;
    }
    this.#stopWaiting();
    if (response.status < 300) {
      // RFC 6026 §7.2: stay for the 2xx of other forks and for repetitions; timer M.
      this.#state = 'accepted';
      this.#stopWaiting = this.#timers.after(GIVE_UP, () => this.terminate());
    } else {
      this.#state = 'completed';
      this.#ack = this.#makeAck(response);
      this.#wire.send(this.#ack);
      // Timer D; zero for reliable transports, but never before the user has been told.
      const life = this.#wire.reliable ? 0 : TIMER_D;
      this.#stopWaiting = this.#timers.after(life, () => this.terminate());
    }
    this.#user.onResponse(response);
  }

  /** RFC 3261 §17.1.1.2: a repeated final response is acknowledged again and goes no further. */
  #completed(response: SipResponse): void {
    if (response.status >= 300 && this.#ack) this.#wire.send(this.#ack);
  }

  /** RFC 6026 §7.2: only 2xx go on to the user. */
  #accepted(response: SipResponse): void {
    if (response.status >= 200 && response.status < 300) this.#user.onResponse(response);
  }

  #giveUp(): void {
    this.terminate(() => this.#user.onTimeout());
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
