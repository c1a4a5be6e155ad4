import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Endpoint, OutsideDialogs, SipStack } from './srf.ts';
import { frame, openSipStack } from './srf.ts';

export interface ConnectionOptions {
  readonly socket: Socket;
  /** The server's name. */
  readonly server: string;
  readonly access: { readonly secret: string; readonly tags: readonly string[] };
  /** `ours`: we ask for calls; `theirs`: the server has connected, with one request that it has for us. */
  readonly openedBy: 'us' | 'them';
  readonly requests: (connection: ServerConnection) => OutsideDialogs;
  /** How often a sign of life is asked for, ms; after three without, the server is gone. */
  readonly heartbeatMs: number;
  readonly onWelcome: (endpoint: Endpoint) => void;
  /** Once, after `onWelcome` or without it. */
  readonly onGone: (why: 'refused' | Error | null) => void;
}

const missedBeats = 3;

/**
 * Over TLS drachtio-server 0.9 leaves a frame lying that it writes while another is on its way, until it writes the
 * next: an ACK would be seconds late. So it is kept writing.
 */
const nudgeMs = 250;

/** How long the server may take to close its side. */
const closeMs = 2000;

/** What has its dialog by a connection. */
export interface ConnectedLeg {
  /** The way to the SIP server is gone. A call that talks goes on; one that is not answered can't. */
  edgeLost(): void;
}

/** One connection to a drachtio server, and the legs that came by it: nobody else can have their dialogs. */
export class ServerConnection {
  readonly server: string;
  readonly stack: SipStack;
  readonly legs = new Set<ConnectedLeg>();
  /** Null: the server has not taken our secret yet. */
  endpoint: Endpoint | null = null;
  readonly #options: ConnectionOptions;
  readonly #routes: readonly string[];
  readonly #heart: NodeJS.Timeout;
  readonly #nudges: NodeJS.Timeout | undefined;
  #heardBytes = 0;
  #silentBeats = 0;
  #why: 'refused' | Error | null = null;

  constructor(options: ConnectionOptions) {
    const { socket, server, access, heartbeatMs, onGone } = options;
    this.#options = options;
    this.server = server;
    socket.setNoDelay(true);
    socket.on('error', (error) => (this.#why ??= error));
    socket.once('close', () => {
      clearInterval(this.#heart);
      clearInterval(this.#nudges);
      onGone(this.#why);
    });
    const requests = options.requests(this);
    this.#routes = [...requests.routes.keys()];
    this.stack = openSipStack(socket, access, requests, {
      welcome: (endpoint) => this.#welcome(endpoint),
      refused: () => {
        this.#why = 'refused';
        socket.end();
      },
    });
    this.#heart = setInterval(() => this.#beat(), heartbeatMs);
    if (socket instanceof TLSSocket) this.#nudges = setInterval(() => this.#ping(), nudgeMs);
  }

  /** What came by a connection of theirs is over: it was for that alone. */
  release(leg: ConnectedLeg): void {
    this.legs.delete(leg);
    if (this.#options.openedBy === 'them' && this.legs.size === 0) this.close();
  }

  /** What was written is still read there: closing both ways at once could take it back. Idempotent. */
  close(): void {
    const { socket } = this.#options;
    if (socket.writableEnded) return;
    socket.end();
    const timer = setTimeout(() => socket.destroy(), closeMs).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  #ping(): void {
    const { socket } = this.#options;
    if (this.endpoint && socket.writable) socket.write(frame('ping'));
  }

  #welcome(endpoint: Endpoint): void {
    const { socket, openedBy, onWelcome } = this.#options;
    this.endpoint = endpoint;
    // Once for each method: the server counts them, and takes turns among applications by that.
    if (openedBy === 'us') for (const method of this.#routes) socket.write(frame(`route|${method}`));
    onWelcome(endpoint);
  }

  /** A machine that lost its power says nothing; the kernel would notice after a quarter of an hour. */
  #beat(): void {
    const { socket, openedBy, heartbeatMs } = this.#options;
    this.#silentBeats = socket.bytesRead === this.#heardBytes ? this.#silentBeats + 1 : 0;
    this.#heardBytes = socket.bytesRead;
    if (this.#silentBeats >= missedBeats) {
      this.#why ??= new Error(`nothing came from it for ${(missedBeats * heartbeatMs) / 1000} s`);
      socket.destroy();
    } else if (openedBy === 'them' && this.legs.size === 0) this.close();
    else this.#ping();
  }
}
