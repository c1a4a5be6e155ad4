import type { DtlsIdentity } from './dtls/identity.ts';
import { MediaError } from './errors.ts';
import { LegPrompts } from './leg-prompts.ts';
import { LegVoice } from './leg-voice.ts';
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
  MemberFigures,
  RoomAccess,
  RoomCodec,
} from './ports.ts';
import type { RoomDirectory } from './room.ts';
import { AudioStream } from './rtp/audio-stream.ts';
import type { LatchedPeer } from './rtp/latch.ts';
import type { PathCheckpoint, PathFailure } from './rtp/media-path.ts';
import { readUint32 } from './rtp/packet.ts';
import type { RtpView } from './rtp/packet.ts';
import type { PortPair } from './rtp/ports.ts';
import { SecureTransport } from './rtp/secure-transport.ts';
import { LegFigures } from './quality/figures.ts';
import type { SrtpCheckpoint } from './srtp/types.ts';

export interface LegEvents {
  readonly digit: (digit: string) => void;
  readonly silent: (ms: number) => void;
  readonly heard: () => void;
  /** Every few seconds, once there is media. */
  readonly stats: (stats: LegStats) => void;
  readonly mutedByHost: (muted: boolean) => void;
  readonly link: (state: LinkState) => void;
  readonly peer: (peer: LatchedPeer) => void;
  readonly path: (checkpoint: PathCheckpoint) => void;
  readonly srtp: (checkpoint: SrtpCheckpoint) => void;
  /** There will be no media. */
  readonly failed: (failure: PathFailure, detail: string) => void;
}

export interface LegDeps {
  readonly engine: Engine;
  readonly links: LinkFactory;
  readonly rooms: RoomDirectory;
  readonly access: (room: string, identity: string) => Promise<RoomAccess>;
  readonly silenceMs: number;
  readonly identity: DtlsIdentity;
  readonly iceMode: 'full' | 'lite';
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
  readonly path: PathCheckpoint | null;
  readonly srtp: SrtpCheckpoint | null;
  readonly hear: HearSource;
  readonly muted: boolean;
  /** Its silence was told. */
  readonly silent: boolean;
}

/** A caller's media on this node: its way to the peer, its audio, its member in the engine, its presence in a room. */
export class MediaLeg {
  readonly id: string;
  readonly #deps: LegDeps;
  readonly #way: SecureTransport;
  readonly #audio: AudioStream;
  readonly #figures: LegFigures;
  readonly #voice: LegVoice;
  readonly #prompts = new LegPrompts(() => this.#audio.changeSource());
  #config: LegMediaConfig | null = null;
  #member: Member | null = null;
  #presence: Presence | null = null;
  /** A join under way: how to call it off, and when nothing of it is left. */
  #joining: { readonly abort: AbortController; readonly done: Promise<Presence> } | null = null;
  #hear: HearSource = 'nothing';
  #publishedCodec: RoomCodec | null = null;
  /** Of what we send, as the peer reports; null: it didn't yet. */
  #peerLossPercent: number | null = null;
  #closing: Promise<void> | null = null;

  constructor(id: string, pair: PortPair, deps: LegDeps) {
    this.id = id;
    this.#deps = deps;
    this.#voice = new LegVoice(deps.now);
    this.#figures = new LegFigures(deps.now, (figures) => deps.events.stats(this.#statsWith(figures)));
    this.#way = new SecureTransport(pair, deps, {
      onPeer: deps.events.peer,
      onSilent: deps.events.silent,
      onHeard: deps.events.heard,
      onNewKey: () => this.#audio.changeSsrc(),
      onCheckpoint: deps.events.path,
      onSrtp: deps.events.srtp,
      onFailed: deps.events.failed,
    });
    this.#audio = new AudioStream(this.#way.transport, deps, {
      onAudio: (packet, view, codec) => this.#onAudio(packet, view, codec),
      onTakenOut: (view) => this.#voice.skip(view),
      onDigit: deps.events.digit,
      onPeerLoss: (percent) => {
        this.#peerLossPercent = percent;
        this.#member?.expectLoss(percent);
      },
      figures: () => this.#figures.latest,
    });
  }

  configure(config: LegMediaConfig): void {
    const last = this.#config;
    this.#config = config;
    this.#audio.configure(config);
    this.#way.connect(config);
    if (formatsOf(config) === (last && formatsOf(last))) return;
    this.#openMember();
  }

  /** Goes on as the leg was in a process that died; before anything else. */
  restore(was: LegCheckpoint): void {
    if (was.path) this.#way.restorePath(was.path);
    if (was.config) this.configure(was.config);
    this.#way.restore(was.peer, was.silent, was.srtp);
    this.hear(was.hear);
    this.setMuted(was.muted);
  }

  /** Resolves when it is over; a new play stops the last. Rejects with PROMPT_UNREADABLE. */
  play(files: readonly string[], loop: boolean): Promise<'finished' | 'stopped'> {
    return this.#prompts.play(this.#requireMember(), files, loop);
  }

  stopPlaying(): void {
    this.#prompts.stop(this.#member);
  }

  hear(source: HearSource): void {
    this.#hear = source;
    this.#member?.setHearsRoom(source === 'room');
    this.#presence?.room.setHearing(this.id, source === 'room');
    this.#audio.changeSource();
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
    if (this.#voice.muted) presence.link.setMuted(true);
    this.#voice.enter(presence.link);
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
    this.#voice.muted = false;
    this.#voice.leave();
    this.#member?.setMuted(false);
    this.#member?.leave();
    presence.room.setHearing(this.id, false);
    await presence.leave();
  }

  /** Neither the room nor the mix gets the caller's voice; the room sees it. Holds until the leg leaves. */
  setMuted(muted: boolean): void {
    this.#voice.muted = muted;
    this.#presence?.link.setMuted(muted);
    this.#member?.setMuted(muted);
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#audio.tick();
    this.#way.tick();
    this.#figures.tick();
  }

  async stats(): Promise<LegStats> {
    return this.#statsWith(await this.#figures.refresh());
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    this.#audio.close();
    this.#way.close();
    this.stopPlaying();
    const leaving = this.leave();
    this.#voice.release();
    this.#member?.close();
    this.#member = null;
    await leaving;
  }

  #statsWith(figures: MemberFigures): LegStats {
    return { ...this.#audio.stats(figures), publishedCodec: this.#publishedCodec };
  }

  #requireMember(): Member {
    if (this.#member && !this.#closing) return this.#member;
    throw new MediaError('LEG_NOT_CONFIGURED', `Leg ${this.id} has no media yet, or no more.`);
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
    member.setHearsRoom(this.#hear === 'room');
    member.setMuted(this.#voice.muted);
    if (this.#peerLossPercent !== null) member.expectLoss(this.#peerLossPercent);
    if (this.#presence) member.join(this.#presence.room.name);
    this.#member = member;
    this.#figures.follow(member);
    this.#voice.follow(member, codec);
    this.#prompts.goOn(member);
    last?.close();
    this.#audio.changeSource();
  }

  /** The caller's voice, packet path. */
  #onAudio(packet: Buffer, view: RtpView, codec: AudioCodec): void {
    if (this.#hear !== 'echo') this.#voice.write(packet, view, codec);
    else if (!this.#prompts.playing) this.#audio.reflect(packet, view);
  }

  /** The mix or a prompt, packet path. */
  #onHeard(packet: Buffer): void {
    if (this.#hear === 'echo' && !this.#prompts.playing) return;
    this.#audio.send(packet, readUint32(packet, 4));
  }

  #mutedByHost(muted: boolean): void {
    this.#voice.muted = muted;
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
