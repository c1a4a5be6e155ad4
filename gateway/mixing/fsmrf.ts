/**
 * The part of drachtio-fsmrf 4.1.2 that the gateway uses, typed as it behaves. This is the only file that touches
 * the library, which has no types of its own.
 */
import type { Socket } from 'node:net';
import library from 'drachtio-fsmrf';
import { messageOf } from '../errors.ts';
import type { EdgeCaller } from './edge-caller.ts';
import { sipProfile } from './esl-check.ts';
import type { EslPlace } from './esl.ts';
import { inTime, MixingError } from './errors.ts';

interface EslEvent {
  getHeader(name: string): string | undefined;
}

interface EslConnection {
  readonly socket: Socket | null;
  subscribe(events: readonly string[]): void;
  on(event: string, listener: (event: EslEvent) => void): void;
  removeAllListeners(event?: string): void;
}

interface LibraryEndpoint {
  readonly uuid: string;
  readonly local: { readonly sdp: string };
  readonly conn: EslConnection | null;
  readonly dialog: { destroy(options: object, done: () => void): void };
  on(event: 'destroy', listener: (facts?: { reason?: string }) => void): void;
  join(
    name: string,
    options: { profile: string; flags: Readonly<Record<string, boolean>> },
    done: (error: unknown) => void,
  ): void;
}

interface LibraryServer {
  readonly conn: EslConnection;
  readonly fsVersion?: string;
  api(command: string, done: (body: string) => void): void;
  createEndpoint(
    options: { remoteSdp: string; headers: Readonly<Record<string, string>> },
    done: (error: unknown, endpoint?: LibraryEndpoint) => void,
  ): void;
  on(event: 'end', listener: () => void): void;
  disconnect(): void;
}

interface Library {
  new (srf: EdgeCaller): {
    connect(options: object, done: (error: unknown, server?: LibraryServer) => void): void;
  };
}

const Mrf = library as Library;

/** What `conference::maintenance` events say. */
export interface ConferenceEvent {
  readonly action: string;
  readonly conference: string;
  readonly channel: string | undefined;
  readonly member: number;
  readonly hears: boolean;
  readonly speaks: boolean;
  readonly energy: number;
  /** Our own number of what was played. */
  readonly play: number;
}

export interface Heartbeat {
  readonly channels: number;
  readonly maxChannels: number;
  readonly idleCpuPercent: number;
}

export interface MediaServerEvents {
  readonly heartbeat: (facts: Heartbeat) => void;
  readonly conference: (event: ConferenceEvent) => void;
  readonly ended: () => void;
}

/** One channel of FreeSWITCH, whose RTP is with whoever wrote the offer. */
export interface Channel {
  readonly uuid: string;
  /** FreeSWITCH's answer. */
  readonly sdp: string;
  /** Enters its first conference; that it is in is told by an `add-member`. */
  join(conference: string, profile: string, flags: Readonly<Record<string, boolean>>): void;
  /** FreeSWITCH ended it, or the connection that it is driven by. */
  onGone(listener: (reason: string) => void): void;
  /** Ends the SIP dialog and the connection, whatever FreeSWITCH does. */
  drop(): void;
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
const apiMs = 5000;
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
    conn.on('esl::event::CUSTOM::*', (event) => this.#onCustom(event));
    conn.on('esl::event::HEARTBEAT::*', (event) => this.#onHeartbeat(event));
    conn.subscribe(['CUSTOM', 'conference::maintenance', 'HEARTBEAT']);
  }

  api(command: string): Promise<string> {
    if (this.#closed) return Promise.reject(lost());
    const [verb = ''] = command.split(' ', 1);
    const answer = new Promise<string>((resolve) => this.#server.api(command, resolve));
    return inTime(apiMs, verb, answer);
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
      channels: numberOf(event, 'Session-Count'),
      maxChannels: numberOf(event, 'Max-Sessions'),
      idleCpuPercent: numberOf(event, 'Idle-CPU'),
    });
  }

  #onCustom(event: EslEvent): void {
    if (event.getHeader('Event-Subclass') !== 'conference::maintenance') return;
    this.#events.conference({
      action: event.getHeader('Action') ?? '',
      conference: event.getHeader('Conference-Name') ?? '',
      channel: event.getHeader('Unique-ID'),
      member: numberOf(event, 'Member-ID'),
      hears: event.getHeader('Hear') === 'true',
      speaks: event.getHeader('Speak') === 'true',
      energy: numberOf(event, 'Current-Energy'),
      play: numberOf(event, 'gateway_play'),
    });
  }
}

class OpenChannel implements Channel {
  readonly uuid: string;
  readonly sdp: string;
  readonly #endpoint: LibraryEndpoint;
  #dropped = false;

  constructor(endpoint: LibraryEndpoint) {
    this.#endpoint = endpoint;
    this.uuid = endpoint.uuid;
    this.sdp = endpoint.local.sdp;
    if (!endpoint.conn) return;
    noDelay(endpoint.conn);
    // The library's own listener writes to the console; the end of the connection says the same.
    endpoint.conn.removeAllListeners('error');
    endpoint.conn.on('error', () => undefined);
  }

  join(conference: string, profile: string, flags: Readonly<Record<string, boolean>>): void {
    if (!this.#endpoint.conn) return;
    this.#endpoint.join(conference, { profile, flags: { ...flags } }, () => undefined);
  }

  onGone(listener: (reason: string) => void): void {
    if (!this.#endpoint.conn) {
      setImmediate(() => listener('ended'));
      return;
    }
    this.#endpoint.on('destroy', (facts) => listener(facts?.reason ?? 'connection lost'));
  }

  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    const { conn, dialog } = this.#endpoint;
    try {
      // To a dead one it ends with an error, to one that has ended it by itself with 481.
      dialog.destroy({}, () => undefined);
    } catch {
      // The SIP server that had the dialog is gone.
    }
    conn?.socket?.destroy();
  }
}

/** The library writes each command in two pieces: with Nagle's algorithm each takes 40 ms. */
function noDelay(conn: EslConnection): void {
  conn.socket?.setNoDelay(true);
}

function numberOf(event: EslEvent, name: string): number {
  const number = Number(event.getHeader(name));
  return Number.isFinite(number) ? number : 0;
}

function lost(): MixingError {
  return new MixingError('FREESWITCH_LOST', 'FreeSWITCH is gone.', 'See its log for why.');
}

/** 488 also means that it has no RTP ports left; only its log says which. */
function refusalOf(error: unknown): MixingError {
  if (error instanceof MixingError) return error;
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 0;
  if (status === 488)
    return new MixingError(
      'FREESWITCH_REFUSED',
      'FreeSWITCH refuses the media (488): it has no codec in common, or no RTP port left.',
      'Its log says which; check inbound-codec-prefs and the RTP port range.',
      error,
    );
  const what = status > 0 ? `with ${status}` : `: ${messageOf(error)}`;
  return new MixingError(
    'FREESWITCH_REFUSED',
    `FreeSWITCH refuses a channel ${what}.`,
    'See its log; 503 means that it is paused or has its most sessions.',
    error,
  );
}
