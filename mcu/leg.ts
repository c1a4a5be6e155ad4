import { clockHzOf } from './codecs/codec.ts';
import { crossG711, levelOfG711 } from './codecs/g711.ts';
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
  RoomCodec,
  VoiceBack,
} from './ports.ts';
import type { RoomDirectory } from './room.ts';
import { RoomFeed } from './rtp/feed.ts';
import { newRtpView, parseRtp, readUint32 } from './rtp/packet.ts';
import type { LatchedPeer } from './rtp/latch.ts';
import type { RtpView } from './rtp/packet.ts';
import type { PortPair } from './rtp/ports.ts';
import { LegFigures } from './quality/figures.ts';
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
  readonly #figures: LegFigures;
  /** The caller's packets without digits and held passages, for engine and room. */
  #feed: RoomFeed;
  /** What goes into the room, whether as it came or from the engine. */
  #roomFeed: RoomFeed;
  readonly #roomView = newRtpView();
  #config: LegMediaConfig | null = null;
  /** Codec of the caller's last packet: it may be any of those agreed. */
  #spoken: AudioCodec | null = null;
  #member: Member | null = null;
  #voiceBack: VoiceBack = 'nothing';
  /** Of a voice that goes into the room as it came, while only the engine decodes it. */
  #levelDbov = 127;
  #presence: Presence | null = null;
  /** A join under way: how to call it off, and when nothing of it is left. */
  #joining: { readonly abort: AbortController; readonly done: Promise<Presence> } | null = null;
  #hear: HearSource = 'nothing';
  #muted = false;
  #play: CurrentPlay | null = null;
  #publishedCodec: RoomCodec | null = null;
  #closing: Promise<void> | null = null;

  constructor(id: string, pair: PortPair, deps: LegDeps) {
    this.id = id;
    this.#deps = deps;
    this.#feed = new RoomFeed(8000, deps.now);
    this.#roomFeed = new RoomFeed(8000, deps.now);
    this.#figures = new LegFigures(deps.now);
    this.#stream = new RtpStream(pair, deps, {
      onAudio: (packet, view, codec) => this.#onAudio(packet, view, codec),
      onTakenOut: (view) => this.#feed.skip(view),
      onDigit: deps.events.digit,
      onSilent: deps.events.silent,
      onPeer: deps.events.peer,
      figures: () => this.#figures.latest,
    });
  }

  configure(config: LegMediaConfig): void {
    const last = this.#config;
    this.#config = config;
    this.#stream.configure(config);
    if (formatsOf(config) === (last && formatsOf(last))) return;
    this.#feed = new RoomFeed(clockHzOf(config.codec), this.#deps.now);
    this.#spoken = config.codec;
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
  async join(join: LegJoin): Promise<{ participantSid: string; codec: RoomCodec }> {
    const config = this.#config;
    this.#requireMember();
    if (!config || this.#presence || this.#joining)
      throw new MediaError('LEG_JOINED', `Leg ${this.id} is in a room.`);
    const abort = new AbortController();
    const done = Presence.enter({
      ...this.#deps,
      room: join.room,
      identity: join.identity,
      // LiveKit has no G.722.
      codec: join.publish === 'opus' || config.codec === 'G722' ? 'opus' : config.codec,
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
    this.#roomFeed = new RoomFeed(clockHzOf(presence.link.codec), this.#deps.now);
    this.#followVoice();
    this.#member?.join(presence.room.name);
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
    this.#followVoice();
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
    this.#figures.tick();
  }

  async stats(): Promise<LegStats> {
    const figures = await this.#figures.refresh();
    return { ...this.#stream.stats(figures), publishedCodec: this.#publishedCodec };
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

  /** Asks the engine for what the room needs of the caller's voice, besides what the caller sends. */
  #followVoice(): void {
    this.#voiceBack = voiceBackFor(this.#spoken, this.#presence?.link.codec);
    this.#levelDbov = 127;
    this.#member?.setVoiceBack(this.#voiceBack);
  }

  /** A new member for other formats; prompt, mute, room and hearing go over to it. */
  #openMember(): void {
    const config = this.#config;
    if (!config) return;
    const last = this.#member;
    const { codec, payloadType, alternatives = [], opus } = config;
    const member = this.#deps.engine.openMember({
      id: this.id,
      codec,
      payloadType,
      alternatives,
      ...(opus && { opus }),
      role: 'leg',
    });
    member.onPacket = (packet) => this.#onHeard(packet);
    member.onPublish = (packet, level) => this.#toRoom(packet, level);
    member.onLevel = (level) => (this.#levelDbov = level);
    member.setHearsRoom(this.#hear === 'room');
    member.setMuted(this.#muted);
    if (this.#presence) member.join(this.#presence.room.name);
    this.#member = member;
    this.#figures.follow(member);
    this.#followVoice();
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
  #onAudio(packet: Buffer, view: RtpView, codec: AudioCodec): void {
    if (this.#hear === 'echo') {
      if (!this.#play) this.#stream.reflect(packet, view);
      return;
    }
    const presence = this.#presence;
    if (!presence || this.#muted) {
      this.#feed.skip(view);
      return;
    }
    if (!this.#feed.pass(packet, view)) return;
    if (codec !== this.#spoken) {
      this.#spoken = codec;
      this.#followVoice();
    }
    this.#member?.write(packet);
    const { codec: roomCodec } = presence.link;
    if (codec === 'opus') {
      if (roomCodec === 'opus') this.#toRoom(packet, this.#levelDbov);
    } else if (codec !== 'G722' && roomCodec !== 'opus') {
      const level = levelOfG711(codec, packet, view.payloadStart, view.payloadEnd);
      // The link was opened in the other law: the engine has read the packet, so it may be changed.
      if (codec !== roomCodec) crossG711(codec, packet, view.payloadStart, view.payloadEnd);
      this.#toRoom(packet, level);
    }
  }

  /** A packet in the link's codec, the caller's own or the engine's. */
  #toRoom(packet: Buffer, levelDbov: number): void {
    const presence = this.#presence;
    const view = this.#roomView;
    if (!presence || this.#muted || !parseRtp(packet, view)) return;
    if (this.#roomFeed.pass(packet, view)) presence.link.write(packet, levelDbov);
  }

  /** The mix or a prompt, packet path. */
  #onHeard(packet: Buffer): void {
    if (this.#hear === 'echo' && !this.#play) return;
    this.#stream.send(packet, readUint32(packet, 4));
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

/** Equal for configurations that one engine member can serve. */
function formatsOf({ codec, payloadType, alternatives, opus }: LegMediaConfig): string {
  return JSON.stringify([codec, payloadType, alternatives, opus]);
}

/** What the engine has to give back of a voice in one codec for a room that takes another. */
function voiceBackFor(spoken: AudioCodec | null, room: RoomCodec | undefined): VoiceBack {
  if (spoken === null || room === undefined) return 'nothing';
  // Untouched; but only who decodes it knows the level that the room needs (RFC 6464).
  if (spoken === 'opus' && room === 'opus') return 'level';
  const isG711 = spoken === 'PCMU' || spoken === 'PCMA';
  return isG711 && room !== 'opus' ? 'nothing' : room;
}
