/** One stay in a room by LiveKit's client library, which resumes and keeps its token fresh by itself. */
import { DisconnectReason, type LocalParticipant, Room, RoomEvent } from '@livekit/rtc-node';
import type { RoomAccess } from '../../ports.ts';
import { LinkError } from '../errors.ts';
import { afterReason, type SessionOver } from '../leave.ts';
import { orAbort, settledWithin } from '../waits.ts';
import { listening } from './library.ts';

/** The library tries to resume for longer than a caller should wait for it. */
const resumeDeadlineMs = 5000;
/** An SFU that hangs never answers the library's goodbye. */
const leaveDeadlineMs = 2000;

/** The sessions of one link, one after the other. */
export class RtcSessions {
  readonly #access: () => Promise<RoomAccess>;
  /** A join that was given up. The library can't be called off: it may still get in, and then has to leave. */
  #abandoned: Promise<void> = Promise.resolve();

  constructor(access: () => Promise<RoomAccess>) {
    this.#access = access;
  }

  /** Joins; rejects with a LinkError or the signal's reason, and then leaves nothing behind. */
  async join(onOver: (over: SessionOver) => void, signal: AbortSignal): Promise<RtcSession> {
    // Both would have the same identity, and the late one throw the other out.
    await orAbort(this.#abandoned, signal);
    const { url, token } = await orAbort(this.#access(), signal);
    const joining = connect(url, token);
    try {
      return new RtcSession(await orAbort(joining, signal), onOver);
    } catch (error) {
      this.#abandoned = joining.then(leave, () => undefined);
      throw signal.aborted ? error : refusal(error);
    }
  }
}

interface Stay {
  readonly room: Room;
  readonly stopListening: () => void;
}

/**
 * Rooms whose join this process was too slow to take (15 s): the library has dropped what they stand for. Collecting
 * one would end the process, by an error in its finalizer: “trying to drop an invalid handle”.
 */
const dropped = new Set<Room>();

async function connect(url: string, token: string): Promise<Stay> {
  const room = new Room();
  const { started, stopListening } = listening(() =>
    room.connect(url, token, { autoSubscribe: false, dynacast: false }),
  );
  try {
    await started;
    return { room, stopListening };
  } catch (error) {
    stopListening();
    if (room.isConnected) dropped.add(room);
    throw error;
  }
}

async function leave({ room, stopListening }: Stay): Promise<void> {
  await settledWithin(room.disconnect(), leaveDeadlineMs);
  stopListening();
}

export class RtcSession {
  readonly room: Room;
  readonly local: LocalParticipant;
  readonly #stay: Stay;
  readonly #onOver: (over: SessionOver) => void;
  #resumeTimer: NodeJS.Timeout | undefined;
  #over = false;

  /** Of a room that is connected. */
  constructor(stay: Stay, onOver: (over: SessionOver) => void) {
    const { room } = stay;
    if (room.localParticipant === undefined) throw new LinkError('LINK_LOST', 'the join was interrupted');
    this.#stay = stay;
    this.room = room;
    this.local = room.localParticipant;
    this.#onOver = onOver;
    room.on(RoomEvent.Disconnected, (reason) => this.#end(afterReason(DisconnectReason[reason])));
    room.on(RoomEvent.Reconnecting, () => {
      clearTimeout(this.#resumeTimer);
      this.#resumeTimer = setTimeout(
        () => this.#end({ kind: 'rejoin', cause: 'not resumed in time' }),
        resumeDeadlineMs,
      );
    });
    room.on(RoomEvent.Reconnected, () => clearTimeout(this.#resumeTimer));
  }

  /** Leaves the room at once. Idempotent. */
  async close(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#resumeTimer);
    await leave(this.#stay);
  }

  #end(over: SessionOver): void {
    clearTimeout(this.#resumeTimer);
    if (this.#over) return;
    this.#over = true;
    this.#onOver(over);
  }
}

/** The library's message may hold the address with the token in it: it is read, never passed on. */
function refusal(error: unknown): LinkError {
  if (error instanceof LinkError) return error;
  const text = error instanceof Error ? error.message : '';
  return /\b40[134]\b|unauthorized|invalid token|not authorized/i.test(text)
    ? new LinkError('LINK_REFUSED', 'the SFU refused the join')
    : new LinkError('LINK_UNREACHABLE', 'the SFU cannot be reached');
}
