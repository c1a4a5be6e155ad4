import { serialize } from '../message/serialize.ts';
import type { SipMessage, SipRequest } from '../message/types.ts';
import { failure } from './failures.ts';
import type { StreamName } from './kinds.ts';
import { PeersWithoutTcp } from './peers-without-tcp.ts';
import { withViaTransport } from './routing.ts';
import type { StreamTransport } from './tcp.ts';
import type {
  LocalAddress,
  Peer,
  Transport,
  TransportCounters,
  TransportName,
  TransportTuning,
} from './types.ts';
import type { UdpEndpoint } from './udp.ts';

/** What is open, as one: each message goes by the transport that its peer names. */
export class SipTransport implements Transport {
  readonly counters: TransportCounters;
  readonly #address: string;
  readonly #tuning: TransportTuning;
  readonly #withoutTcp: PeersWithoutTcp;
  readonly #streams = new Map<StreamName, StreamTransport>();
  readonly #closers: (() => void)[] = [];
  #udp: UdpEndpoint | undefined;
  #closing: Promise<void> | undefined;

  constructor(address: string, counters: TransportCounters, tuning: TransportTuning) {
    this.#address = address;
    this.counters = counters;
    this.#tuning = tuning;
    this.#withoutTcp = new PeersWithoutTcp(tuning.withoutTcpMs);
  }

  /** In the order of opening, UDP first. */
  get local(): readonly LocalAddress[] {
    const names: TransportName[] = [...this.#streams.keys()];
    if (this.#udp !== undefined) names.unshift('udp');
    return names.map((name) => this.localOf(name));
  }

  localOf(transport: TransportName): LocalAddress {
    const open = transport === 'udp' ? this.#udp : this.#streams.get(transport);
    return { transport, address: this.#address, port: open?.port ?? 0 };
  }

  add(transport: StreamName, opened: StreamTransport): void {
    this.#streams.set(transport, opened);
  }

  addUdp(opened: UdpEndpoint): void {
    this.#udp = opened;
  }

  /** What else ends with it. */
  onClose(closer: () => void): void {
    this.#closers.push(closer);
  }

  canDial(transport: TransportName): boolean {
    return transport === 'udp'
      ? this.#udp !== undefined
      : this.#streams.get(transport)?.endpoint.canDial === true;
  }

  isConnected(peer: Peer): boolean {
    return peer.transport !== 'udp' && this.#streams.get(peer.transport)?.endpoint.isConnected(peer) === true;
  }

  async send(message: SipMessage | Buffer, peer: Peer): Promise<Peer> {
    try {
      const used = await this.#dispatch(message, peer);
      this.counters.sent += 1;
      return used;
    } catch (error) {
      this.counters.sendErrors += 1;
      throw error;
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const closer of this.#closers) closer();
    await Promise.all([this.#udp?.close(), ...[...this.#streams.values()].map((stream) => stream.close())]);
  }

  async #dispatch(message: SipMessage | Buffer, peer: Peer): Promise<Peer> {
    if (this.#closing !== undefined) throw failure('TRANSPORT_CLOSED', peer);
    const bytes = Buffer.isBuffer(message) ? message : serialize(message);
    if (peer.transport !== 'udp') return this.#stream(peer.transport, peer).send(bytes, peer);
    const large = bytes.length > this.#tuning.maxUdpRequestBytes;
    if (large && !Buffer.isBuffer(message) && message.kind === 'request') {
      return this.#sendLarge(message, bytes, peer);
    }
    return this.#sendDatagram(bytes, peer);
  }

  #stream(transport: StreamName, peer: Peer): StreamTransport['endpoint'] {
    const stream = this.#streams.get(transport);
    if (stream === undefined) throw failure('TRANSPORT_UNSUPPORTED', peer);
    return stream.endpoint;
  }

  async #sendDatagram(bytes: Buffer, peer: Peer): Promise<Peer> {
    if (this.#udp === undefined) throw failure('TRANSPORT_UNSUPPORTED', peer);
    await this.#udp.send(bytes, peer);
    return peer;
  }

  /** RFC 3261 §18.1.1. */
  async #sendLarge(request: SipRequest, bytes: Buffer, peer: Peer): Promise<Peer> {
    if (!this.#withoutTcp.has(peer)) {
      try {
        const byTcp = serialize(withViaTransport(request, 'tcp'));
        const { address, port } = peer;
        const used = await this.#stream('tcp', peer).send(byTcp, { transport: 'tcp', address, port });
        this.counters.switchedToTcp += 1;
        return used;
      } catch (error) {
        if (!this.#withoutTcp.learn(peer, error)) throw error;
      }
    }
    this.counters.fellBackToUdp += 1;
    return this.#sendDatagram(bytes, peer);
  }
}
