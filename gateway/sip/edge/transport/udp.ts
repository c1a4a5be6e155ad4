import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { plainAddress, socketAddress } from './addresses.ts';
import { closeOf } from './closing.ts';
import { failure, failureOf } from './failures.ts';
import type { Peer, TransportError } from './types.ts';
import { UdpFlows } from './udp-flows.ts';

export interface UdpEvents {
  onDatagram(datagram: Buffer, from: Peer): void;
  onPeerError(peer: Peer, error: TransportError): void;
}

/** Beyond these the least used go; their peers' ICMP errors are no longer heard, all else works. */
const flowTuning = { maxFlows: 512, idleMs: 64_000 };

/** The UDP half: one socket for everybody, and flows that requests go out by. */
export class UdpEndpoint {
  readonly port: number;
  readonly #socket: Socket;
  readonly #address: string;
  readonly #flows: UdpFlows;
  #closed = false;

  private constructor(socket: Socket, address: string, events: UdpEvents) {
    this.#socket = socket;
    this.#address = address;
    this.port = socket.address().port;
    // What goes wrong here belongs to a single send, which tells its own caller.
    socket.on('error', () => undefined);
    this.#flows = new UdpFlows(
      { address, ...flowTuning },
      {
        bind: () => bind(address, this.port, events),
        onPeerError: (peer, error) => events.onPeerError(peer, error),
      },
    );
  }

  /** Throws `TransportError`. */
  static async open(address: string, port: number, events: UdpEvents): Promise<UdpEndpoint> {
    return new UdpEndpoint(await bind(address, port, events), address, events);
  }

  async send(bytes: Buffer, peer: Peer): Promise<void> {
    if (this.#closed) throw failure('TRANSPORT_CLOSED', peer);
    const flow = isRequest(bytes) ? await this.#flows.to(peer) : undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const done = (error: Error | null): void => (error === null ? resolve() : reject(error));
        if (flow !== undefined) flow.send(bytes, done);
        else this.#socket.send(bytes, peer.port, socketAddress(peer.address, this.#address), done);
      });
    } catch (error) {
      throw failureOf(error, peer);
    }
  }

  /** Sends back what is no SIP, as well as can be. */
  answer(bytes: Buffer, peer: Peer): void {
    if (!this.#closed) this.#socket.send(bytes, peer.port, socketAddress(peer.address, this.#address));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const gone = closeOf(this.#socket);
    this.#socket.close();
    await Promise.all([gone, this.#flows.close()]);
  }
}

/**
 * `reuseAddr` lets our own flows share the port; that no second gateway does is the TCP listener's part, which is
 * bound first. Throws `TransportError`.
 */
async function bind(address: string, port: number, events: UdpEvents): Promise<Socket> {
  const type = isIPv6(address) ? 'udp6' : 'udp4';
  const socket = createSocket({ type, reuseAddr: true, recvBufferSize: 1_048_576 });
  socket.on('message', (datagram, remote) => events.onDatagram(datagram, peerOf(remote)));
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    throw failureOf(error);
  }
}

function peerOf(remote: RemoteInfo): Peer {
  return { transport: 'udp', address: plainAddress(remote.address), port: remote.port };
}

function isRequest(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 4) !== 'SIP/';
}
