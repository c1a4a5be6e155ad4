import { MediaError } from './errors.ts';
import type { LegCheckpoint, LegDeps, LegJoin } from './leg-contract.ts';
import { LegPrompts } from './leg-prompts.ts';
import { VideoLine } from './leg-video-line.ts';
import type { BindPorts } from './leg-video-line.ts';
import { LegVoice } from './leg-voice.ts';
import { Presence } from './presence.ts';
import type { LinkState } from './presence.ts';
import type {
  AudioCodec,
  HearSource,
  LegMediaConfig,
  LegStats,
  LegVideoPorts,
  Member,
  MemberFigures,
  RoomCodec,
  ViewerLook,
} from './ports.ts';
import { AudioStream } from './rtp/audio-stream.ts';
import { readUint32 } from './rtp/packet.ts';
import type { RtpView } from './rtp/packet.ts';
import type { PortPair } from './rtp/ports.ts';
import { SecureTransport } from './rtp/secure-transport.ts';
import { LegFigures } from './quality/figures.ts';

/** A caller's media on this node: its way to the peer, its audio, its member in the engine, its presence in a room. */
export class MediaLeg {
  readonly id: string;
  readonly #deps: LegDeps;
  readonly #way: SecureTransport;
  readonly #audio: AudioStream;
  readonly #figures: LegFigures;
  readonly #voice: LegVoice;
  readonly #video: VideoLine;
  readonly #prompts = new LegPrompts(() => this.#audio.changeSource());
  #config: LegMediaConfig | null = null;
  #member: Member | null = null;
  #presence: Presence | null = null;
  /** A join under way: how to call it off, and when nothing of it is left. */
  #joining: { readonly abort: AbortController; readonly done: Promise<Presence> } | null = null;
  #hear: HearSource = 'nothing';
  /** The engine's room that it talks in; null: none, or one of LiveKit's. */
  #connected: string | null = null;
  #publishedCodec: RoomCodec | null = null;
  /** Of what we send, as the peer reports; null: it didn't yet. */
  #peerLossPercent: number | null = null;
  #closing: Promise<void> | null = null;

  constructor(id: string, pair: PortPair, deps: LegDeps) {
    this.id = id;
    this.#deps = deps;
    this.#video = new VideoLine(id, deps);
    const clock = this.#video.clock.stream();
    this.#voice = new LegVoice(deps.now, () =>
      clock.capturedOf(deps.wallNow() - (this.#figures.latest.playoutDelayMs ?? 0)),
    );
    this.#figures = new LegFigures(deps.now, (figures) => deps.events.stats(this.#statsWith(figures)));
    this.#way = new SecureTransport(pair, deps, {
      onPeer: (peer) => deps.events.peer('audio', peer),
      onSilent: deps.events.silent,
      onHeard: deps.events.heard,
      onNewKey: () => this.#audio.changeSsrc(),
      onCheckpoint: (path) => deps.events.path('audio', path),
      onSrtp: (srtp) => deps.events.srtp('audio', srtp),
      onFailed: deps.events.failed,
    });
    this.#audio = new AudioStream(
      this.#way.transport,
      { ...deps, cname: this.#video.cname, clock },
      {
        onAudio: (packet, view, codec, capturedMs) => this.#onAudio(packet, view, codec, capturedMs),
        onTakenOut: (view) => this.#voice.skip(view),
        onDigit: deps.events.digit,
        onPeerLoss: (percent) => {
          this.#peerLossPercent = percent;
          this.#member?.expectLoss(percent);
        },
        figures: () => this.#figures.latest,
      },
    );
  }

  /** See `VideoLine.open`. */
  openVideo(bind: BindPorts): Promise<LegVideoPorts> {
    return this.#video.open(bind);
  }

  configure(config: LegMediaConfig): void {
    const last = this.#config;
    this.#config = config;
    this.#audio.configure(config);
    this.#way.connect(config);
    this.#video.configure(config);
    if (formatsOf(config) === (last && formatsOf(last))) return;
    this.#openMember();
  }

  /** Goes on as the leg was in a process that died; before anything else. */
  restore(was: LegCheckpoint): void {
    if (was.path) this.#way.restorePath(was.path);
    if (was.video) this.#video.restorePath(was.video);
    this.look(was.look);
    if (was.config) this.configure(was.config);
    this.#way.restore(was.peer, was.silent, was.srtp);
    if (was.video) this.#video.restore(was.video);
    this.connect(was.connected);
    this.hear(was.hear);
    this.setMuted(was.muted);
    if (was.cameraMuted) this.#video.muteCamera();
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
    this.#video.setSeesRoom(source === 'room');
    this.#audio.changeSource();
  }

  /** How the caller sees the room, and what over it or instead of it. */
  look(look: ViewerLook): void {
    this.#video.look(look);
  }

  /** The peer asks for a key frame of what it sees, by signalling. */
  requestKeyFrame(): void {
    this.#video.requestKeyFrame();
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
    this.#video.enter(presence);
    return { participantSid: presence.link.participantSid, codec: presence.link.codec };
  }

  async leave(): Promise<void> {
    this.#joining?.abort.abort();
    await this.#joining?.done.catch(() => undefined);
    const presence = this.#presence;
    if (!presence) return;
    this.#presence = null;
    this.#video.leave();
    this.#speak(presence, null);
    this.#voice.muted = false;
    this.#voice.leave();
    this.#member?.setMuted(false);
    this.#member?.leave();
    presence.room.setHearing(this.id, false);
    await presence.leave();
  }

  /** Talks with whoever is in the engine's room of that name, which is no room of LiveKit's; null: no more. */
  connect(room: string | null): void {
    if (room === this.#connected) return;
    this.#connected = room;
    this.#voice.connected = room !== null;
    if (this.#presence) return;
    if (room === null) this.#member?.leave();
    else this.#member?.join(room);
  }

  /** Sends keys to the peer. */
  press(keys: string): void {
    this.#audio.press(keys);
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
    // A device whose microphone is off may send nothing but video.
    if (this.#video.isHeard) this.#way.transport.heardElsewhere();
    this.#way.tick();
    this.#video.tick();
    if (this.#presence) this.#speak(this.#presence, this.#voice.speech.take());
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
    this.#video.close();
    this.stopPlaying();
    const leaving = this.leave();
    this.#voice.release();
    this.#member?.close();
    this.#member = null;
    await leaving;
  }

  #statsWith(figures: MemberFigures): LegStats {
    return {
      ...this.#audio.stats(figures),
      publishedCodec: this.#publishedCodec,
      video: this.#video.stats,
    };
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
      seat: this.id,
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
    const room = this.#presence?.room.name ?? this.#connected;
    if (room !== null) member.join(room);
    this.#member = member;
    this.#figures.follow(member);
    this.#voice.follow(member, codec);
    this.#prompts.goOn(member);
    last?.close();
    this.#audio.changeSource();
  }

  /** The caller's voice, packet path. */
  #onAudio(packet: Buffer, view: RtpView, codec: AudioCodec, capturedMs: number): void {
    if (this.#hear !== 'echo') this.#voice.write(packet, view, codec, capturedMs);
    else if (!this.#prompts.playing) this.#audio.reflect(packet, view);
  }

  /** The mix or a prompt, packet path. */
  #onHeard(packet: Buffer): void {
    if (this.#hear === 'echo' && !this.#prompts.playing) return;
    this.#audio.send(packet, readUint32(packet, 4));
  }

  /** Marks the caller in the room's pictures as one who speaks; null: is silent. */
  #speak({ room, identity }: Presence, levelDbov: number | null): void {
    room.pictures?.setOwnVoice(identity, levelDbov);
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
