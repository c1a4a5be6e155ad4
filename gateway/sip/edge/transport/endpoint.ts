import type { Socket } from 'node:net';
import type { SipParseError } from '../message/errors.ts';
import type { SipMessage } from '../message/types.ts';
import { endpointKey } from './addresses.ts';
import { SocketConnection } from './connection.ts';
import type { Connection, ConnectionEvents, ConnectionSetup } from './connection.ts';
import { failure, failureOf } from './failures.ts';
import type { StreamName } from './kinds.ts';
import type { SourceLimits } from './source-limits.ts';
import type { ConnectedPeer, Peer, TransportError } from './types.ts';

export interface StreamEvents {
  onMessage(message: SipMessage, from: Peer): void;
  onInvalid(error: SipParseError, from: Peer): void;
  onPeerError(peer: Peer, error: TransportError): void;
}

export interface StreamSetup extends ConnectionSetup {
  /** IP literal that it is bound to. */
  readonly address: string;
  readonly sources: SourceLimits;
}

/** Opens a connection; breaks off when the signal says so. Rejects with `TransportError` or the socket's error. */
export type Dial = (
  peer: Peer,
  signal: AbortSignal,
) => Promise<{ socket: Socket; names?: readonly string[] }>;

/** The connections of one transport, used again in both directions (RFC 3261 §18). */
export class StreamEndpoint {
  readonly #name: StreamName;
  readonly #setup: StreamSetup;
  readonly #events: StreamEvents;
  /** Undefined: only peers open connections. */
  readonly #dial: Dial | undefined;
  readonly #connections = new Map<string, Connection>();
  /** The newest connection to each far end: its address and port, and over TLS who it has shown to be. */
  readonly #byEndpoint = new Map<string, Connection>();
  readonly #opening = new Map<string, Promise<Connection>>();
  /** Attempts to connect, to be broken off. */
  readonly #attempts = new Set<AbortController>();
  #nextId = 1;
  #closed = false;

  constructor(name: StreamName, setup: StreamSetup, events: StreamEvents, dial?: Dial) {
    this.#name = name;
    this.#setup = setup;
    this.#events = events;
    this.#dial = dial;
  }

  get canDial(): boolean {
    return this.#dial !== undefined;
  }

  isConnected({ connection }: Peer): boolean {
    return connection !== undefined && this.#connections.get(connection)?.usable === true;
  }

  /** Sends over the connection that the peer names, else one to its address, else a new one. */
  async send(bytes: Buffer, peer: Peer): Promise<Peer> {
    const connection = this.#find(peer) ?? (await this.#open(peer));
    await connection.send(bytes);
    return connection.peer;
  }

  /** A socket that has finished its handshakes becomes a connection. */
  addSocket(socket: Socket, peer: Omit<Peer, 'transport' | 'connection'>): Connection {
    return this.add(peer, (full, events) => new SocketConnection(socket, full, this.#setup, events));
  }

  /** `make` is given the peer with its connection's name. */
  add(
    peer: Omit<Peer, 'transport' | 'connection'>,
    make: (peer: ConnectedPeer, events: ConnectionEvents) => Connection,
  ): Connection {
    const id = `${this.#name}-${this.#nextId++}`;
    const connection = make({ ...peer, transport: this.#name, connection: id }, this.#connectionEvents());
    this.#connections.set(id, connection);
    this.#byEndpoint.set(keyOf(connection.peer), connection);
    return connection;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const attempt of this.#attempts) attempt.abort();
    await Promise.allSettled(this.#opening.values());
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  #find(peer: Peer): Connection | undefined {
    const named = peer.connection === undefined ? undefined : this.#connections.get(peer.connection);
    if (named?.usable) return named;
    const known = this.#byEndpoint.get(keyOf(peer));
    return known?.usable ? known : undefined;
  }

  /** One connection for all who ask for it at once. */
  #open(peer: Peer): Promise<Connection> {
    const key = keyOf(peer);
    const pending = this.#opening.get(key);
    if (pending !== undefined) return pending;
    const opening = this.#connect(peer).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #connect(peer: Peer): Promise<Connection> {
    this.#assertOpen(peer);
    // RFC 7118 §5: a WebSocket that its client has closed is gone for good.
    if (this.#dial === undefined) throw failure('TRANSPORT_LOST', peer);
    if (!this.#setup.sources.hasRoom(peer.address)) throw failure('TRANSPORT_OVERLOADED', peer);
    const attempt = new AbortController();
    const timer = setTimeout(() => attempt.abort(), this.#setup.tuning.connectTimeoutMs);
    this.#attempts.add(attempt);
    try {
      const { socket, names } = await this.#dial(peer, attempt.signal);
      const { address, port, domain } = peer;
      if (this.#closed || !this.#setup.sources.take(socket)) {
        socket.destroy();
        this.#assertOpen(peer);
        throw failure('TRANSPORT_OVERLOADED', peer);
      }
      return this.addSocket(socket, {
        address,
        port,
        ...(domain !== undefined && { domain }),
        ...(names !== undefined && { certifiedNames: names }),
      });
    } catch (error) {
      this.#assertOpen(peer);
      throw attempt.signal.aborted ? failure('TRANSPORT_TIMEOUT', peer, error) : failureOf(error, peer);
    } finally {
      clearTimeout(timer);
      this.#attempts.delete(attempt);
    }
  }

  #assertOpen(peer: Peer): void {
    if (this.#closed) throw failure('TRANSPORT_CLOSED', peer);
  }

  #connectionEvents(): ConnectionEvents {
    return {
      onMessage: (message, { peer }) => this.#events.onMessage(message, peer),
      onInvalid: (error, { peer }) => this.#events.onInvalid(error, peer),
      onClosed: (connection, error) => this.#forget(connection, error),
    };
  }

  #forget(connection: Connection, error: TransportError | undefined): void {
    const { peer } = connection;
    const key = keyOf(peer);
    this.#connections.delete(peer.connection);
    if (this.#byEndpoint.get(key) === connection) this.#byEndpoint.delete(key);
    if (!this.#closed) this.#events.onPeerError(peer, error ?? failure('TRANSPORT_LOST', peer));
  }
}

/**
 * A connection that was made to reach one domain carries no request for another that lives at the same address. A
 * peer's own wish that its connection be used so (the Via parameter `alias`, RFC 5923) is not heard.
 */
function keyOf({ address, port, domain }: Peer): string {
  return domain === undefined ? endpointKey(address, port) : `${endpointKey(address, port)} ${domain}`;
}
