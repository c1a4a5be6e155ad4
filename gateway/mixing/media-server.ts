import { answered, OpenChannel, refusalOf } from './channel.ts';
import type { Channel } from './channel.ts';
import type { EdgeCaller } from './edge-caller.ts';
import { sipProfile } from './esl-check.ts';
import type { EslPlace } from './esl.ts';
import { inTime, lost } from './errors.ts';
import { headerNumber, Mrf, noDelay } from './fsmrf.ts';
import type { EslEvent, LibraryEndpoint, LibraryServer } from './fsmrf.ts';

export interface Heartbeat {
  readonly channels: number;
  readonly maxChannels: number;
  readonly idleCpuPercent: number;
}

export interface MediaServerEvents {
  readonly heartbeat: (facts: Heartbeat) => void;
  readonly ended: () => void;
}

export interface MediaServer {
  /** Rejects with FREESWITCH_TIMEOUT. */
  api(command: string): Promise<string>;
  /** Rejects with FREESWITCH_REFUSED or FREESWITCH_TIMEOUT. */
  openChannel(offer: string, headers: Readonly<Record<string, string>>): Promise<Channel>;
  /** Idempotent. */
  close(): void;
}

const connectMs = 4000;
const inviteMs = 5000;

/**
 * Connects; channels are opened by `caller`. Only for a FreeSWITCH that `checkFreeSwitch` has
 * found good. What comes after the deadline is closed again.
 */
export async function connectMediaServer(
  caller: EdgeCaller,
  place: EslPlace,
  ownAddress: string,
  events: MediaServerEvents,
): Promise<MediaServer> {
  const options = {
    address: place.host,
    port: place.port,
    secret: place.secret,
    listenAddress: ownAddress,
    listenPort: 0,
    advertisedAddress: ownAddress,
    profile: sipProfile,
  };
  const server = await callback<LibraryServer>(
    connectMs,
    'the event socket connection',
    (done) => new Mrf(caller).connect(options, done),
    (late) => late.disconnect(),
  );
  return new ConnectedServer(server, events);
}

/** A callback's result within the deadline; a later one is given back. */
function callback<T>(
  ms: number,
  what: string,
  begin: (done: (error: unknown, result?: T) => void) => void,
  giveBack: (late: T) => void,
): Promise<T> {
  let over = false;
  const work = new Promise<T>((resolve, reject) => {
    begin((error, result) => {
      if (result !== undefined && over) giveBack(result);
      else if (result !== undefined) resolve(result);
      else reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
  return inTime(ms, what, work).finally(() => (over = true));
}

class ConnectedServer implements MediaServer {
  readonly #server: LibraryServer;
  readonly #events: MediaServerEvents;
  #closed = false;

  constructor(server: LibraryServer, events: MediaServerEvents) {
    this.#server = server;
    this.#events = events;
    const { conn } = server;
    noDelay(conn);
    server.on('end', () => this.#ended());
    // The library would write to the console, and go on with a connection that is good for nothing any more.
    conn.removeAllListeners('esl::end');
    conn.removeAllListeners('esl::ready');
    conn.on('esl::end', () => this.#ended());
    conn.on('esl::event::HEARTBEAT::*', (event) => this.#onHeartbeat(event));
    conn.subscribe(['HEARTBEAT']);
  }

  api(command: string): Promise<string> {
    if (this.#closed) return Promise.reject(lost());
    return answered(command, new Promise((resolve) => this.#server.api(command, resolve)));
  }

  async openChannel(offer: string, headers: Readonly<Record<string, string>>): Promise<Channel> {
    if (this.#closed) throw lost();
    try {
      const endpoint = await callback<LibraryEndpoint>(
        inviteMs,
        'an INVITE',
        (done) => this.#server.createEndpoint({ remoteSdp: offer, headers: { ...headers } }, done),
        (late) => new OpenChannel(late).drop(),
      );
      return new OpenChannel(endpoint);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { socket } = this.#server.conn;
    this.#server.disconnect();
    // One that hangs would keep the connection, and this process.
    socket?.destroy();
  }

  #ended(): void {
    if (this.#closed) return;
    this.close();
    this.#events.ended();
  }

  #onHeartbeat(event: EslEvent): void {
    this.#events.heartbeat({
      channels: headerNumber(event, 'Session-Count'),
      maxChannels: headerNumber(event, 'Max-Sessions'),
      idleCpuPercent: headerNumber(event, 'Idle-CPU'),
    });
  }
}
