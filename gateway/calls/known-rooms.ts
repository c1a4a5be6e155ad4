import { inTime } from '../in-time.ts';
import { messageOf } from '../errors.ts';
import type { Log, Meeting, MeetingStore } from '../ports.ts';

/** What a meeting says of a room, for whoever comes in without its PIN. */
export type RoomRules = Omit<Meeting, 'pins'>;

/** How long a caller waits for the database. */
const databaseMs = 5000;
/** Some 5 MB at most. */
const mostRooms = 10_000;

/** The meetings of rooms that dial plans name. While the database is away, as they were seen last. */
export class KnownRooms {
  readonly #meetings: Pick<MeetingStore, 'findByRoom'>;
  readonly #log: Log;
  /** In the order in which they were seen; null: no meeting names it. */
  readonly #seen = new Map<string, RoomRules | null>();

  constructor(meetings: Pick<MeetingStore, 'findByRoom'>, log: Log) {
    this.#meetings = meetings;
    this.#log = log;
  }

  /**
   * Null: only the dial plan says what holds. Throws `LegError` while the database is away, when the room was never
   * seen and `needed` says that nobody comes in by the dial plan alone.
   */
  async find(tenant: string, room: string, needed: boolean): Promise<RoomRules | null> {
    const key = `${tenant}\0${room}`;
    try {
      const found = await inTime(databaseMs, 'database-unavailable', this.#meetings.findByRoom(tenant, room));
      this.#note(key, found);
      return found;
    } catch (error) {
      const seen = this.#seen.get(key);
      if (seen === undefined && needed) throw error;
      this.#log.warn(
        { room, seen: seen !== undefined, cause: messageOf(error) },
        'room not looked up, caller goes on',
      );
      return seen ?? null;
    }
  }

  #note(key: string, meeting: Meeting | null): void {
    let rules: RoomRules | null = null;
    if (meeting) {
      const { pins: _pins, ...rest } = meeting;
      rules = rest;
    }
    this.#seen.delete(key);
    this.#seen.set(key, rules);
    if (this.#seen.size <= mostRooms) return;
    const [oldest] = this.#seen.keys();
    this.#seen.delete(oldest);
  }
}
