import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { plainAddress, socketAddress } from './addresses.ts';
import { failure, failureOf } from './failures.ts';
import type { Peer, TransportError } from './types.ts';

export interface UdpEvents {
  onDatagram(datagram: Buffer, from: Peer): void;
  onPeerError(peer: Peer, error: TransportError): void;
}

/** The UDP half: one socket that receives, and per peer that we sent requests to one that hears its ICMP errors. */
export class UdpEndpoint {
  readonly port: number;
  readonly #socket: Socket;
  readonly #address: string;
  #closed = false;

  private constructor(socket: Socket, address: string, events: UdpEvents) {
    this.#socket = socket;
    this.#address = address;
    this.port = socket.address().port;
    socket.on('message', (datagram, remote) => events.onDatagram(datagram, peerOf(remote)));
    // What goes wrong here belongs to a single send, which tells its own caller.
    socket.on('error', () => undefined);
  }

  /** Throws `TransportError`. */
  static async open(address: string, port: number, events: UdpEvents): Promise<UdpEndpoint> {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: 1_048_576 });
    try {
      socket.bind({ address, port, exclusive: true });
      await once(socket, 'listening');
    } catch (error) {
      socket.close();
      throw failureOf(error);
    }
    return new UdpEndpoint(socket, address, events);
  }

  send(bytes: Buffer, peer: Peer): Promise<void> {
    if (this.#closed) return Promise.reject(failure('TRANSPORT_CLOSED', peer));
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, peer.port, socketAddress(peer.address, this.#address), (error) => {
        if (error === null) resolve();
        else reject(failureOf(error, peer));
      });
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

function peerOf(remote: RemoteInfo): Peer {
  return { transport: 'udp', address: plainAddress(remote.address), port: remote.port };
}
