import { crossG711, levelOfG711 } from './codecs/g711.ts';
import type { G711 } from './codecs/g711.ts';
import { MediaError } from './errors.ts';
import { Presence } from './presence.ts';
import type { LinkState } from './presence.ts';
import type {
  AudioCodec,
  Engine,
  HearSource,
  LegMediaConfig,
  LegStats,
  LinkFactory,
  Member,
  RoomAccess,
} from './ports.ts';
import type { RoomDirectory } from './room.ts';
import { RoomFeed } from './rtp/feed.ts';
import { newRtpView, parseRtp, readUint32 } from './rtp/packet.ts';
import type { LatchedPeer } from './rtp/latch.ts';
import type { RtpView } from './rtp/packet.ts';
import type { PortPair } from './rtp/ports.ts';
import { RtpStream } from './rtp/stream.ts';

export interface LegEvents {
  readonly digit: (digit: string) => void;
  readonly silent: (ms: number) => void;
  readonly mutedByHost: (muted: boolean) => void;
  readonly link: (state: LinkState) => void;
  readonly peer: (peer: LatchedPeer) => void;
}

export interface LegDeps {
  readonly engine: Engine;
  readonly links: LinkFactory;
  readonly rooms: RoomDirectory;
  readonly access: (room: string, identity: string) => Promise<RoomAccess>;
  readonly silenceMs: number;
  readonly now: () => number;
  readonly wallNow: () => number;
  readonly events: LegEvents;
}

export interface LegJoin {
  readonly room: string;
  readonly identity: string;
  readonly publish: 'auto' | 'opus';
}

/** What another process needs to go on with a leg's stream. */
export interface LegCheckpoint {
  readonly config: LegMediaConfig | null;
  readonly peer: LatchedPeer | null;
  readonly hear: HearSource;
  readonly muted: boolean;
}

interface CurrentPlay {
  readonly files: readonly string[];
  readonly loop: boolean;
  /** Counts the members that played it: only the last one's end is the play's end. */
  round: number;
  readonly resolve: (how: 'finished' | 'stopped') => void;
  readonly reject: (error: unknown) => void;
}

/** A caller's media on this node: its RTP session, its member in the engine, its presence in a room. */
export class MediaLeg {
  readonly id: string;
  readonly #deps: LegDeps;
  readonly #stream: RtpStream;
  readonly #publishView = newRtpView();
  readonly #publishFeed: RoomFeed;
  #feed: RoomFeed;
  #config: LegMediaConfig | null = null;
  #member: Member | null = null;
  #memberPublishes = false;
  #presence: Presence | null = null;
  /** A join under way: how to call it off, and when nothing of it is left. */
  #joining: { readonly abort: AbortController; readonly done: Promise<Presence> } | null = null;
  #hear: HearSource = 'nothing';
  #muted = false;
  #play: CurrentPlay | null = null;
  #publishedCodec: AudioCodec | null = null;
  #closing: Promise<void> | null = null;

