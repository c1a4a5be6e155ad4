import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import type { SipParseError } from '../../gateway/sip/edge/message/errors.ts';
import type { SipMessage } from '../../gateway/sip/edge/message/types.ts';
import { closeOf } from '../../gateway/sip/edge/transport/closing.ts';
import { openTransport } from '../../gateway/sip/edge/transport/open.ts';
import type {
  LocalAddress,
  Peer,
  Transport,
  TransportError,
  TransportName,
  TransportOptions,
  TransportTuning,
} from '../../gateway/sip/edge/transport/types.ts';

export interface Arrival {
  readonly message: SipMessage;
  readonly from: Peer;
  readonly on: LocalAddress;
}

/** What came and was not yet asked for; asking waits, with a deadline. */
export class Inbox<T> {
  readonly #what: string;
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  constructor(what: string) {
    this.#what = what;
  }

  put(item: T): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter(item);
    else this.#items.push(item);
  }

  get size(): number {
    return this.#items.length;
  }

  next(deadlineMs = 5_000): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no ${this.#what} within ${deadlineMs} ms`)),
        deadlineMs,
      );
      this.#waiting.push((arrived) => {
        clearTimeout(timer);
        resolve(arrived);
      });
    });
  }
}

/** A transport on a free loopback port whose arrivals can be awaited. */
export class SipEnd {
  readonly messages = new Inbox<Arrival>('message');
  readonly invalid = new Inbox<{ error: SipParseError; from: Peer }>('invalid message');
  readonly peerErrors = new Inbox<{ peer: Peer; error: TransportError }>('peer error');
  transport!: Transport;

  static async open(
    tuning: Partial<TransportTuning> = {},
    address = '127.0.0.1',
    more: Pick<TransportOptions, 'tls' | 'ws' | 'wss' | 'certificates'> = {},
  ): Promise<SipEnd> {
    const end = new SipEnd();
    end.transport = await openTransport({
      address,
      port: 0,
      tuning,
      ...more,
      onMessage: (message, from, on) => end.messages.put({ message, from, on }),
      onInvalid: (error, from) => end.invalid.put({ error, from }),
      onPeerError: (peer, error) => end.peerErrors.put({ peer, error }),
    });
    return end;
  }

  get port(): number {
    return this.transport.local[0]?.port ?? 0;
  }

  peer(transport: TransportName): Peer {
    return { transport, address: this.transport.local[0]?.address ?? '', port: this.port };
  }

  portOf(transport: TransportName): number {
    return this.transport.local.find((one) => one.transport === transport)?.port ?? 0;
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

/** A bare TCP client. */
export class TcpClient {
  readonly socket: Socket;
  readonly chunks = new Inbox<string>('data');
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = closeOf(socket);
    socket.on('data', (chunk) => this.chunks.put(chunk.toString()));
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<TcpClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new TcpClient(socket);
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }
}
