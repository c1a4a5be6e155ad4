import type { SipParseError } from '../message/errors.ts';
import type { MessageLimits, SipMessage } from '../message/types.ts';
import type { EdgeLog } from '../log.ts';
import type { CertificateSource } from './certificates.ts';
import type { TransportName } from './kinds.ts';

export type { TransportName } from './kinds.ts';

/** Somebody on the wire. */
export interface Peer {
  readonly transport: TransportName;
  /** An IP literal; IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** The connection to use while it lives; when it is gone, one to `address:port` is opened. */
  readonly connection?: string;
  /** TLS: the name that a certificate of its must bear before a connection to it is used (RFC 5922 §4). */
  readonly domain?: string;
  /** What its verified certificate says that it is (RFC 5922 §7.1), lower-case; left out: it showed none. */
  readonly certifiedNames?: readonly string[];
}

export type ConnectedPeer = Peer & { readonly connection: string };

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
  /** A transport that is not open here, or that only the peer can open. */
  | 'TRANSPORT_UNSUPPORTED'
  /** TLS failed, or the certificate does not say who we want to reach. */
  | 'TRANSPORT_UNTRUSTED'
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
  /** No SIP and nothing in it that could be answered, or from nowhere that an answer could go. */
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
  /** WebSockets that were closed as more came than a caller sends. */
  connectionsFlooded: number;
  /** WebSockets that were closed as their peer answered no ping. */
  connectionsDead: number;
  /** TLS or WebSocket handshakes that came to nothing … */
  handshakesFailed: number;
  /** … and those that did not end in time. */
  handshakesStalled: number;
  /** WebSockets that pages of other places wanted to open. */
  originsRefused: number;
  /** STUN binding requests that were answered. */
  stunAnswered: number;
  certificatesReloaded: number;
  /** A changed certificate could not be used, so the one before is still in use. */
  certificateReloadsFailed: number;
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
   * makes one. Resolves with the peer really used (its `connection` filled in where there is one).
   * Rejects with `TransportError`.
   */
  send(message: SipMessage | Buffer, peer: Peer): Promise<Peer>;
  /** Whether requests can go out by it. */
  canDial(transport: TransportName): boolean;
  /** Whether the connection that a peer names still lives. */
  isConnected(peer: Peer): boolean;
  /** Idempotent. */
  close(): Promise<void>;
}

/** The TLS transport. */
export interface TlsOptions {
  /** 0: a free one. */
  readonly port: number;
  /** Whether clients are asked for a certificate; `require`: without a good one they are refused. */
  readonly clients: 'off' | 'ask' | 'require';
}

export interface WebSocketOptions {
  /** 0: a free one. */
  readonly port: number;
  /** Origins of pages that may open one, such as `https://phone.example`; see `originAllowed`. */
  readonly origins: readonly string[];
}

export interface TransportOptions extends TransportHandlers {
  /** IP literal to bind. */
  readonly address: string;
  /** One number for UDP and TCP; 0: a free one. */
  readonly port: number;
  /** TLS and WSS have one certificate; required for both. */
  readonly certificates?: CertificateSource;
  /** Left out: not open, as for the two others. */
  readonly tls?: TlsOptions;
  readonly ws?: WebSocketOptions;
  readonly wss?: WebSocketOptions;
  readonly log?: EdgeLog;
  readonly limits?: MessageLimits;
  readonly tuning?: Partial<TransportTuning>;
}

export interface TransportTuning {
  /** RFC 3261 §18.1.1. */
  readonly maxUdpRequestBytes: number;
  readonly connectTimeoutMs: number;
  /**
   * For a TCP or TLS connection that carried a message: longer than calls last, as a caller behind a firewall is
   * reached by nothing else. Peers that are gone are found sooner, by the system's keep-alive; over WebSocket by pings.
   */
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
  /** How long a TLS or WebSocket handshake may take. */
  readonly handshakeMs: number;
  /** WebSockets are pinged this often; one that answers none until the next is dead. */
  readonly pingMs: number;
  /** Messages a second that a WebSocket may bring, and how many at once. */
  readonly maxMessageRate: number;
  readonly maxMessageBurst: number;
}
