import { LegError } from '../errors.ts';
import type { Joined, MediaLeg, MediaNode, RoomService, RoomWatch } from '../ports.ts';
import { companyOf } from '../rooms/company.ts';
import type { CallerName } from '../rooms/identity.ts';
import type { RoomTones } from './tones.ts';
import type { Company } from './types.ts';

interface VisitDeps {
  readonly node: MediaNode;
  readonly media: MediaLeg;
  readonly rooms: RoomService;
  readonly publish: 'auto' | 'opus';
  readonly tones: RoomTones;
  readonly onCompany: (company: Company) => void;
}

/** A caller's stay in one room: first a look into it, then a participant of its own. */
export class Visit {
  readonly room: string;
  identity: string | null = null;
  joined: Joined | null = null;
  readonly #deps: VisitDeps;
  readonly #watch: Promise<RoomWatch>;
  #company: Company = { others: 0, hostPresent: false };
  #over = false;

  constructor(room: string, deps: VisitDeps) {
    this.room = room;
    this.#deps = deps;
    deps.tones.enter(room);
    this.#watch = this.#openWatch();
    // Whoever joins awaits it too; alone it must not count as unhandled.
    this.#watch.catch(() => undefined);
  }

  get company(): Company {
    return this.#company;
  }

  /** Resolves when the room can be seen; rejects when it can't. */
  async seen(): Promise<void> {
    await this.#watch;
  }

  /**
   * The watch comes first, so that nobody in the room already has the identity. With `most` in the room, those on
   * their way into it from here counted, it throws a `LegError` for `meeting-full`.
   */
  async join(
    name: (taken: (identity: string) => boolean) => CallerName,
    most: number | null = null,
  ): Promise<void> {
    const { media, rooms, publish } = this.#deps;
    const watch = await this.#watch;
    const present = new Set(watch.participants().map((participant) => participant.identity));
    const caller = name((identity) => present.has(identity) || rooms.isTaken(this.room, identity));
    if (this.#over) return;
    if (most !== null && new Set([...present, ...rooms.registered(this.room)]).size >= most)
      throw new LegError('meeting-full');
    this.identity = caller.identity;
    rooms.register({ room: this.room, ...caller });
    this.joined = await media.join({ room: this.room, identity: caller.identity, publish });
    this.#look(watch);
  }

  /** Leaves no participant behind, also when a join was still under way. */
  async end(): Promise<void> {
    this.#over = true;
    const { media, rooms, tones } = this.#deps;
    tones.leave(this.room);
    const watch = await this.#watch.catch(() => null);
    await Promise.allSettled([watch?.close(), this.identity === null ? undefined : media.leave()]);
    if (this.identity !== null) await rooms.forget(this.room, this.identity);
  }

  async #openWatch(): Promise<RoomWatch> {
    const watch = await this.#deps.node.watchRoom(this.room);
    watch.onChange(() => this.#look(watch));
    this.#look(watch);
    return watch;
  }

  #look(watch: RoomWatch): void {
    if (this.#over) return;
    this.#deps.tones.saw(this.room, watch.participants());
    this.#company = companyOf(watch.participants(), this.identity);
    this.#deps.onCompany(this.#company);
  }
}
