import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { MediaError } from '../errors.ts';
import { MappedAddresses } from './addresses.ts';

/** Two sockets on an even port and the odd one after it (RFC 3550 §11). */
export interface PortPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  close(): void;
}

/** A freed port may still get a former peer's packets; nobody else gets it for this long. */
const quarantineMs = 10_000;

export interface PortRange {
  readonly host: string;
  readonly min: number;
  readonly max: number;
}

/** Hands out RTP/RTCP port pairs of a range, round and round. */
export class PortPool {
  readonly #range: PortRange;
  readonly #now: () => number;
  readonly #first: number;
  readonly #pairs: number;
  /** By pair: when it was freed; `Infinity`: in use. */
  readonly #busyUntil = new Map<number, number>();
  #cursor: number;

  constructor(range: PortRange, now: () => number = () => performance.now()) {
    this.#range = range;
    this.#now = now;
    this.#first = range.min + (range.min % 2);
    this.#pairs = Math.max(0, Math.floor((range.max - this.#first + 1) / 2));
    // Two nodes that start together with the same range should not race for the same ports.
    this.#cursor = Math.floor(Math.random() * this.#pairs);
  }

  /** Throws RTP_PORTS_EXHAUSTED. */
  async allocate(): Promise<PortPair> {
    for (let tries = 0; tries < this.#pairs; tries++) {
      const port = this.#first + 2 * this.#cursor;
      this.#cursor = (this.#cursor + 1) % this.#pairs;
      if ((this.#busyUntil.get(port) ?? 0) > this.#now()) continue;
      this.#busyUntil.set(port, Infinity);
      const pair = await this.#bindPair(port);
      if (pair) return pair;
      this.#busyUntil.delete(port);
    }
    throw new MediaError(
      'RTP_PORTS_EXHAUSTED',
      `No free RTP port pair on ${this.#range.host} between ${this.#range.min} and ${this.#range.max}.`,
    );
  }

  /** That pair and no other, for a leg that goes on after its process died. Throws RTP_PORTS_EXHAUSTED. */
  async claim(port: number): Promise<PortPair> {
    const busy = this.#busyUntil.get(port);
    this.#busyUntil.set(port, Infinity);
    const pair = busy === Infinity ? null : await this.#bindPair(port);
    if (pair) return pair;
    if (busy === undefined) this.#busyUntil.delete(port);
    else this.#busyUntil.set(port, busy);
    throw new MediaError(
      'RTP_PORTS_EXHAUSTED',
      `The RTP port pair ${port} on ${this.#range.host} is somebody else's.`,
    );
  }

  async #bindPair(port: number): Promise<PortPair | null> {
    const rtp = await bind(this.#range.host, port);
    if (!rtp) return null;
    const rtcp = await bind(this.#range.host, port + 1);
    if (!rtcp) {
      rtp.close();
      return null;
    }
    let open = true;
    return {
      rtp,
      rtcp,
      rtpPort: port,
      rtcpPort: port + 1,
      close: () => {
        if (!open) return;
        open = false;
        rtp.close();
        rtcp.close();
        this.#busyUntil.set(port, this.#now() + quarantineMs);
      },
    };
  }
}

/** Null: somebody has the port. */
function bind(address: string, port: number): Promise<Socket | null> {
  const socket = isIPv6(address)
    ? createSocket({ type: 'udp6', lookup: literalOfBoth() })
    : createSocket({ type: 'udp4', lookup: literal });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/**
 * Media addresses are always literals: answering at once keeps every send on the caller's stack, where Node's
 * own lookup would defer each packet to a later turn.
 */
function literal(hostname: string, _options: unknown, callback: LookupCallback): void {
  callback(null, hostname, 4);
}

/** Bound to `::` a socket reaches IPv4, too, by mapped addresses. */
function literalOfBoth(): typeof literal {
  const mapped = new MappedAddresses();
  return (hostname, _options, callback) => callback(null, mapped.toSocket(hostname), 6);
}
