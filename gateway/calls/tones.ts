import { TONES } from '../prompts/prompts.ts';
import type { RoomParticipant } from '../ports.ts';

/** In larger rooms people come and go all the time; nobody wants to hear each of them. */
const largestRoomWithTones = 20;

interface Known {
  /** Callers of this gateway who are in the room or wait at its door. */
  visits: number;
  /** Null: nobody has looked yet. */
  identities: ReadonlySet<string> | null;
}

/**
 * Says by a tone who comes and goes, once for each change however many callers see it. The tone goes into the
 * room's mix, so it cuts nobody's prompt short.
 */
export class RoomTones {
  readonly #rooms = new Map<string, Known>();
  readonly #play: (room: string, file: string) => void;

  constructor(play: (room: string, file: string) => void) {
    this.#play = play;
  }

  enter(room: string): void {
    const known = this.#rooms.get(room) ?? { visits: 0, identities: null };
    known.visits += 1;
    this.#rooms.set(room, known);
  }

  leave(room: string): void {
    const known = this.#rooms.get(room);
    if (!known) return;
    known.visits -= 1;
    if (known.visits === 0) this.#rooms.delete(room);
  }

  saw(room: string, participants: readonly RoomParticipant[]): void {
    const known = this.#rooms.get(room);
    if (!known) return;
    const before = known.identities;
    const now = new Set(participants.map(({ identity }) => identity));
    known.identities = now;
    if (before === null || now.size > largestRoomWithTones) return;
    if ([...now].some((identity) => !before.has(identity))) this.#play(room, TONES.join);
    else if ([...before].some((identity) => !now.has(identity))) this.#play(room, TONES.leave);
  }
}