  constructor(id: string, pair: PortPair, deps: LegDeps) {
    this.id = id;
    this.#deps = deps;
    this.#feed = new RoomFeed(8000, deps.now);
    this.#publishFeed = new RoomFeed(48_000, deps.now);
    this.#stream = new RtpStream(pair, deps, {
      onAudio: (packet, view) => this.#onAudio(packet, view),
      onTakenOut: (view) => this.#feed.skip(view),
      onDigit: deps.events.digit,
      onSilent: deps.events.silent,
      onPeer: deps.events.peer,
    });
  }

  configure(config: LegMediaConfig): void {
    const codecChanged = config.codec !== this.#config?.codec;
    this.#config = config;
    this.#stream.configure(config);
    if (!codecChanged) return;
    this.#feed = new RoomFeed(config.codec === 'opus' ? 48_000 : 8000, this.#deps.now);
    this.#openMember();
  }

  /** Goes on as the leg was in a process that died; before anything else. */
  restore(was: LegCheckpoint): void {
    if (was.config) this.configure(was.config);
    if (was.peer) this.#stream.restore(was.peer);
    this.hear(was.hear);
    this.setMuted(was.muted);
  }

  /** Resolves when it is over; a new play stops the last. Rejects with PROMPT_UNREADABLE. */
  play(files: readonly string[], loop: boolean): Promise<'finished' | 'stopped'> {
    const member = this.#requireMember();
    this.#play?.resolve('stopped');
    return new Promise((resolve, reject) => {
      const play: CurrentPlay = { files, loop, round: 0, resolve, reject };
      this.#play = play;
      this.#stream.changeSource();
      this.#startPlay(member, play);
    });
  }

  stopPlaying(): void {
    const play = this.#play;
    if (!play) return;
    this.#play = null;
    play.resolve('stopped');
    this.#member?.stopPlaying();
    this.#stream.changeSource();
  }

  hear(source: HearSource): void {
    this.#hear = source;
    this.#member?.setHearsRoom(source === 'room');
    this.#presence?.room.setHearing(this.id, source === 'room');
    this.#stream.changeSource();
  }

  /** Throws LEG_JOINED, ROOM_UNAVAILABLE or ABORTED. */
  async join(join: LegJoin): Promise<{ participantSid: string; codec: AudioCodec }> {
    const config = this.#config;
    this.#requireMember();
    if (!config || this.#presence || this.#joining)
      throw new MediaError('LEG_JOINED', `Leg ${this.id} is in a room.`);
    const abort = new AbortController();
    const done = Presence.enter({
      ...this.#deps,
      room: join.room,
      identity: join.identity,
      codec: join.publish === 'opus' ? 'opus' : config.codec,
      access: () => this.#deps.access(join.room, join.identity),
      signal: abort.signal,
      onMuted: (muted) => this.#mutedByHost(muted),
      onState: (state) => this.#onLinkState(state),
    });
    this.#joining = { abort, done };
    const presence = await done.finally(() => (this.#joining = null));
    if (abort.signal.aborted) {
      await presence.leave();
      throw new MediaError('ABORTED', 'The caller left while joining.');
    }
    this.#presence = presence;
    this.#publishedCodec = presence.link.codec;
    if (this.#muted) presence.link.setMuted(true);
    if (this.#transcodes() === this.#memberPublishes) this.#member?.join(presence.room.name);
    else this.#openMember();
    presence.room.setHearing(this.id, this.#hear === 'room');
    return { participantSid: presence.link.participantSid, codec: presence.link.codec };
  }

  async leave(): Promise<void> {
    this.#joining?.abort.abort();
    await this.#joining?.done.catch(() => undefined);
    const presence = this.#presence;
    if (!presence) return;
    this.#presence = null;
    this.#muted = false;
    this.#member?.setMuted(false);
    this.#member?.leave();
    presence.room.setHearing(this.id, false);
    await presence.leave();
  }

  /** Neither the room nor the mix gets the caller's voice; the room sees it. Holds until the leg leaves. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#presence?.link.setMuted(muted);
    this.#member?.setMuted(muted);
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#stream.tick();
  }

  stats(): LegStats {
    return { ...this.#stream.stats(), publishedCodec: this.#publishedCodec };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#stream.close();
    this.stopPlaying();
    const leaving = this.leave();
    this.#member?.close();
    this.#member = null;
    await leaving;
  }

  #requireMember(): Member {
    if (this.#member && !this.#closing) return this.#member;
    throw new MediaError('LEG_NOT_CONFIGURED', `Leg ${this.id} has no media yet, or no more.`);
  }

  /** Opus callers too: only who decodes them knows the level that the room needs (RFC 6464). */
  #transcodes(): boolean {
    return this.#presence?.link.codec === 'opus';
  }

  /** A new member for another codec or purpose; prompt, mute, room and hearing go over to it. */
  #openMember(): void {
    const config = this.#config;
    if (!config) return;
    const last = this.#member;
    this.#memberPublishes = this.#transcodes();
    const member = this.#deps.engine.openMember({
      id: this.id,
      codec: config.codec,
      payloadType: config.payloadType,
      role: 'leg',
      ...(this.#memberPublishes ? { publish: 'opus' as const } : {}),
    });
    member.onPacket = (packet) => this.#onHeard(packet);
    if (this.#memberPublishes) member.onPublish = (packet, level) => this.#onTranscoded(packet, level);
    member.setHearsRoom(this.#hear === 'room');
    member.setMuted(this.#muted);
    if (this.#presence) member.join(this.#presence.room.name);
    this.#member = member;
    if (this.#play) this.#startPlay(member, this.#play);
    last?.close();
    this.#stream.changeSource();
  }

  #startPlay(member: Member, play: CurrentPlay): void {
    const round = ++play.round;
    const end = () => {
      if (play.round !== round) return false;
      if (this.#play === play) {
        this.#play = null;
        this.#stream.changeSource();
      }
      return true;
    };
    member.play(play.files, play.loop).then(
      (how) => {
        if (end()) play.resolve(how);
      },
      (error: unknown) => {
        if (end()) play.reject(error);
      },
    );
  }

  /** The caller's voice, packet path. */
  #onAudio(packet: Buffer, view: RtpView): void {
    if (this.#hear === 'echo') {
      if (!this.#play) this.#stream.send(packet, view.timestamp);
      return;
    }
    const presence = this.#presence;
    if (!presence || this.#muted) {
      this.#feed.skip(view);
      return;
    }
    if (!this.#feed.pass(packet, view)) return;
    const codec = this.#config?.codec;
    if (codec !== 'opus' && codec !== undefined && !this.#memberPublishes) {
      const level = levelOfG711(codec, packet, view.payloadStart, view.payloadEnd);
      const published = presence.link.codec;
      presence.link.write(
        published === codec ? packet : crossed(packet, codec, view.payloadStart, view.payloadEnd),
        level,
      );
    }
    this.#member?.write(packet);
  }

  /** The mix or a prompt, packet path. */
  #onHeard(packet: Buffer): void {
    if (this.#hear === 'echo' && !this.#play) return;
    this.#stream.send(packet, readUint32(packet, 4));
  }

  /** The caller's voice in Opus, packet path. */
  #onTranscoded(packet: Buffer, levelDbov: number): void {
    const presence = this.#presence;
    const view = this.#publishView;
    if (!presence || this.#muted || !parseRtp(packet, view)) return;
    if (this.#publishFeed.pass(packet, view)) presence.link.write(packet, levelDbov);
  }

  #mutedByHost(muted: boolean): void {
    this.#muted = muted;
    this.#member?.setMuted(muted);
    this.#deps.events.mutedByHost(muted);
  }

  #onLinkState(state: LinkState): void {
    this.#deps.events.link(state);
    if (state !== 'lost' && state !== 'restored') void this.leave().catch(() => undefined);
  }
}

/** The link was opened in the other law before the call changed its codec: rare, so a copy is fine. */
function crossed(packet: Buffer, from: G711, start: number, end: number): Buffer {
  const copy = Buffer.from(packet);
  crossG711(from, copy, start, end);
  return copy;
}
