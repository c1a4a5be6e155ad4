import type { SipParseError } from '../message/errors.ts';
import type { MessageLimits, SipMessage } from '../message/types.ts';

export type TransportName = 'udp' | 'tcp';

/** Somebody on the wire. */
export interface Peer {
  readonly transport: TransportName;
  /** An IP literal; IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** The TCP connection to use while it lives; when it is gone, one to `address:port` is opened. */
  readonly connection?: string;
}

export interface LocalAddress {
  readonly transport: TransportName;
  readonly address: string;
  readonly port: number;
}

export type TransportErrorCode =
  /** ICMP or RST: nobody listens there. */
  | 'TRANSPORT_REFUSED'
  | 'TRANSPORT_UNREACHABLE'
  /** The connection closed or broke under the message. */
  | 'TRANSPORT_LOST'
  | 'TRANSPORT_TIMEOUT'
  /** The peer doesn't read, or too many connections are open. */
  | 'TRANSPORT_OVERLOADED'
  /** A datagram that the socket can't carry. */
  | 'TRANSPORT_TOO_LARGE'
  | 'TRANSPORT_NAME_NOT_FOUND'
  /** Another transport than UDP and TCP. */
  | 'TRANSPORT_UNSUPPORTED'
  /** Somebody else listens on our port. */
  | 'TRANSPORT_PORT_IN_USE'
  | 'TRANSPORT_CLOSED';

/** A message could not be sent, or a peer is gone. RFC 3261 §8.1.3.1: a client transaction treats it as 503. */
export class TransportError extends Error {
  readonly code: TransportErrorCode;
  readonly peer: Peer | undefined;

  constructor(code: TransportErrorCode, message: string, peer?: Peer, cause?: unknown) {
    super(message, { cause });
    this.name = 'TransportError';
    this.code = code;
    this.peer = peer;
  }
}

/** Counted since the start; only `connections` goes down again. */
export interface TransportCounters {
  received: number;
  sent: number;
  /** No SIP, and nothing in it that could be answered. */
  garbage: number;
  /** SIP with a fault: went to `onInvalid`. */
  invalid: number;
  keepAlives: number;
  /** Requests that were too large for UDP and went by TCP. */
  switchedToTcp: number;
  /** … and by UDP all the same, as the peer has no TCP. */
  fellBackToUdp: number;
  sendErrors: number;
  peerErrors: number;
  connections: number;
  connectionsRefused: number;
  connectionsIdle: number;
  /** Connections that were closed for a message that did not end in time. */
  connectionsStalled: number;
  /** Connections that were closed as their peer did not read. */
  connectionsOverloaded: number;
}

export interface TransportHandlers {
  /**
   * A well-formed message. The top Via of a request carries `received` and `rport` already (RFC 3261 §18.2.1,
   * RFC 3581 §4). Nothing is validated beyond syntax: see `validateRequest`.
   */
  onMessage: (message: SipMessage, from: Peer, receivedOn: LocalAddress) => void;
  /**
   * A request with a fault that can be answered: `error.partial` is the request and `error.status` the answer.
   * Faulty ACKs and responses never come here; they are counted drops.
   */
  onInvalid: (error: SipParseError, from: Peer, receivedOn: LocalAddress) => void;
  /** ICMP said no, or a connection went. Transactions that wait for this peer end. */
  onPeerError: (peer: Peer, error: TransportError) => void;
}

export interface Transport {
  readonly local: readonly LocalAddress[];
  readonly counters: Readonly<TransportCounters>;
  /**
   * Sends. A request above the path MTU (1300 bytes) to a UDP peer goes by TCP, its top Via rewritten so
   * (RFC 3261 §18.1.1), and by UDP after all when the peer refuses TCP. The caller has put its Via on; `viaFor`
   * makes one. Resolves with the peer really used (its `connection` filled in for TCP).
   * Rejects with `TransportError`.
   */
  send(message: SipMessage | Buffer, peer: Peer): Promise<Peer>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface TransportOptions extends TransportHandlers {
  /** IP literal to bind. */
  readonly address: string;
  /** One number for UDP and TCP; 0: a free one. */
  readonly port: number;
  readonly limits?: MessageLimits;
  readonly tuning?: Partial<TransportTuning>;
}

export interface TransportTuning {
  /** RFC 3261 §18.1.1. */
  readonly maxUdpRequestBytes: number;
  readonly connectTimeoutMs: number;
  /** For a connection that carried a message: a caller behind a firewall is reached by it while its call lasts. */
  readonly idleMs: number;
  /** For one that never did. */
  readonly silentMs: number;
  /** How long a begun message may take to arrive in full. */
  readonly partialMs: number;
  /** How long a peer that refused TCP gets its large requests by UDP at once. */
  readonly withoutTcpMs: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Bytes that wait for a peer that does not read. */
  readonly maxSendBacklogBytes: number;
}
