import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { SipParseError } from '../message/errors.ts';
import { parseMessage } from '../message/parse.ts';
import { closeOf } from './closing.ts';
import type { Connection, ConnectionEvents, ConnectionSetup } from './connection.ts';
import { failure, failureOf } from './failures.ts';
import { isKeepAlive } from './keep-alive.ts';
import { Rate } from './rate.ts';
import type { ConnectedPeer, TransportError } from './types.ts';

/** RFC 6455 §7.4.1: the peer broke a rule of ours. */
const policyViolation = 1008;

/** What RFC 5626 §3.5.1 has for a ping; over WebSocket too (RFC 7118 §6). */
const ping = '\r\n\r\n';
const pong = '\r\n';

/** One WebSocket: a SIP message a frame (RFC 7118 §5), pings, and the limits that a bad peer runs into. */
export class WebSocketConnection implements Connection {
  readonly peer: ConnectedPeer;
  readonly #ws: WebSocket;
  readonly #setup: ConnectionSetup;
  readonly #events: ConnectionEvents;
  readonly #rate: Rate;
  readonly #pinging: NodeJS.Timeout;
  #stall: NodeJS.Timeout | undefined;
  readonly #silent: NodeJS.Timeout;
  #answered = true;
  #failure: TransportError | undefined;

  constructor(
    ws: WebSocket,
    socket: Socket,
    peer: ConnectedPeer,
    setup: ConnectionSetup,
    events: ConnectionEvents,
  ) {
    const { tuning, counters } = setup;
    this.#ws = ws;
    this.peer = peer;
    this.#setup = setup;
    this.#events = events;
    this.#rate = new Rate(tuning.maxMessageRate, tuning.maxMessageBurst, performance.now());
    counters.connections += 1;
    socket.setNoDelay(true);
    // Before the library's own listener, so that a message which ends in this chunk stops the timer.
    socket.prependListener('data', () => {
      this.#stall ??= setTimeout(() => this.#closeStalled(), tuning.partialMs);
    });
    ws.on('message', (data) => this.#take(bytesOf(data)));
    ws.on('ping', () => {
      this.#endStall();
      this.#allows();
    });
    ws.on('pong', () => {
      this.#endStall();
      this.#answered = true;
    });
    ws.on('error', (error) => this.#failed(error));
    ws.on('close', () => this.#gone());
    this.#pinging = setInterval(() => this.#ping(), tuning.pingMs);
    // Only until its first message: from then on pings find out whether it lives.
    this.#silent = setTimeout(() => this.#closeSilent(), tuning.silentMs);
  }

  get usable(): boolean {
    return this.#ws.readyState === this.#ws.OPEN && this.#failure === undefined;
  }

  send(bytes: Buffer): Promise<void> {
    if (!this.usable) return Promise.reject(failure('TRANSPORT_LOST', this.peer));
    if (this.#ws.bufferedAmount + bytes.length > this.#setup.tuning.maxSendBacklogBytes) {
      this.#setup.counters.connectionsOverloaded += 1;
      const error = failure('TRANSPORT_OVERLOADED', this.peer);
      this.#terminate(error);
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      // RFC 7118 §4.2: both kinds of frame are SIP; browsers' libraries are surest of text.
      this.#ws.send(bytes, { binary: false }, (error) => {
        if (error) reject(this.#failure ?? failureOf(error, this.peer));
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    if (this.#ws.readyState === this.#ws.CLOSED) return;
    const gone = closeOf(this.#ws);
    // RFC 6455 §7.4.1: going away. Nobody is waited for.
    this.#ws.close(1001);
    this.#ws.terminate();
    await gone;
  }

  #take(data: Buffer): void {
    this.#endStall();
    if (!this.#allows()) return;
    if (isKeepAlive(data)) {
      this.#setup.counters.keepAlives += 1;
      if (data.toString('latin1') === ping && this.usable) this.#ws.send(pong);
      return;
    }
    try {
      const message = parseMessage(data, this.#setup.limits);
      clearTimeout(this.#silent);
      this.#events.onMessage(message, this);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.#events.onInvalid(error, this);
    }
  }

  /** False: the peer sends more than a caller has to say, and is closed. */
  #allows(): boolean {
    if (this.#failure !== undefined) return false;
    if (this.#rate.take(performance.now())) return true;
    this.#setup.counters.connectionsFlooded += 1;
    this.#ws.close(policyViolation, 'too many messages');
    this.#terminate(failure('TRANSPORT_OVERLOADED', this.peer));
    return false;
  }

  #ping(): void {
    if (!this.#answered) {
      this.#setup.counters.connectionsDead += 1;
      this.#terminate(failure('TRANSPORT_TIMEOUT', this.peer));
      return;
    }
    this.#answered = false;
    if (this.usable) this.#ws.ping();
  }

  #endStall(): void {
    clearTimeout(this.#stall);
    this.#stall = undefined;
  }

  #closeStalled(): void {
    this.#setup.counters.connectionsStalled += 1;
    this.#terminate(failure('TRANSPORT_TIMEOUT', this.peer));
  }

  #closeSilent(): void {
    this.#setup.counters.connectionsIdle += 1;
    this.#terminate(failure('TRANSPORT_TIMEOUT', this.peer));
  }

  /** The library refuses what is no WebSocket, and messages beyond the limit, and closes by itself. */
  #failed(error: Error): void {
    this.#setup.counters.garbage += 1;
    this.#failure ??= failureOf(error, this.peer);
  }

  /** What is written leaves first, if the peer reads it. */
  #terminate(error: TransportError): void {
    this.#failure ??= error;
    setImmediate(() => this.#ws.terminate());
  }

  #gone(): void {
    this.#endStall();
    clearInterval(this.#pinging);
    clearTimeout(this.#silent);
    this.#setup.counters.connections -= 1;
    this.#events.onClosed(this, this.#failure);
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
