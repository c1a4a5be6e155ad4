import type { SipRequest, SipResponse } from '../message/types.ts';
import type { TransportError } from '../transport/types.ts';

/** Where a transaction's messages go. What can't be sent comes back as `transportFailed` of the transaction. */
export interface Wire {
  /** Lost messages are the transport's business: the timers that repeat are off (RFC 3261 §17). */
  readonly reliable: boolean;
  send(bytes: Buffer): void;
}

/** The user of a client transaction: told each thing once. */
export interface ClientUser {
  /** Every provisional, the final one, and further 2xx of an INVITE (forks and repetitions). */
  onResponse(response: SipResponse): void;
  /** Timer B or F: no answer. RFC 3261 §8.1.3.1: as a 408. */
  onTimeout(): void;
  /** RFC 3261 §8.1.3.1: as a 503. */
  onTransportError(error: TransportError): void;
  onTerminated(): void;
}

/** The user of a server transaction. */
export interface ServerUser {
  /** ACK to a non-2xx final came. */
  onAcknowledged(): void;
  /** Timer H: no ACK to a non-2xx final. */
  onTimeout(): void;
  onTransportError(error: TransportError): void;
  onTerminated(): void;
}

/** What the transaction layer asks of a client transaction, INVITE or not. */
export interface ClientTransaction {
  readonly request: SipRequest;
  start(): void;
  receive(response: SipResponse): void;
  transportFailed(error: TransportError): void;
  terminate(): void;
}

export interface ServerTransaction {
  readonly request: SipRequest;
  /** The request again, or the ACK that belongs to it. */
  receive(request: SipRequest): void;
  /** False: it has had its final response. */
  respond(status: number, bytes: Buffer): boolean;
  transportFailed(error: TransportError): void;
  terminate(): void;
}
