/** An app of unmodified drachtio-srf, with types for the part of it that tests use (its own are incomplete). */
import Srf from 'drachtio-srf';

export interface SrfMessage {
  readonly body: string;
  readonly raw: string;
  get(name: string): string;
  has(name: string): boolean;
}

export interface SrfRequest extends SrfMessage {
  readonly method: string;
  readonly uri: string;
  readonly source: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly receivedOn: string;
  readonly protocol: string;
  readonly sessionToken?: string;
  readonly res: SrfResponse;
  on(event: 'cancel', listener: (cancel: SrfMessage) => void): void;
  on(event: 'response', listener: (response: SrfResponse, ack: (options?: object) => void) => void): void;
  cancel(options?: object): void;
}

export interface SrfResponse extends SrfMessage {
  readonly status: number;
  send(
    status: number,
    options?: { headers?: Record<string, string>; body?: string },
    sent?: (error: unknown, message?: SrfMessage) => void,
    acknowledged?: (request: SrfRequest) => void,
  ): void;
}

export interface SrfDialog {
  readonly id: string;
  readonly sip: { readonly callId: string };
  readonly remote: { readonly sdp: string; readonly uri: string };
  on(event: 'destroy' | 'ack', listener: (message: SrfRequest) => void): void;
  on(
    event: 'modify' | 'info' | 'update' | 'refer',
    listener: (req: SrfRequest, res: SrfResponse) => void,
  ): void;
  request(options: { method: string; headers?: Record<string, string>; body?: string }): Promise<SrfResponse>;
  modify(sdp: string): Promise<string>;
  destroy(options?: object): Promise<unknown>;
}

type Handler = (req: SrfRequest, res: SrfResponse) => unknown;

interface SrfClient {
  on(event: string, listener: (...args: never[]) => void): void;
  invite(handler: Handler): void;
  options(handler: Handler): void;
  register(handler: Handler): void;
  message(handler: Handler): void;
  connect(options: object): void;
  disconnect(): void;
  createUAS(req: SrfRequest, res: SrfResponse, options: object): Promise<SrfDialog>;
  createUAC(
    uri: string,
    options: object,
    callbacks?: object,
  ): Promise<SrfDialog & { ack?: (sdp: string) => Promise<SrfDialog> }>;
  request(uri: string, options: object, callback: (error: unknown, req?: SrfRequest) => void): void;
}

export interface AdminPlace {
  readonly adminPort: number;
  readonly sipPort: number;
  readonly secret: string;
}

export interface AppHandlers {
  readonly invite?: Handler;
  readonly options?: Handler;
  readonly register?: Handler;
  readonly cdr?: (kind: string, source: string, detail: string) => void;
}

export class SrfApp {
  readonly srf = new Srf() as unknown as SrfClient;
  /** As the server said them at the welcome. */
  hostport = '';
  version = '';
  #disconnected = false;

  /** Resolves when the routes are in place. Rejects when the server refuses the secret. */
  static async connect(place: AdminPlace, handlers: AppHandlers = {}): Promise<SrfApp> {
    const app = new SrfApp();
    const { srf } = app;
    // A loss that a test cares about shows in its calls.
    srf.on('error', () => undefined);
    if (handlers.invite) srf.invite(handlers.invite);
    if (handlers.options) srf.options(handlers.options);
    if (handlers.register) srf.register(handlers.register);
    const { cdr } = handlers;
    if (cdr) {
      for (const kind of ['attempt', 'start', 'stop']) {
        srf.on(`cdr:${kind}`, (source: string, _time: string, detail: unknown) => {
          cdr(kind, source, typeof detail === 'string' ? detail : '');
        });
      }
    }
    await new Promise<void>((resolve, reject) => {
      srf.on('connect', (error: Error | null, hostport: string, version: string) => {
        app.hostport = hostport;
        app.version = version;
        if (error) reject(error);
        else resolve();
      });
      srf.connect({
        host: '127.0.0.1',
        port: place.adminPort,
        secret: place.secret,
        reconnect: { maxAttempts: 1 },
      });
    });
    // Frames keep their order: whatever is answered now, the routes before it are known.
    await app.send(`sip:127.0.0.1:${place.sipPort}`, 'OPTIONS').catch(() => undefined);
    return app;
  }

  /** Sends a request outside a dialog and waits for its final response. */
  send(uri: string, method: string, options: object = {}): Promise<SrfResponse> {
    return new Promise((resolve, reject) => {
      this.srf.request(uri, { method, ...options }, (error, request) => {
        if (!request) reject(error instanceof Error ? error : new Error('not sent'));
        else request.on('response', (response) => response.status >= 200 && resolve(response));
      });
    });
  }

  /** Ends the connection, as a killed process would. Idempotent, unlike srf's. */
  disconnect(): void {
    if (this.#disconnected) return;
    this.#disconnected = true;
    try {
      this.srf.disconnect();
    } catch {
      // The server closed first, and srf asserts that there is a connection.
    }
  }
}
