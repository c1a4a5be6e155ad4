import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { SipParseError } from '../message/errors.ts';
import type { MessageLimits, SipMessage } from '../message/types.ts';
import { endpointKey, isUnspecified, plainAddress } from './addresses.ts';
import { closeOf } from './closing.ts';
import { TcpConnection } from './connection.ts';
import type { ConnectionEvents } from './connection.ts';
import { failure, failureOf } from './failures.ts';
import type { Peer, TransportCounters, TransportError, TransportTuning } from './types.ts';

export interface TcpEvents {
  onMessage(message: SipMessage, from: Peer): void;
  onInvalid(error: SipParseError, from: Peer): void;
  onPeerError(peer: Peer, error: TransportError): void;
}

export interface TcpSetup {
  readonly limits: MessageLimits;
  readonly tuning: TransportTuning;
  readonly counters: TransportCounters;
}

/** The TCP half: a listener, and connections that are used again in both directions (RFC 3261 §18). */
export class TcpEndpoint {
  readonly port: number;
  readonly #server: Server;
  readonly #address: string;
  readonly #setup: TcpSetup;
  readonly #events: TcpEvents;
  readonly #connections = new Map<string, TcpConnection>();
  /** The newest connection to each far address and port. */
  readonly #byEndpoint = new Map<string, TcpConnection>();
  readonly #opening = new Map<string, Promise<TcpConnection>>();
  readonly #perAddress = new Map<string, number>();
  #nextId = 1;
  /** Attempts to connect, to be broken off. */
  readonly #attempts = new Set<AbortController>();
  #closed = false;

  private constructor(server: Server, address: string, setup: TcpSetup, events: TcpEvents) {
    this.#server = server;
    this.#address = address;
    this.#setup = setup;
    this.#events = events;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket));
    // No more file handles, say: this caller is lost, the listener is not.
    server.on('error', () => (setup.counters.connectionsRefused += 1));
  }

  /** Throws `TransportError`. */
  static async open(address: string, port: number, setup: TcpSetup, events: TcpEvents): Promise<TcpEndpoint> {
    const server = createServer();
    try {
      server.listen({ host: address, port, exclusive: true });
      await once(server, 'listening');
    } catch (error) {
      throw failureOf(error);
    }
    return new TcpEndpoint(server, address, setup, events);
  }

  /** Sends over the connection that the peer names, else one to its address, else a new one. */
  async send(bytes: Buffer, peer: Peer): Promise<Peer> {
    const connection = this.#find(peer) ?? (await this.#open(peer));
    await connection.send(bytes);
    return connection.peer;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const attempt of this.#attempts) attempt.abort();
    const gone = closeOf(this.#server);
    this.#server.close();
    await Promise.allSettled(this.#opening.values());
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
    await gone;
  }

  #find(peer: Peer): TcpConnection | undefined {
    const named = peer.connection === undefined ? undefined : this.#connections.get(peer.connection);
    if (named?.usable) return named;
    const known = this.#byEndpoint.get(endpointKey(peer.address, peer.port));
    return known?.usable ? known : undefined;
  }

  /** One connection for all who ask for it at once. */
  #open(peer: Peer): Promise<TcpConnection> {
    const key = endpointKey(peer.address, peer.port);
    const pending = this.#opening.get(key);
    if (pending !== undefined) return pending;
    const opening = this.#connect(peer).finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  async #connect(peer: Peer): Promise<TcpConnection> {
    this.#assertOpen(peer);
    if (!this.#hasRoom(peer.address)) throw failure('TRANSPORT_OVERLOADED', peer);
    const localAddress = isUnspecified(this.#address) ? undefined : this.#address;
    const socket = connect({ host: peer.address, port: peer.port, localAddress });
    const attempt = new AbortController();
    const timer = setTimeout(() => attempt.abort(), this.#setup.tuning.connectTimeoutMs);
    this.#attempts.add(attempt);
    try {
      await once(socket, 'connect', { signal: attempt.signal });
      this.#assertOpen(peer);
    } catch (error) {
      socket.destroy();
      this.#assertOpen(peer);
      throw attempt.signal.aborted ? failure('TRANSPORT_TIMEOUT', peer, error) : failureOf(error, peer);
    } finally {
      clearTimeout(timer);
      this.#attempts.delete(attempt);
    }
    return this.#adopt(socket, peer.address, peer.port);
  }

  #assertOpen(peer: Peer): void {
    if (this.#closed) throw failure('TRANSPORT_CLOSED', peer);
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress === undefined ? undefined : plainAddress(socket.remoteAddress);
    if (address === undefined || socket.remotePort === undefined || !this.#hasRoom(address)) {
      this.#setup.counters.connectionsRefused += 1;
      socket.destroy();
      return;
    }
    this.#adopt(socket, address, socket.remotePort);
  }

  #hasRoom(address: string): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#setup.tuning;
    const ofThisAddress = this.#perAddress.get(address) ?? 0;
    return this.#connections.size < maxConnections && ofThisAddress < maxConnectionsPerAddress;
  }

  #adopt(socket: Socket, address: string, port: number): TcpConnection {
    const id = `tcp-${this.#nextId++}`;
    const peer = { transport: 'tcp', address, port, connection: id } as const;
    const connection = new TcpConnection(socket, { peer, ...this.#setup }, this.#connectionEvents());
    this.#connections.set(id, connection);
    this.#byEndpoint.set(endpointKey(address, port), connection);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    return connection;
  }

  #connectionEvents(): ConnectionEvents {
    return {
      onMessage: (message, { peer }) => this.#events.onMessage(message, peer),
      onInvalid: (error, { peer }) => this.#events.onInvalid(error, peer),
      onClosed: (connection, error) => this.#forget(connection, error),
    };
  }

  #forget(connection: TcpConnection, error: TransportError | undefined): void {
    const { connection: id, address, port } = connection.peer;
    const key = endpointKey(address, port);
    this.#connections.delete(id);
    if (this.#byEndpoint.get(key) === connection) this.#byEndpoint.delete(key);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
    if (!this.#closed)
      this.#events.onPeerError(connection.peer, error ?? failure('TRANSPORT_LOST', connection.peer));
  }
}
