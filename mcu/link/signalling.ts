/**
 * One WebSocket to LiveKit's signalling (protocol 15, protobuf messages). It knows nothing of media: it
 * opens, says and hears messages, and notices when the other side is gone.
 */
import {
  DisconnectReason,
  type JoinResponse,
  LeaveRequest,
  LeaveRequest_Action,
  Ping,
  type ReconnectReason,
  SignalRequest,
  SignalResponse,
} from '@livekit/protocol';
import WebSocket, { type RawData } from 'ws';
import type { RoomAccess } from '../ports.ts';
import { LinkError } from './errors.ts';
import { afterLeave } from './leave.ts';
import { orAbort, settledWithin, waiter } from './waits.ts';

const PROTOCOL = 15;
/** An SFU's message is far below: a room of a thousand is about 300 kB. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const CLOSE_DEADLINE_MS = 1000;
/** The SFU names seconds in its join response (5 and 15); a caller who hears nothing is not left waiting longer. */
const PING_MOST = { intervalS: 3, timeoutS: 9 };

export type SignalMessage = SignalResponse['message'];
export type SignalRequestMessage = NonNullable<
  NonNullable<ConstructorParameters<typeof SignalRequest>[0]>['message']
>;

export interface SignalHandlers {
  readonly onMessage: (message: SignalMessage) => void;
  /** The socket is gone without our doing; said once. */
  readonly onLost: (cause: string) => void;
}

export interface Resume {
  readonly participantSid: string;
  readonly reason: ReconnectReason;
}

