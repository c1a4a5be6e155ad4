/** UDP between the node and FreeSWITCH: one stream's RTP and RTCP. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { MediaError } from '../../errors.ts';

const socketBufferBytes = 1 << 20;
/** That often the kernel may give a port whose neighbour is somebody else's. */
const mostTries = 20;

export interface RelayPlace {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

export interface RelayListener {
  /** A datagram of its RTP port; owned. */
  onRtp(packet: Buffer): void;
  onRtcp(packet: Buffer): void;
}

/** An even port for RTP and the next one for RTCP (RFC 3550 §11), which hear FreeSWITCH's two ports only. */
export class Relay {
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  #connected = false;
  #closed = false;

  private constructor(rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.rtpPort = rtp.address().port;
    this.rtcpPort = rtcp.address().port;
    // A port that FreeSWITCH has closed is reported here; that the endpoint is gone is told by the mixer.
    rtp.on('error', () => undefined);
    rtcp.on('error', () => undefined);
  }

  /** Throws RTP_PORTS_EXHAUSTED. */
  static async open(host: string): Promise<Relay> {
    for (let tries = 0; tries < mostTries; tries++) {
      const one = await bind(host, 0);
      const { port } = one.address();
      const even = port % 2 === 0;
      try {
        const other = await bind(host, even ? port + 1 : port - 1);
        return even ? new Relay(one, other) : new Relay(other, one);
      } catch {
        one.close();
      }
    }
    throw new MediaError(
      'RTP_PORTS_EXHAUSTED',
      `No two neighbouring UDP ports on ${host} are free for FreeSWITCH’s media.`,
    );
  }

  /** Throws when there is no way from here to there. */
  async connect(place: RelayPlace, listener: RelayListener): Promise<void> {
    await Promise.all([
      connect(this.#rtp, place.rtpPort, place.address),
      connect(this.#rtcp, place.rtcpPort, place.address),
    ]);
    if (this.#closed) return;
    this.#rtp.on('message', (packet) => listener.onRtp(packet));
    this.#rtcp.on('message', (packet) => listener.onRtcp(packet));
    this.#connected = true;
  }

  /** Dropped while it isn't connected. */
  sendRtp(packet: Buffer): void {
    if (this.#connected) this.#rtp.send(packet);
  }

  sendRtcp(packet: Buffer): void {
    if (this.#connected) this.#rtcp.send(packet);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connected = false;
    this.#rtp.close();
    this.#rtcp.close();
  }
}

async function bind(address: string, port: number): Promise<Socket> {
  const socket = createSocket({
    type: isIPv6(address) ? 'udp6' : 'udp4',
    recvBufferSize: socketBufferBytes,
    sendBufferSize: socketBufferBytes,
  });
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function connect(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // An error of the connection is the callback's argument, which the types don't know of.
    socket.connect(port, address, (...failed: unknown[]) => {
      if (failed[0] instanceof Error) reject(failed[0]);
      else resolve();
    });
  });
}
