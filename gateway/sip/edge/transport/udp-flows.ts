import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { endpointKey, socketAddress } from './addresses.ts';
import { closeOf } from './closing.ts';
import { failureOf } from './failures.ts';
import type { Peer, TransportError } from './types.ts';

export interface FlowEvents {
  /** Makes a bound socket that hands on all it receives. */
  bind(): Promise<Socket>;
  onPeerError(peer: Peer, error: TransportError): void;
}

export interface FlowTuning {
  readonly address: string;
  readonly maxFlows: number;
  readonly idleMs: number;
}

interface Flow {
  readonly socket: Promise<Socket>;
  idle: NodeJS.Timeout;
}

/**
 * Sockets on our own address and port, each connected to one peer. Linux tells only a connected socket of the ICMP
 * "port unreachable" that spares a client transaction its 32 s of waiting (RFC 3261 §18.4). What such a socket
 * receives is taken like everything else.
 */
export class UdpFlows {
  readonly #flows = new Map<string, Flow>();
  readonly #tuning: FlowTuning;
  readonly #events: FlowEvents;

  constructor(tuning: FlowTuning, events: FlowEvents) {
    this.#tuning = tuning;
    this.#events = events;
  }

  /** The socket to this peer; rejects with `TransportError` when no way leads there. */
  async to(peer: Peer): Promise<Socket> {
    const key = endpointKey(peer.address, peer.port);
    const known = this.#flows.get(key);
    // The map's order is that of use: the first is the one unused for longest.
    if (known !== undefined) this.#flows.delete(key);
    const flow = known ?? { socket: this.#connect(peer), idle: this.#idleTimer(key) };
    this.#flows.set(key, flow);
    flow.idle.refresh();
    if (this.#flows.size > this.#tuning.maxFlows) void this.#close([...this.#flows.keys()][0]);
    try {
      return await flow.socket;
    } catch (error) {
      if (this.#flows.get(key) === flow) void this.#close(key);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#flows.keys()].map((key) => this.#close(key)));
  }

  async #connect(peer: Peer): Promise<Socket> {
    const socket = await this.#events.bind();
    try {
      socket.connect(peer.port, socketAddress(peer.address, this.#tuning.address));
      await once(socket, 'connect');
    } catch (error) {
      socket.close();
      throw failureOf(error, peer);
    }
    socket.on('error', (error) => this.#events.onPeerError(peer, failureOf(error, peer)));
    return socket;
  }

  #idleTimer(key: string): NodeJS.Timeout {
    return setTimeout(() => void this.#close(key), this.#tuning.idleMs).unref();
  }

  async #close(key: string): Promise<void> {
    const flow = this.#flows.get(key);
    if (flow === undefined) return;
    this.#flows.delete(key);
    clearTimeout(flow.idle);
    const socket = await flow.socket.catch(() => undefined);
    if (socket === undefined) return;
    const gone = closeOf(socket);
    socket.close();
    await gone;
  }
}