/** The signalling address. The token travels in a header, so that no URL in a log or an error can hold it. */
export function signalUrl(base: string, resume: Resume | null): URL {
  const url = new URL(base);
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/rtc`;
  url.search = '';
  const query = url.searchParams;
  query.set('protocol', String(PROTOCOL));
  query.set('auto_subscribe', '0');
  query.set('adaptive_stream', '0');
  // The SFU shapes its offers by SDK; it knows no name for ours, and these peers behave like libwebrtc's.
  query.set('sdk', 'js');
  query.set('version', '2.9.0');
  if (resume !== null) {
    query.set('reconnect', '1');
    query.set('sid', resume.participantSid);
    query.set('reconnect_reason', String(resume.reason));
  }
  return url;
}

export class SignalConnection {
  readonly #socket: WebSocket;
  readonly #early: SignalMessage[] = [];
  #handlers: SignalHandlers | null = null;
  #lost: string | null = null;
  #pinger: NodeJS.Timeout | null = null;
  #heardAtMs = performance.now();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: RawData) => this.#hear(data));
    socket.on('close', (code) => this.#lose(`socket closed with ${code}`));
    // `close` follows every error.
    socket.on('error', () => undefined);
  }

  /** Opens a fresh session. Rejects with a LinkError; the signal cancels and carries the deadline. */
  static async join(
    access: RoomAccess,
    signal: AbortSignal,
  ): Promise<{ connection: SignalConnection; join: JoinResponse }> {
    const { connection, first } = await openSocket(access, null, signal);
    if (first.case !== 'join') return refuse(connection, first);
    connection.#keepAlive(first.value.pingInterval, first.value.pingTimeout);
    return { connection, join: first.value };
  }

  /** Takes up a session whose socket was lost; media that flows goes on flowing. */
  static async resume(
    access: RoomAccess,
    resume: Resume,
    ping: { readonly pingInterval: number; readonly pingTimeout: number },
    signal: AbortSignal,
  ): Promise<SignalConnection> {
    const { connection, first } = await openSocket(access, resume, signal);
    if (first.case !== 'reconnect') return refuse(connection, first);
    connection.#keepAlive(ping.pingInterval, ping.pingTimeout);
    return connection;
  }

  /** For `openSocket` only: wraps a socket that is still opening. */
  static over(socket: WebSocket): SignalConnection {
    return new SignalConnection(socket);
  }

  /** Begins to hand messages over, those that came before included, in order. */
  listen(handlers: SignalHandlers): void {
    this.#handlers = handlers;
    for (const message of this.#early.splice(0)) handlers.onMessage(message);
    if (this.#lost !== null) this.#lose(this.#lost);
  }

  /** Takes the oldest message that nobody has heard yet. */
  takeEarly(): SignalMessage | null {
    return this.#early.shift() ?? null;
  }

  /** Says a message; false when the socket is gone. */
  send(message: SignalRequestMessage): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(new SignalRequest({ message }).toBinary());
    return true;
  }

  /** Says that we leave, waits until that is on the wire, and closes. */
  async leave(): Promise<void> {
    this.#silence();
    if (this.#socket.readyState !== WebSocket.OPEN) {
      this.#socket.terminate();
      return;
    }
    const leave = new LeaveRequest({
      action: LeaveRequest_Action.DISCONNECT,
      reason: DisconnectReason.CLIENT_INITIATED,
    });
    const closed = waiter<undefined>();
    this.#socket.once('close', () => closed.resolve(undefined));
    this.#socket.send(new SignalRequest({ message: { case: 'leave', value: leave } }).toBinary());
    // The close frame goes behind the leave; the SFU's answer to it says that it has read both.
    this.#socket.close(1000);
    if (!(await settledWithin(closed.promise, CLOSE_DEADLINE_MS))) this.#socket.terminate();
  }

  terminate(): void {
    this.#silence();
    this.#socket.terminate();
  }

  #silence(): void {
    this.#handlers = null;
    this.#early.length = 0;
    if (this.#pinger !== null) clearInterval(this.#pinger);
    this.#pinger = null;
  }

  #hear(data: RawData): void {
    this.#heardAtMs = performance.now();
    const message = parse(data);
    if (message?.case === undefined) return;
    if (this.#handlers === null) this.#early.push(message);
    else this.#handlers.onMessage(message);
  }

  #lose(cause: string): void {
    this.#lost = cause;
    const handlers = this.#handlers;
    if (handlers === null) return;
    this.#silence();
    handlers.onLost(cause);
  }

  /** Any message counts as a sign of life: a busy SFU may answer pings late. */
  #keepAlive(intervalS: number, timeoutS: number): void {
    const timeoutMs = atMost(timeoutS, PING_MOST.timeoutS) * 1000;
    this.#pinger = setInterval(
      () => {
        if (performance.now() - this.#heardAtMs > timeoutMs) {
          this.#socket.terminate();
          return;
        }
        const ping = new Ping({ timestamp: BigInt(Date.now()), rtt: 0n });
        this.send({ case: 'pingReq', value: ping });
      },
      atMost(intervalS, PING_MOST.intervalS) * 1000,
    );
  }
}

/** Zero: the SFU names none. */
function atMost(seconds: number, most: number): number {
  return seconds > 0 ? Math.min(seconds, most) : most;
}

function parse(data: RawData): SignalMessage | null {
  if (!Buffer.isBuffer(data)) return null;
  try {
    return SignalResponse.fromBinary(data).message;
  } catch {
    // A message of a later protocol, or garbage: neither is worth the session.
    return null;
  }
}

async function openSocket(
  access: RoomAccess,
  resume: Resume | null,
  signal: AbortSignal,
): Promise<{ connection: SignalConnection; first: SignalMessage }> {
  signal.throwIfAborted();
  const socket = new WebSocket(signalUrl(access.url, resume), {
    headers: { authorization: `Bearer ${access.token}` },
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    followRedirects: false,
  });
  const connection = SignalConnection.over(socket);
  const ready = waiter<undefined>();
  socket.once('message', () => ready.resolve(undefined));
  socket.once('unexpected-response', (_request, response) => {
    response.resume();
    ready.reject(refusal(response.statusCode ?? 0));
  });
  socket.once('error', (error) => ready.reject(unreachable(error)));
  socket.once('close', (code) =>
    ready.reject(new LinkError('LINK_LOST', `the SFU closed the socket with ${code} before it let us in`)),
  );
  try {
    await orAbort(ready.promise, signal);
  } catch (error) {
    connection.terminate();
    throw error;
  }
  const first = connection.takeEarly() ?? { case: undefined };
  return { connection, first };
}

/** 401: bad token; 403: not allowed; 404: no such room, and none is made. Others may pass. */
function refusal(status: number): LinkError {
  const code = status === 401 || status === 403 || status === 404 ? 'LINK_REFUSED' : 'LINK_UNREACHABLE';
  return new LinkError(code, `the SFU refused the join with HTTP ${status}`);
}

function unreachable(error: Error & { code?: string }): LinkError {
  return new LinkError('LINK_UNREACHABLE', `the SFU cannot be reached: ${error.code ?? 'socket error'}`);
}

function refuse(connection: SignalConnection, first: SignalMessage): never {
  connection.terminate();
  if (first.case === 'leave') {
    const over = afterLeave(first.value);
    if (over.kind === 'end') {
      throw new LinkError('LINK_ENDED', `the SFU refused the join: ${over.end}`, { end: over.end });
    }
    throw new LinkError('LINK_LOST', `the SFU refused the join: ${over.cause}`);
  }
  throw new LinkError('LINK_LOST', `the SFU opened with ${first.case ?? 'an unreadable message'}`);
}
