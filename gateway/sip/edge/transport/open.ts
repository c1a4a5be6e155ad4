import { serialize } from '../message/serialize.ts';
import { defaultLimits } from '../message/types.ts';
import type { SipMessage, SipRequest } from '../message/types.ts';
import { newCounters } from './counters.ts';
import { failure } from './failures.ts';
import { Receiver } from './receiver.ts';
import { PeersWithoutTcp } from './peers-without-tcp.ts';
import { withViaTransport } from './routing.ts';
import { TcpEndpoint } from './tcp.ts';
import { TransportError } from './types.ts';
import type {
  LocalAddress,
  Peer,
  Transport,
  TransportCounters,
  TransportName,
  TransportOptions,
  TransportTuning,
} from './types.ts';
import { UdpEndpoint } from './udp.ts';

export const defaultTuning: TransportTuning = {
  maxUdpRequestBytes: 1_300,
  connectTimeoutMs: 4_000,
  idleMs: 7_200_000,
  silentMs: 60_000,
  partialMs: 10_000,
  withoutTcpMs: 600_000,
  maxConnections: 4_096,
  maxConnectionsPerAddress: 1_024,
  maxSendBacklogBytes: 1_048_576,
};

/** A free number must be free for TCP and for UDP; this often another is tried. */
const freePortTries = 20;

/** Binds UDP and TCP to one address and one number. Throws `TransportError`; when the port is used it names it. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openOnce(options);
    } catch (error) {
      const used = error instanceof TransportError && error.code === 'TRANSPORT_PORT_IN_USE';
      if (used && options.port === 0 && attempt < freePortTries) continue;
      if (!used) throw error;
      const place = `${options.address} port ${options.port}`;
      throw new TransportError('TRANSPORT_PORT_IN_USE', `${place} is in use`, undefined, error);
    }
  }
}

async function openOnce(options: TransportOptions): Promise<Transport> {
  const counters = newCounters();
  const limits = options.limits ?? defaultLimits;
  const tuning = { ...defaultTuning, ...options.tuning };
  const receiver = new Receiver({ handlers: options, counters, limits });
  const { address } = options;
  const onPeerError = (peer: Peer, error: TransportError): void => {
    // A connection that its peer simply closed has no cause.
    if (error.cause !== undefined) counters.peerErrors += 1;
    options.onPeerError(peer, error);
  };
  const on = (transport: TransportName): LocalAddress => ({ transport, address, port: tcp.port });
  const tcp = await TcpEndpoint.open(
    address,
    options.port,
    { limits, tuning, counters },
    {
      onMessage: (message, from) => receiver.takeMessage(message, from, on('tcp')),
      onInvalid: (error, from) => receiver.takeInvalid(error, from, on('tcp')),
      onPeerError,
    },
  );
  try {
    const udp = await UdpEndpoint.open(address, tcp.port, {
      onDatagram: (datagram, from) => receiver.takeDatagram(datagram, from, on('udp')),
      onPeerError,
    });
    return new SipTransport(udp, tcp, [on('udp'), on('tcp')], counters, tuning);
  } catch (error) {
    await tcp.close();
    throw error;
  }
}

class SipTransport implements Transport {
  readonly local: readonly LocalAddress[];
  readonly counters: TransportCounters;
  readonly #udp: UdpEndpoint;
  readonly #tcp: TcpEndpoint;
  readonly #tuning: TransportTuning;
  readonly #withoutTcp: PeersWithoutTcp;
  #closing: Promise<void> | undefined;

  constructor(
    udp: UdpEndpoint,
    tcp: TcpEndpoint,
    local: readonly LocalAddress[],
    counters: TransportCounters,
    tuning: TransportTuning,
  ) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.local = local;
    this.counters = counters;
    this.#tuning = tuning;
    this.#withoutTcp = new PeersWithoutTcp(tuning.withoutTcpMs);
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
    this.#closing ??= Promise.all([this.#udp.close(), this.#tcp.close()]).then(() => undefined);
    return this.#closing;
  }

  async #dispatch(message: SipMessage | Buffer, peer: Peer): Promise<Peer> {
    if (this.#closing !== undefined) throw failure('TRANSPORT_CLOSED', peer);
    const bytes = Buffer.isBuffer(message) ? message : serialize(message);
    if (peer.transport === 'tcp') return this.#tcp.send(bytes, peer);
    const large = bytes.length > this.#tuning.maxUdpRequestBytes;
    if (large && !Buffer.isBuffer(message) && message.kind === 'request') {
      return this.#sendLarge(message, bytes, peer);
    }
    await this.#udp.send(bytes, peer);
    return peer;
  }

  /** RFC 3261 §18.1.1. */
  async #sendLarge(request: SipRequest, bytes: Buffer, peer: Peer): Promise<Peer> {
    if (!this.#withoutTcp.has(peer)) {
      try {
        const byTcp = serialize(withViaTransport(request, 'tcp'));
        const used = await this.#tcp.send(byTcp, {
          transport: 'tcp',
          address: peer.address,
          port: peer.port,
        });
        this.counters.switchedToTcp += 1;
        return used;
      } catch (error) {
        if (!this.#withoutTcp.learn(peer, error)) throw error;
      }
    }
    this.counters.fellBackToUdp += 1;
    await this.#udp.send(bytes, peer);
    return peer;
  }
}
