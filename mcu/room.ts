import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from './deadline.ts';
import { MediaError, messageOf } from './errors.ts';
import { RoomPictures } from './room-pictures.ts';
import { seatOf } from './seat.ts';
import type {
  AudioCodec,
  Engine,
  LinkFactory,
  Log,
  Member,
  RemoteTrack,
  RoomAccess,
  RoomParticipant,
  SubscribingLink,
  SubscribingLinkOptions,
} from './ports.ts';

/** A join that takes longer has failed. */
const joinDeadlineMs = 12_000;
const firstPauseMs = 500;
const longestPauseMs = 5000;

/** Payload types of the packets that an engine makes of a participant's codec; only heard, so never seen. */
const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 } as const;

export type ParticipantListener = (participants: readonly RoomParticipant[]) => void;

export interface RoomDeps {
  readonly engine: Engine;
  readonly links: LinkFactory;
  readonly access: () => Promise<RoomAccess>;
  readonly log: Log;
}

/**
 * A room as this node sees it: one hidden link for all callers and watchers here, and an engine member for each
 * foreign audio track, as long as somebody here hears the room.
 */
export class NodeRoom {
  readonly name: string;
  /** Resolves when the hidden link is in the room; rejects with ROOM_UNAVAILABLE. */
  readonly ready: Promise<void>;
  /** Null: rooms have sound only here. */
  readonly pictures: RoomPictures | null;
  readonly #deps: RoomDeps;
  readonly #stop = new AbortController();
  readonly #own = new Map<string, number>();
  readonly #hearing = new Set<string>();
  readonly #watchers = new Set<ParticipantListener>();
  readonly #members = new Map<string, Member>();
  #link: SubscribingLink | null = null;
  #known: readonly Omit<RoomParticipant, 'own'>[] = [];
  #tracks: readonly RemoteTrack[] = [];
  /** Counts the links, so that a former link's late calls are told from the present one's. */
  #generation = 0;
  #closing: Promise<void> | null = null;

