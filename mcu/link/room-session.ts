/** One participant's session in a room: joined once, its signalling resumed when the socket drops. */
import { DisconnectReason, type JoinResponse, LeaveRequest_Action, ReconnectReason } from '@livekit/protocol';
import { withDeadline } from '../deadline.ts';
import type { Log, RoomAccess } from '../ports.ts';
import { LinkError } from './errors.ts';
import { afterLeave, type SessionOver } from './leave.ts';
import { settledWithin } from './waits.ts';
import { SignalConnection, type SignalMessage, type SignalRequestMessage } from './signalling.ts';

/** The SFU holds a session without a socket for some 20 s; but who waits long is better off with a fresh join. */
const RESUME_DEADLINE_MS = 5000;
const CLOSE_RESUME_MS = 1000;

export interface SessionHandlers {
  readonly onMessage: (message: SignalMessage) => void;
  /** A new socket carries the session; what was said while there was none is lost. */
  readonly onResumed: () => void;
  /** The session is over; said once. */
  readonly onOver: (over: SessionOver) => void;
}

export interface SessionOptions {
  /** Whether media survives a lost socket. A subscriber's does not: it must join afresh. */
  readonly resumable: boolean;
  readonly log: Log;
}

export class RoomSession {
  readonly join: JoinResponse;
  readonly participantSid: string;
  readonly identity: string;
  readonly #options: SessionOptions;
  readonly #url: string;
  readonly #closing = new AbortController();
  #token: string;
  #connection: SignalConnection;
  #handlers: SessionHandlers | null = null;
  #resuming: Promise<void> | null = null;

  private constructor(
    access: RoomAccess,
    joined: { readonly connection: SignalConnection; readonly join: JoinResponse },
    options: SessionOptions,
  ) {
    this.#options = options;
    this.#url = access.url;
    this.#token = access.token;
    this.#connection = joined.connection;
    this.join = joined.join;
    this.participantSid = joined.join.participant?.sid ?? '';
    this.identity = joined.join.participant?.identity ?? '';
  }

  /** Joins; rejects with a LinkError. The signal cancels the wait and carries its deadline. */
  static async join(access: RoomAccess, options: SessionOptions, signal: AbortSignal): Promise<RoomSession> {
    return new RoomSession(access, await SignalConnection.join(access, signal), options);
  }

  /** Begins to hand over what comes, the messages since the join included. */
  listen(handlers: SessionHandlers): void {
    this.#handlers = handlers;
    this.#listenTo(this.#connection);
  }

  /** Says a message; false when there is no socket at the moment. */
  send(message: SignalRequestMessage): boolean {
    return this.#connection.send(message);
  }

  /** Ends the session from our side of it, as when its media transport failed. */
  fail(cause: string): void {
    this.#over({ kind: 'rejoin', cause });
  }

  /** Leaves the room at once. Idempotent. */
  async close(): Promise<void> {
    this.#handlers = null;
    // Without a socket nobody hears us leave, and a ghost would stay: let a resume that is under way end.
    if (this.#resuming !== null) await settledWithin(this.#resuming, CLOSE_RESUME_MS);
    this.#closing.abort();
    await this.#connection.leave();
  }

  #listenTo(connection: SignalConnection): void {
    connection.listen({
      onMessage: (message) => this.#hear(message),
      onLost: (cause) => this.#lost(cause),
    });
  }

  #hear(message: SignalMessage): void {
    switch (message.case) {
      case 'refreshToken':
        this.#token = message.value;
        break;
      case 'leave':
        if (message.value.reason === DisconnectReason.CONNECTION_TIMEOUT) {
          // It misses our media, and would have us restart ICE, which libdatachannel can't.
          this.fail('the SFU lost our media');
        } else if (message.value.action === LeaveRequest_Action.RESUME) {
          this.#connection.terminate();
          this.#lost('the SFU asked to resume');
        } else {
          this.#over(afterLeave(message.value));
        }
        break;
      default:
        this.#handlers?.onMessage(message);
    }
  }

  #lost(cause: string): void {
    if (this.#handlers === null) return;
    if (!this.#options.resumable) {
      this.#over({ kind: 'rejoin', cause });
      return;
    }
    this.#resuming = this.#resume(cause).finally(() => (this.#resuming = null));
    this.#resuming.catch((error: unknown) => this.#over(afterResumeFailed(error)));
  }

  async #resume(cause: string): Promise<void> {
    const connection = await withDeadline(RESUME_DEADLINE_MS, [this.#closing.signal], (signal) =>
      SignalConnection.resume(
        { url: this.#url, token: this.#token },
        { participantSid: this.participantSid, reason: ReconnectReason.RR_SIGNAL_DISCONNECTED },
        this.join,
        signal,
      ),
    );
    if (this.#closing.signal.aborted) {
      await connection.leave();
      return;
    }
    this.#connection = connection;
    this.#options.log.info({ participant: this.participantSid, cause }, 'room link resumed');
    // Before the new socket is heard: its first messages tell what happened meanwhile.
    this.#handlers?.onResumed();
    this.#listenTo(connection);
  }

  #over(over: SessionOver): void {
    const handlers = this.#handlers;
    this.#handlers = null;
    handlers?.onOver(over);
  }
}

function afterResumeFailed(error: unknown): SessionOver {
  if (error instanceof LinkError && error.end !== null) return { kind: 'end', end: error.end };
  return { kind: 'rejoin', cause: error instanceof Error ? error.message : 'resume failed' };
}
