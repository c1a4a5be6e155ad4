import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError, messageOf } from '../errors.ts';
import type { Log, ServerStatus } from '../ports.ts';
import { dial, PlainOverInternet } from './dial.ts';
import type { SipLimits } from './limits.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServerPlace } from './server-place.ts';
import type { OutsideDialogs, SipStack } from './srf.ts';

export interface SipServerOptions {
  readonly place: ServerPlace;
  readonly tags: readonly string[];
  readonly plainAnywhere: boolean;
  readonly requests: (connection: ServerConnection) => OutsideDialogs;
  readonly limits: Pick<SipLimits, 'connectMs' | 'heartbeatMs' | 'refusedMs'>;
  readonly log: Log;
}

/** The server refused our secret: only a change, there or here, helps. */
export class EdgeSecretRefused extends GatewayError {
  constructor(server: string) {
    super({
      code: 'EDGE_SECRET_REFUSED',
      httpStatus: 502,
      message: `The SIP server ${server} refused the secret.`,
      remedy:
        'Give drachtio.secret (DRACHTIO_SECRET) the secret of its drachtio.conf, and start the gateway again; or mend drachtio.conf.',
    });
  }
}

/** A server that is named by a public address, without TLS. */
export class EdgeUnencrypted extends GatewayError {
  constructor(server: string, cause: PlainOverInternet) {
    super({
      code: 'EDGE_UNENCRYPTED',
      httpStatus: 502,
      message: `The SIP server ${server} is not connected to: ${cause.message}.`,
      remedy:
        'Give it a private address, or a tls-port and drachtio.tls here; drachtio.plain: anywhere allows it as it is.',
      cause,
    });
  }
}

const firstPauseMs = 250;
const longestPauseMs = 3000;
const growth = 1.7;

/** One drachtio server, to which a connection is kept. */
export class SipServer {
  readonly #options: SipServerOptions;
  readonly #closed = new AbortController();
  #connection: ServerConnection | null = null;
  #state: ServerStatus['state'] = 'starting';
  #detail = 'connecting';
  /** Why there is no connection, as it was last told in the log. */
  #told: string | null = null;

  constructor(options: SipServerOptions) {
    this.#options = options;
  }

  /** Null: it is not connected. */
  get stack(): SipStack | null {
    return this.connection?.stack ?? null;
  }

  /** Null: it is not connected. */
  get connection(): ServerConnection | null {
    return this.#state === 'up' ? this.#connection : null;
  }

  get place(): ServerPlace {
    return this.#options.place;
  }

  /** `onTried` runs when it is connected for the first time, or refuses us. */
  start(onTried: () => void): void {
    void this.#keepConnected(onTried);
  }

  status(): ServerStatus {
    const version = this.#connection?.endpoint?.version ?? null;
    return { server: this.place.name, state: this.#state, version, detail: this.#detail };
  }

  /** Idempotent. */
  close(): void {
    this.#closed.abort();
    this.#connection?.close();
    this.#state = 'down';
    this.#detail = 'closed';
  }

  async #keepConnected(onTried: () => void): Promise<void> {
    const { signal } = this.#closed;
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      const sinceMs = performance.now();
      const outcome = await this.#once(onTried);
      // One that ends each connection at once is not asked ever faster.
      if (performance.now() - sinceMs > longestPauseMs) pauseMs = firstPauseMs;
      if (outcome === 'refused') {
        onTried();
        pauseMs = this.#options.limits.refusedMs;
      }
      // Not all gateways at the same moment.
      await pause(pauseMs * (0.8 + 0.4 * Math.random()), undefined, { signal }).catch(() => undefined);
      pauseMs = outcome === 'refused' ? firstPauseMs : Math.min(pauseMs * growth, longestPauseMs);
    }
  }

  /** One connection, from the first try to its end. `refused`: the next try will hardly fare better. */
  async #once(onUp: () => void): Promise<'refused' | 'lost'> {
    const { place, tags, plainAnywhere, requests, limits } = this.#options;
    const { signal } = this.#closed;
    let socket;
    try {
      socket = await dial(place, { plainAnywhere, deadlineMs: limits.connectMs, signal });
    } catch (error) {
      return this.#failed(
        error instanceof PlainOverInternet ? new EdgeUnencrypted(place.name, error) : error,
      );
    }
    let gone: (why: 'refused' | Error | null) => void = () => undefined;
    const over = new Promise<'refused' | Error | null>((resolve) => (gone = resolve));
    const connection = new ServerConnection({
      socket,
      server: place.name,
      access: { secret: place.secret, tags },
      openedBy: 'us',
      requests,
      heartbeatMs: limits.heartbeatMs,
      onWelcome: ({ hostports, version }) => {
        this.#up(hostports, version);
        onUp();
      },
      onGone: (why) => gone(why),
    });
    this.#connection = connection;
    const why = await over;
    this.#connection = null;
    const outcome = this.#failed(why === 'refused' ? new EdgeSecretRefused(place.name) : why);
    for (const leg of [...connection.legs]) leg.edgeLost();
    return outcome;
  }

  #up(hostports: string, version: string): void {
    if (this.#closed.signal.aborted) return;
    // drachtio-server tells of each socket; behind a NAT they all have the one public address.
    const listens = [...new Set(hostports.split(','))].join(',');
    this.#state = 'up';
    this.#detail = listens;
    this.#told = null;
    this.#options.log.info({ server: this.place.name, listens, version }, 'SIP server connected');
  }

  #failed(error: unknown): 'refused' | 'lost' {
    if (this.#closed.signal.aborted) return 'lost';
    const { log } = this.#options;
    const wasUp = this.#state === 'up';
    const server = this.place.name;
    const detail = error === null ? 'the connection was closed' : messageOf(error);
    this.#state = 'down';
    this.#detail = error instanceof GatewayError ? `${error.message} ${error.remedy}` : detail;
    if (this.#told !== detail) {
      this.#told = detail;
      if (error instanceof GatewayError)
        log.error({ server, code: error.code, detail, remedy: error.remedy }, 'SIP server can’t be used');
      else if (wasUp) log.warn({ server, detail }, 'SIP server lost, trying again');
      else log.warn({ server, detail }, 'SIP server not reached yet, trying again');
    }
    return error instanceof GatewayError ? 'refused' : 'lost';
  }
}