  constructor(name: string, deps: RoomDeps) {
    this.name = name;
    this.#deps = deps;
    const { pictures } = deps.engine;
    this.pictures = pictures && new RoomPictures(pictures, name);
    this.ready = this.#subscribe().catch((error: unknown) => {
      throw new MediaError('ROOM_UNAVAILABLE', `Room ${name}: ${messageOf(error)}`, error);
    });
    // Whoever enters awaits it; a room that all left before is nobody's failure.
    this.ready.catch(() => undefined);
  }

  participants(): readonly RoomParticipant[] {
    return this.#known.map((participant) => ({ ...participant, own: this.#own.has(participant.identity) }));
  }

  watch(listener: ParticipantListener): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** An identity that this node publishes: its tracks are never taken. Counted, as a caller may come back. */
  addOwn(identity: string): void {
    this.#own.set(identity, (this.#own.get(identity) ?? 0) + 1);
    this.#changed();
  }

  removeOwn(identity: string): void {
    const count = (this.#own.get(identity) ?? 0) - 1;
    if (count > 0) this.#own.set(identity, count);
    else this.#own.delete(identity);
    this.#changed();
  }

  setHearing(leg: string, hears: boolean): void {
    if (hears) this.#hearing.add(leg);
    else this.#hearing.delete(leg);
    this.#follow();
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#stop.abort();
    this.#watchers.clear();
    const link = this.#link;
    this.#drop();
    this.pictures?.close();
    await link?.close();
  }

  async #subscribe(): Promise<void> {
    const generation = ++this.#generation;
    const current = () => generation === this.#generation && !this.#stop.signal.aborted;
    const options: SubscribingLinkOptions = {
      access: this.#deps.access,
      onParticipants: (participants) => {
        if (!current()) return;
        this.#known = participants;
        this.#changed();
      },
      onTracks: (tracks) => {
        if (!current()) return;
        this.#tracks = tracks;
        this.#follow();
      },
      onPacket: (trackSid, packet) => {
        if (this.pictures?.write(trackSid, packet) !== true) this.#members.get(trackSid)?.write(packet);
      },
      onSpeakers: (speakers) => {
        if (current()) this.pictures?.speak(speakers);
      },
      onState: (state) => this.#deps.log.info({ room: this.name, state }, 'room link changed'),
      onEnd: (end) => {
        if (!current()) return;
        this.#deps.log.warn({ room: this.name, end }, 'room link ended and is opened again');
        this.#drop();
        this.#changed();
        void this.#comeBack();
      },
    };
    const link = await withDeadline(joinDeadlineMs, [this.#stop.signal], (signal) =>
      this.#deps.links.subscribe(options, signal),
    );
    if (!current()) {
      await link.close();
      return;
    }
    this.#link = link;
    this.pictures?.setLink(link);
    this.#follow();
  }

  async #comeBack(): Promise<void> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      try {
        await this.#subscribe();
        return;
      } catch (error) {
        this.#deps.log.warn({ room: this.name, error: messageOf(error) }, 'room link can not be opened');
      }
    }
  }

  #drop(): void {
    this.#generation++;
    this.#link = null;
    this.pictures?.setLink(null);
    this.#known = [];
    this.#tracks = [];
    for (const member of this.#members.values()) member.close();
    this.#members.clear();
  }

  #changed(): void {
    this.#follow();
    if (this.#watchers.size === 0) return;
    const participants = this.participants();
    for (const listener of this.#watchers) listener(participants);
  }

  /** Takes the tracks that somebody here hears, leaves the others. */
  #follow(): void {
    const link = this.#link;
    if (!link) return;
    this.pictures?.follow(this.#known, this.#tracks, (identity) => this.#own.has(identity));
    const wanted = new Map(
      (this.#hearing.size === 0 ? [] : this.#tracks)
        .filter((track) => track.kind === 'audio' && !this.#own.has(track.participantIdentity))
        .flatMap((track) =>
          isAudio(track.codec) ? [[track.sid, { track, codec: track.codec }] as const] : [],
        ),
    );
    const leaving = [...this.#members.keys()].filter((sid) => !wanted.has(sid));
    for (const sid of leaving) {
      this.#members.get(sid)?.close();
      this.#members.delete(sid);
    }
    const coming: string[] = [];
    for (const [sid, { track, codec }] of wanted) {
      if (this.#members.has(sid)) continue;
      const payloadType = payloadTypes[codec];
      const member = this.#deps.engine.openMember({
        id: sid,
        seat: seatOf(track),
        codec,
        payloadType,
        role: 'participant',
      });
      member.join(this.name);
      this.#members.set(sid, member);
      coming.push(sid);
    }
    if (leaving.length > 0) link.setSubscribed(leaving, false);
    if (coming.length > 0) link.setSubscribed(coming, true);
  }
}

function isAudio(codec: RemoteTrack['codec']): codec is AudioCodec {
  return codec in payloadTypes;
}

/** The rooms that somebody on this node is in or watches; each lives from its first user to its last. */
export class RoomDirectory {
  readonly #rooms = new Map<string, { readonly room: NodeRoom; users: number }>();
  readonly #open: (name: string) => NodeRoom;
  readonly #onCount: () => void;

  constructor(open: (name: string) => NodeRoom, onCount: () => void) {
    this.#open = open;
    this.#onCount = onCount;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** Gives the room and the way out of it, which may be taken once or more often. */
  enter(name: string): { readonly room: NodeRoom; readonly exit: () => Promise<void> } {
    let entry = this.#rooms.get(name);
    if (!entry) {
      entry = { room: this.#open(name), users: 0 };
      this.#rooms.set(name, entry);
      this.#onCount();
    }
    const { room } = entry;
    const mine = entry;
    mine.users++;
    let inside = true;
    return {
      room,
      exit: async () => {
        if (!inside) return;
        inside = false;
        if (--mine.users > 0) return;
        if (this.#rooms.get(name) === mine) {
          this.#rooms.delete(name);
          this.#onCount();
        }
        await room.close();
      },
    };
  }
}
