import { BlockList, createServer as createTcp, isIPv6 } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { GatewayError } from '../errors.ts';
import type { Log, ServerStatus } from '../ports.ts';
import type { SipLimits } from './limits.ts';
import { ServerConnection } from './server-connection.ts';
import type { ListenPlace } from './server-place.ts';
import type { OutsideDialogs } from './srf.ts';

export interface EdgeListenerOptions {
  readonly place: ListenPlace;
  readonly tags: readonly string[];
  readonly requests: (connection: ServerConnection) => OutsideDialogs;
  readonly limits: Pick<SipLimits, 'heartbeatMs'>;
  readonly log: Log;
}

/** Somebody else listens where drachtio servers should find us. */
export class EdgePortTaken extends GatewayError {
  constructor({ host, port }: ListenPlace, cause: unknown) {
    super({
      code: 'EDGE_PORT_TAKEN',
      httpStatus: 500,
      message: `The port for SIP servers, ${host}:${port} TCP, can’t be opened.`,
      remedy: 'Free it, or name another by drachtio.listen.port, here and in drachtio.conf.',
      cause,
    });
  }
}

/**
 * Where drachtio servers come with a request each (drachtio.conf's `<request-handlers>`); the connection is that
 * call's to its end. It is we who have to show the secret, to whoever connects: so only named addresses are let in.
 */
export class EdgeListener {
  readonly #options: EdgeListenerOptions;
  readonly #allowed = new BlockList();
  readonly #connections = new Set<ServerConnection>();
  readonly #strangers = new Set<string>();
  #server: Server | null = null;
  #version: string | null = null;

  constructor(options: EdgeListenerOptions) {
    this.#options = options;
    for (const one of options.place.from) {
      const [address, prefix] = one.split('/') as [string, string?];
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      this.#allowed.addSubnet(address, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
    }
  }

  /** Throws `EdgePortTaken`. */
  async start(): Promise<void> {
    const { place, log } = this.#options;
    const { host, port, tls } = place;
    const server = tls === null ? createTcp() : createTls({ cert: tls.certificate, key: tls.key });
    this.#server = server;
    // Before TLS: a stranger costs no handshake.
    server.on('connection', (socket: Socket) => {
      if (!this.#isAllowed(socket)) socket.destroy();
    });
    server.on(tls === null ? 'connection' : 'secureConnection', (socket: Socket) => {
      if (!socket.destroyed) this.#take(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new EdgePortTaken(place, error)));
      server.listen(port, host, resolve);
    });
    server.on('error', (error: Error) => log.warn({ cause: error.message }, 'port for SIP servers failed'));
    log.info({ host, port, tls: tls !== null }, 'SIP servers can connect here');
  }

  status(): ServerStatus[] {
    const { host, port } = this.#options.place;
    const state = this.#server?.listening === true ? 'up' : 'down';
    return [{ server: `listening on ${host}:${port}`, state, version: this.#version, detail: '' }];
  }

  /** Idempotent. */
  close(): void {
    this.#server?.close();
    for (const connection of this.#connections) connection.close();
  }

  #isAllowed({ remoteAddress = '' }: Socket): boolean {
    const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '');
    if (this.#allowed.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return true;
    if (!this.#strangers.has(address) && this.#strangers.size < 100) {
      this.#strangers.add(address);
      this.#options.log.warn(
        { address },
        'a connection of no SIP server was closed: drachtio.listen.from does not name it',
      );
    }
    return false;
  }

  #take(socket: Socket): void {
    const { place, tags, requests, limits, log } = this.#options;
    const server = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    const connection = new ServerConnection({
      socket,
      server,
      access: { secret: place.secret, tags },
      openedBy: 'them',
      requests,
      heartbeatMs: limits.heartbeatMs,
      onWelcome: ({ version }) => (this.#version = version),
      onGone: (why) => {
        this.#connections.delete(connection);
        if (why === 'refused')
          log.error(
            {
              server,
              code: 'EDGE_SECRET_REFUSED',
              remedy: 'Give drachtio.secret the secret of its drachtio.conf.',
            },
            'SIP server can’t be used',
          );
        for (const leg of [...connection.legs]) leg.edgeLost();
      },
    });
    this.#connections.add(connection);
  }
}
