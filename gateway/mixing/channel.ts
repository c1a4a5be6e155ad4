import { messageOf } from '../errors.ts';
import { MixingError } from './errors.ts';
import { noDelay } from './fsmrf.ts';
import type { LibraryEndpoint } from './fsmrf.ts';

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

export class OpenChannel implements Channel {
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
