import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import Srf from 'drachtio-srf';
import { within } from './deadline.ts';
import { placeCall } from './placed-call.ts';
import type { CallEvents, CallingLibrary, CallOptions, PlacedCall } from './placed-call.ts';
import type { RequestHandler, SendOptions, SipDialog, SipRequest, SipResponse } from './srf-messages.ts';

/** What becomes of requests that belong to no dialog. */
export interface OutsideDialogs {
  /** By lower-case method. */
  readonly routes: ReadonlyMap<string, RequestHandler>;
  /** Whatever no route and no dialog took. */
  readonly fallback: RequestHandler;
}

export interface Endpoint {
  /** `udp/host:port,tcp/host:port`: what the server listens on. */
  readonly hostports: string;
  readonly version: string;
}

/**
 * The library on one connection to a server: what came by it is answered by it. This is the only file that touches
 * the library.
 */
export interface SipStack {
  /** Sends the 200; `done` runs before any request in the new dialog is handled, so listeners miss none. */
  accept(
    req: SipRequest,
    res: SipResponse,
    options: { localSdp: string; headers: Record<string, string> },
    done: (error: unknown, dialog?: SipDialog) => void,
  ): void;
  /**
   * Sends a request; `done` hears its final response's status, or null: it could not be sent.
   * @param options `stackDialogId`: the request goes into this dialog, whoever has it, and `uri` does not matter
   */
  request(
    uri: string,
    options: { readonly method: string; readonly stackDialogId?: string } & SendOptions,
    done: (status: number | null) => void,
  ): void;
  /**
   * Calls. Reliable provisional responses are acknowledged (RFC 3262).
   */
  call(uri: string, options: CallOptions, events: CallEvents): PlacedCall;
  /** An INVITE of drachtio-fsmrf's; resolves with the library's own dialog, rejects with its own errors. */
  invite(uri: string, options: { headers: Record<string, string>; localSdp: string }): Promise<unknown>;
}

interface Library extends CallingLibrary {
  use(handler: (req: SipRequest, res: SipResponse, next: () => void) => void): void;
  use(method: string, handler: RequestHandler): void;
  listen(options: { server: Server; secret: string }): void;
  on(event: 'connect', listener: (error: Error | null, hostports: string, version: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  createUAS(
    req: SipRequest,
    res: SipResponse,
    options: object,
    done: (error: unknown, dialog?: SipDialog) => void,
  ): void;
}

/** The library sends no status that its table lacks, and that is older than RFC 6086. */
const requireHere = createRequire(import.meta.url);
const statuses = createRequire(requireHere.resolve('drachtio-srf'))('sip-status') as Record<number, string>;
statuses[469] = 'Bad Info Package';

/**
 * Gives the library a connected socket, whichever side has opened it; the library then shows the server our secret
 * and tags.
 *
 * It could connect by itself, but repeats a broken TLS connection in plain text, with the secret, ends the process
 * over a frame that it can't read, and has one server only. In its listening mode it takes any socket, and closes
 * it in that case; its listener is one that never listens.
 */
export function openSipStack(
  socket: Socket,
  access: { readonly secret: string; readonly tags: readonly string[] },
  requests: OutsideDialogs,
  events: { readonly welcome: (endpoint: Endpoint) => void; readonly refused: () => void },
): SipStack {
  const library = new Srf([...access.tags]) as unknown as Library;
  for (const [method, handler] of requests.routes) library.use(method, handler);
  library.use((req, res) => requests.fallback(req, res));
  library.on('connect', (error, hostports, version) =>
    error ? events.refused() : events.welcome({ hostports, version }),
  );
  // The socket's owner hears of its errors; unheard here, they would end the process.
  library.on('error', () => undefined);
  const neverListens = createServer();
  library.listen({ server: neverListens, secret: access.secret });
  neverListens.emit('connection', socket);
  return {
    accept: (req, res, options, done) => library.createUAS(req, res, options, done),
    request(uri, options, done) {
      if (socket.destroyed) {
        done(null);
        return;
      }
      // The library keeps and changes what it is given.
      library.request(socket, uri, { ...options }, (error, req) => {
        if (!req || (error !== null && error !== undefined)) done(null);
        else req.on('response', ({ status }) => status >= 200 && done(status));
      });
    },
    call: (uri, options, events) => placeCall(library, socket, uri, options, events),
    invite: (uri, options) =>
      socket.destroyed
        ? Promise.reject(new Error('the SIP server is gone'))
        : library.createUAC(uri, { ...options, _socket: socket }),
  };
}

/** A frame of drachtio's protocol that the library has no use for, and whose answer it passes over. */
export function frame(text: string): string {
  const payload = `${randomUUID()}|${text}`;
  return `${Buffer.byteLength(payload)}#${payload}`;
}

/** The stack says at once what became of a message; a connection that breaks in between says nothing. */
const echoMs = 5000;

/** Sends a response; false: the stack did not take it (a CANCEL came first, or the connection is gone). */
export async function respond(
  res: SipResponse,
  status: number,
  options: SendOptions & { readonly phrase?: string } = {},
): Promise<boolean> {
  const { phrase, ...message } = options;
  const taken = await within<boolean>(echoMs, null, (settle) =>
    res.send(status, phrase, message, (error) => settle(error === null || error === undefined)),
  );
  return taken ?? false;
}
