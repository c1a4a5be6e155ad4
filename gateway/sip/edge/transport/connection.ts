import type { Socket } from 'node:net';
import type { SipParseError } from '../message/errors.ts';
import type { MessageLimits, SipMessage } from '../message/types.ts';
import { closeOf } from './closing.ts';
import { failure, failureOf } from './failures.ts';
import { StreamFramer } from './framing.ts';
import type { ConnectedPeer, TransportCounters, TransportError, TransportTuning } from './types.ts';

/** A way to one peer that messages go in both directions, whoever opened it. */
export interface Connection {
  readonly peer: ConnectedPeer;
  /** Open and willing to take a message. */
  readonly usable: boolean;
  /** Rejects with `TransportError`. */
  send(bytes: Buffer): Promise<void>;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}

export interface ConnectionEvents {
  onMessage(message: SipMessage, connection: Connection): void;
  onInvalid(error: SipParseError, connection: Connection): void;
  onClosed(connection: Connection, error: TransportError | undefined): void;
}

export interface ConnectionSetup {
  readonly limits: MessageLimits;
  readonly tuning: TransportTuning;
  readonly counters: TransportCounters;
}

/** The system asks this often whether the far machine still lives. */
const keepAliveMs = 60_000;

const pong = Buffer.from('\r\n');

/** One TCP or TLS connection: framing, keep-alive, and the limits that a bad peer runs into. */
export class SocketConnection implements Connection {
  readonly peer: ConnectedPeer;
  readonly #socket: Socket;
  readonly #setup: ConnectionSetup;
  readonly #events: ConnectionEvents;
  readonly #framer: StreamFramer;
  #stall: NodeJS.Timeout | undefined;
  #failure: TransportError | undefined;

  constructor(socket: Socket, peer: ConnectedPeer, setup: ConnectionSetup, events: ConnectionEvents) {
    this.#socket = socket;
    this.#setup = setup;
    this.#events = events;
    this.peer = peer;
    this.#framer = new StreamFramer(setup.limits, {
      onMessage: (message) => {
        this.#endStall();
        socket.setTimeout(setup.tuning.idleMs);
        events.onMessage(message, this);
      },
      onInvalid: (error) => {
        this.#endStall();
        events.onInvalid(error, this);
      },
      onPing: () => this.#answerPing(),
      onLost: (error) => this.#giveUp(error),
    });
    setup.counters.connections += 1;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    socket.setTimeout(setup.tuning.silentMs);
    socket.on('timeout', () => this.#closeIdle());
    socket.on('data', (chunk) => this.#read(chunk));
    // After a fault in TLS Node.js leaves the socket open.
    socket.on('error', (error) => this.#destroy(failureOf(error, this.peer)));
    socket.on('close', () => this.#gone());
  }

  get usable(): boolean {
    return this.#socket.writable && this.#failure === undefined;
  }

  send(bytes: Buffer): Promise<void> {
    if (!this.usable) return Promise.reject(failure('TRANSPORT_LOST', this.peer));
    if (this.#socket.writableLength + bytes.length > this.#setup.tuning.maxSendBacklogBytes) {
      this.#setup.counters.connectionsOverloaded += 1;
      const error = failure('TRANSPORT_OVERLOADED', this.peer);
      this.#destroy(error);
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error) reject(this.#failure ?? failureOf(error, this.peer));
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    const gone = closeOf(this.#socket);
    this.#socket.destroy();
    await gone;
  }

  #destroy(error: TransportError): void {
    this.#failure ??= error;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#framer.push(chunk);
    if (!this.#framer.inMessage) this.#endStall();
    // Not moved on by single bytes: the whole message has this long.
    else this.#stall ??= setTimeout(() => this.#closeStalled(), this.#setup.tuning.partialMs);
  }

  #endStall(): void {
    clearTimeout(this.#stall);
    this.#stall = undefined;
  }

  #answerPing(): void {
    this.#setup.counters.keepAlives += 1;
    if (this.usable && this.#socket.writableLength < this.#setup.tuning.maxSendBacklogBytes) {
      this.#socket.write(pong);
    }
  }

  /** The answer, if any, is written in `onInvalid`; the end goes out behind it. */
  #giveUp(error: SipParseError): void {
    this.#events.onInvalid(error, this);
    setImmediate(() => this.#socket.end(() => this.#socket.destroySoon()));
  }

  #closeIdle(): void {
    this.#setup.counters.connectionsIdle += 1;
    // What a peer does not read would keep it for ever.
    if (this.#socket.writableLength > 0) this.#destroy(failure('TRANSPORT_TIMEOUT', this.peer));
    else this.#socket.destroySoon();
  }

  #closeStalled(): void {
    this.#setup.counters.connectionsStalled += 1;
    this.#destroy(failure('TRANSPORT_TIMEOUT', this.peer));
  }

  #gone(): void {
    this.#endStall();
    this.#setup.counters.connections -= 1;
    this.#events.onClosed(this, this.#failure);
  }
}
