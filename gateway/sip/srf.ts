import { createRequire } from 'node:module';
import Srf from 'drachtio-srf';
import { within } from './deadline.ts';

/**
 * The part of drachtio-srf 5 that the gateway uses, typed as it behaves. This is the only file that touches
 * the library; its own types are partly missing and partly wrong.
 */
export interface SipMessage {
  /** Values by lower-case name (`X-…` names keep their case); repeated fields are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  get(name: string): string | undefined;
}

export interface SipRequest extends SipMessage {
  readonly method: string;
  readonly uri: string;
  /** `application`: the stack made this request itself, for instance a BYE after a missing ACK. */
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** `host:port` of ours that it came to; a new request has it. */
  readonly receivedOn?: string;
  /** A token that drachtio-server leaves empty; see `certifiedNames`. */
  readonly sessionToken?: string;
  on(event: 'cancel', listener: () => void): void;
  on(event: 'update', listener: (req: SipRequest, res: SipResponse) => void): void;
  on(event: 'response', listener: (res: SipResponse) => void): void;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SipResponse extends SipMessage {
  readonly status: number;
  readonly source_address: string;
  readonly finalResponseSent: boolean;
  /** `sent` hears whether the stack took it; `pracked` hears the PRACK of a reliable provisional one. */
  send(
    status: number,
    phrase: string | undefined,
    options: SendOptions,
    sent: (error: unknown) => void,
    pracked?: () => void,
  ): void;
}

type InDialog =
  'modify' | 'update' | 'info' | 'refer' | 'notify' | 'message' | 'options' | 'publish' | 'subscribe';

export interface SipDialog {
  readonly local: { readonly contact: string | undefined };
  /** Each of these has to be listened to: without a listener the library answers by itself, mostly 200. */
  on(event: InDialog, listener: (req: SipRequest, res: SipResponse) => void): void;
  on(event: 'destroy', listener: (bye: SipRequest) => void): void;
  on(event: 'ack', listener: (ack: SipRequest) => void): void;
  off(event: 'ack', listener: (ack: SipRequest) => void): void;
  destroy(options: SendOptions, done: (error: unknown) => void): void;
  request(options: { method: string } & SendOptions, done: (error: unknown, res?: SipResponse) => void): void;
}

export type RequestHandler = (req: SipRequest, res: SipResponse) => void;

export interface Endpoint {
  /** `udp/host:port,tcp/host:port`: what the server listens on. */
  readonly hostports: string;
  readonly version: string;
}

export interface SipStack {
  /** Asks the server for a method's requests outside dialogs. Before `connect`, once a method (see below). */
  route(method: string, handler: RequestHandler): void;
  /** Whatever no route and no dialog took. */
  fallback(handler: RequestHandler): void;
  connect(
    to: { host: string; port: number; secret: string },
    events: { connected: (endpoint: Endpoint) => void; refused: () => void; lost: (error?: Error) => void },
  ): void;
  /** Sends the 200; `done` runs before any request in the new dialog is handled, so listeners miss none. */
  accept(
    req: SipRequest,
    res: SipResponse,
    options: { localSdp: string; headers: Record<string, string> },
    done: (error: unknown, dialog?: SipDialog) => void,
  ): void;
  /** Sends a request outside dialogs; `done` hears its final response's status, or null: it could not be sent. */
  request(
    uri: string,
    options: { readonly method: string } & SendOptions,
    done: (status: number | null) => void,
  ): void;
  /** Ends the connection and all tries to have one. */
  disconnect(): void;
}

interface Library {
  use(handler: (req: SipRequest, res: SipResponse, next: () => void) => void): void;
  use(method: string, handler: RequestHandler): void;
  connect(options: object): void;
  on(event: 'connect', listener: (error: Error | null, hostports: string, version: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'close', listener: () => void): void;
  request(
    uri: string,
    options: object,
    done: (
      error: unknown,
      req?: { on(event: 'response', listener: (res: SipResponse) => void): void },
    ) => void,
  ): void;
  createUAS(
    req: SipRequest,
    res: SipResponse,
    options: object,
    done: (error: unknown, dialog?: SipDialog) => void,
  ): void;
  readonly app: {
    readonly client?: {
      readonly mapServer: ReadonlyMap<unknown, unknown>;
      readonly wp?: { closing?: boolean; readonly reconnectVars?: { retryTimer: NodeJS.Timeout | null } };
      disconnect(socket?: unknown): void;
    };
  };
}

/** The library sends no status that its table lacks, and that is older than RFC 6086. */
const requireHere = createRequire(import.meta.url);
const statuses = createRequire(requireHere.resolve('drachtio-srf'))('sip-status') as Record<number, string>;
statuses[469] = 'Bad Info Package';

/** Longest pause between two tries to reach the server, ms. */
const retryMaxDelay = 3000;

export function createSipStack(): SipStack {
  const library = new Srf() as unknown as Library;
  let closed = false;

  const disconnect = (): void => {
    closed = true;
    const { client } = library.app;
    // The library disconnects open sockets only; a pending retry would open a new one and keep the process.
    if (client?.wp) client.wp.closing = true;
    clearTimeout(client?.wp?.reconnectVars?.retryTimer ?? undefined);
    for (const socket of client?.mapServer.keys() ?? []) client?.disconnect(socket);
  };

  return {
    // srf sends all its routes again whenever one is added to a live connection, and the server counts each
    // of them: that skews its round robin among gateways.
    route: (method, handler) => library.use(method, handler),
    fallback: (handler) => library.use((req, res) => handler(req, res)),
    connect(to, events) {
      library.on('connect', (error, hostports, version) => {
        if (closed) disconnect();
        else if (error) events.refused();
        else events.connected({ hostports, version });
      });
      library.on('error', (error) => events.lost(error));
      library.on('close', () => events.lost());
      library.connect({ ...to, enablePing: true, reconnect: { retryMaxDelay } });
    },
    accept: (req, res, options, done) => library.createUAS(req, res, options, done),
    request(uri, options, done) {
      // The library keeps and changes what it is given.
      library.request(uri, { ...options }, (error, req) => {
        if (!req || (error !== null && error !== undefined)) done(null);
        else req.on('response', ({ status }) => status >= 200 && done(status));
      });
    },
    disconnect,
  };
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
