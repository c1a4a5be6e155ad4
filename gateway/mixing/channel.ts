import { messageOf } from '../errors.ts';
import { inTime, lost, MixingError } from './errors.ts';
import { headerNumber, noDelay } from './fsmrf.ts';
import type { EslEvent, LibraryEndpoint } from './fsmrf.ts';

/** What `conference::maintenance` events say of one channel. */
export interface ConferenceEvent {
  readonly action: string;
  readonly conference: string;
  readonly member: number;
  readonly hears: boolean;
  readonly speaks: boolean;
  readonly energy: number;
  /** Our own number of what was played. */
  readonly play: number;
}

/**
 * One channel of FreeSWITCH, whose RTP is with whoever wrote the offer. It has a connection of its own, and with that a
 * thread of FreeSWITCH's: a command that waits there for a busy conference holds up nobody else's.
 */
export interface Channel {
  readonly uuid: string;
  /** FreeSWITCH's answer. */
  readonly sdp: string;
  /** One after the other, in the order in which they are called. Rejects with FREESWITCH_LOST or FREESWITCH_TIMEOUT. */
  api(command: string): Promise<string>;
  /** What happens to it in its conference; one listener. */
  onConference(listener: (event: ConferenceEvent) => void): void;
  /** Enters its first conference; that it is in is told by an `add-member`. */
  join(conference: string, profile: string, flags: Readonly<Record<string, boolean>>): void;
  /** FreeSWITCH ended it, or the connection that it is driven by. */
  onGone(listener: (reason: string) => void): void;
  /** Ends the SIP dialog and the connection, whatever FreeSWITCH does. */
  drop(): void;
}

const apiMs = 5000;

/** An answer within its deadline. Rejects with FREESWITCH_TIMEOUT. */
export function answered(command: string, answer: Promise<string>): Promise<string> {
  const [verb = ''] = command.split(' ', 1);
  return inTime(apiMs, verb, answer);
}

export class OpenChannel implements Channel {
  readonly uuid: string;
  readonly sdp: string;
  readonly #endpoint: LibraryEndpoint;
  /** Who waits for an answer. */
  readonly #asking = new Set<(error: MixingError) => void>();
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
    endpoint.conn.on('esl::end', () => {
      for (const fail of this.#asking) fail(lost());
    });
  }

  api(command: string): Promise<string> {
    const { conn } = this.#endpoint;
    if (!conn) return Promise.reject(lost());
    let fail: (error: MixingError) => void = () => undefined;
    const answer = new Promise<string>((resolve, reject) => {
      this.#asking.add((fail = reject));
      conn.api(command, (event) => resolve(event.getBody()));
    });
    return answered(command, answer).finally(() => this.#asking.delete(fail));
  }

  onConference(listener: (event: ConferenceEvent) => void): void {
    this.#endpoint.conn?.on('esl::event::CUSTOM::*', (event) => {
      if (event.getHeader('Event-Subclass') === 'conference::maintenance') listener(conferenceEvent(event));
    });
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

function conferenceEvent(event: EslEvent): ConferenceEvent {
  return {
    action: event.getHeader('Action') ?? '',
    conference: event.getHeader('Conference-Name') ?? '',
    member: headerNumber(event, 'Member-ID'),
    hears: event.getHeader('Hear') === 'true',
    speaks: event.getHeader('Speak') === 'true',
    energy: headerNumber(event, 'Current-Energy'),
    play: headerNumber(event, 'gateway_play'),
  };
}

/** 488 also means that it has no RTP ports left; only its log says which. */
export function refusalOf(error: unknown): MixingError {
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
