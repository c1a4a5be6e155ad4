import { canAnswer } from '../message/build.ts';
import { SipParseError } from '../message/errors.ts';
import { parseMessage } from '../message/parse.ts';
import type { MessageLimits, SipMessage } from '../message/types.ts';
import { validateResponse } from '../message/validate.ts';
import { isKeepAlive } from './keep-alive.ts';
import { stampVia } from './routing.ts';
import type { LocalAddress, Peer, TransportCounters, TransportHandlers } from './types.ts';

export interface ReceiverSetup {
  readonly handlers: TransportHandlers;
  readonly counters: TransportCounters;
  readonly limits: MessageLimits;
}

/** What happens to everything that comes in, by whichever transport. */
export class Receiver {
  readonly #setup: ReceiverSetup;

  constructor(setup: ReceiverSetup) {
    this.#setup = setup;
  }

  takeDatagram(datagram: Buffer, from: Peer, on: LocalAddress): void {
    if (isKeepAlive(datagram)) {
      this.#setup.counters.keepAlives += 1;
      return;
    }
    const message = this.#parse(datagram);
    if (message instanceof SipParseError) this.takeInvalid(message, from, on);
    else this.takeMessage(message, from, on);
  }

  /** A message that parsed. A response that can't belong to anything is dropped (RFC 3261 §18.1.2, §18.3). */
  takeMessage(message: SipMessage, from: Peer, on: LocalAddress): void {
    const { counters, handlers } = this.#setup;
    if (message.kind === 'response') {
      if (validateResponse(message) !== null) {
        counters.invalid += 1;
        return;
      }
    } else {
      try {
        stampVia(message, from);
      } catch (error) {
        if (!(error instanceof SipParseError)) throw error;
        this.takeInvalid(new SipParseError(error.code, error.message, error.status, message), from, on);
        return;
      }
    }
    counters.received += 1;
    handlers.onMessage(message, from, on);
  }

  /** A message with a fault. */
  takeInvalid(error: SipParseError, from: Peer, on: LocalAddress): void {
    const { counters, handlers } = this.#setup;
    const request = error.partial;
    if (!canAnswer(request)) {
      counters.garbage += 1;
      return;
    }
    counters.invalid += 1;
    try {
      stampVia(request, from);
    } catch (cause) {
      // A Via that can't be read goes back as it came; the answer then goes to where the request came from.
      if (!(cause instanceof SipParseError)) throw cause;
    }
    handlers.onInvalid(error, from, on);
  }

  #parse(datagram: Buffer): SipMessage | SipParseError {
    try {
      return parseMessage(datagram, this.#setup.limits);
    } catch (error) {
      if (error instanceof SipParseError) return error;
      throw error;
    }
  }
}
