import type { EndpointSpec, EndpointState, MixerTells } from '../../control/mixer-protocol.ts';
import { messageOf } from '../../errors.ts';
import type { AudioCodec } from '../../ports.ts';
import { newRtpView, parseRtp, plainRtp } from '../../rtp/packet.ts';
import type { EndpointOwner, Mixer } from './mixer.ts';
import { Relay } from './relay.ts';

/** As long as FreeSWITCH may take on a busy machine; the gateway's own deadlines come first. */
const upWithinMs = 15_000;

type SpecVideo = NonNullable<EndpointSpec['video']>;

/** What an endpoint is to be, before it has sockets. */
export interface EndpointWish extends Pick<EndpointSpec, 'seat' | 'role' | 'bridgedTo'> {
  readonly audio: {
    readonly codec: AudioCodec;
    readonly payloadType: number;
    readonly direction: EndpointSpec['audio']['direction'];
  };
  readonly video: Pick<SpecVideo, 'sends' | 'kind' | 'gets'> | null;
}

export interface EndpointListener {
  /** RTP may flow. */
  onUp(endpoint: Endpoint): void;
  /** It is over, and has been closed. */
  onLost(endpoint: Endpoint, reason: string): void;
  /** Its room is at another FreeSWITCH: a new one would get there. It goes on. */
  onElsewhere(endpoint: Endpoint): void;
  /** A packet with a plain header; owned. */
  onAudio(endpoint: Endpoint, packet: Buffer): void;
  onVideo(endpoint: Endpoint, packet: Buffer): void;
  onVideoRtcp(endpoint: Endpoint, packet: Buffer): void;
  onPlayed(endpoint: Endpoint, play: number, how: 'finished' | 'stopped' | 'failed'): void;
  onTalking(endpoint: Endpoint, levelDbov: number | null): void;
}

/** One channel of FreeSWITCH as the node has it: its sockets, and what is wanted of it. Opened once; one that is lost is over. */
export class Endpoint implements EndpointOwner {
  readonly id: string;
  readonly wish: EndpointWish;
  readonly #mixer: Mixer;
  readonly #listener: EndpointListener;
  readonly #view = newRtpView();
  readonly #deadline: NodeJS.Timeout;
  #state: EndpointState;
  readonly #relays: Relay[] = [];
  #audio: Relay | null = null;
  #video: Relay | null = null;
  #payloadType: number;
  #asked = false;
  #up = false;
  #carriesVideo = false;
  #over = false;
  #elsewhere = false;

  constructor(
    mixer: Mixer,
    wish: EndpointWish,
    state: EndpointState,
    listener: EndpointListener,
    id = mixer.newEndpoint(),
  ) {
    this.id = id;
    this.wish = wish;
    this.#mixer = mixer;
    this.#state = state;
    this.#listener = listener;
    this.#payloadType = wish.audio.payloadType;
    this.#deadline = setTimeout(() => this.#fail(`no media within ${upWithinMs} ms`), upWithinMs);
    void this.#open().catch((error: unknown) => this.lost(messageOf(error)));
  }

  get up(): boolean {
    return this.#up;
  }

  /** FreeSWITCH took its video. */
  get carriesVideo(): boolean {
    return this.#carriesVideo;
  }

  /** It can't get into its room, which is at another FreeSWITCH. */
  get isElsewhere(): boolean {
    return this.#elsewhere;
  }

  set(state: EndpointState): void {
    const told = JSON.stringify(this.#state);
    if (state.room !== this.#state.room) this.#elsewhere = false;
    this.#state = state;
    if (this.#asked && JSON.stringify(state) !== told)
      this.#mixer.ask('mixerSet', { endpoint: this.id, state });
  }

  /** Dropped unless it is up. */
  sendAudio(packet: Buffer): void {
    this.#audio?.sendRtp(packet);
  }

  sendVideo(packet: Buffer): void {
    this.#video?.sendRtp(packet);
  }

  sendVideoRtcp(packet: Buffer): void {
    this.#video?.sendRtcp(packet);
  }

  play(play: number, files: readonly string[], loop: boolean): void {
    this.#mixer.ask('mixerPlay', { endpoint: this.id, play, files: [...files], loop });
  }

  stop(play: number): void {
    this.#mixer.ask('mixerStop', { endpoint: this.id, play });
  }

  /** Idempotent. */
  close(): void {
    if (this.#over) return;
    const asked = this.#asked;
    this.#end();
    if (asked) this.#mixer.ask('mixerClose', { endpoint: this.id });
  }

  media({ audio, video }: MixerTells['mixerMedia']): void {
    if (this.#up || this.#over || !this.#audio) return;
    this.#payloadType = audio.payloadType;
    void this.#connect(audio, video).then(
      () => {
        if (this.#over) return;
        clearTimeout(this.#deadline);
        this.#up = true;
        this.#listener.onUp(this);
      },
      (error: unknown) => this.#fail(`its media can not be reached: ${messageOf(error)}`),
    );
  }

  lost(reason: string): void {
    if (this.#over) return;
    this.#end();
    this.#listener.onLost(this, reason);
  }

  elsewhere(): void {
    if (this.#over) return;
    this.#elsewhere = true;
    this.#listener.onElsewhere(this);
  }

  played(play: number, how: 'finished' | 'stopped' | 'failed'): void {
    this.#listener.onPlayed(this, play, how);
  }

  talking(levelDbov: number | null): void {
    this.#listener.onTalking(this, levelDbov);
  }

  async #open(): Promise<void> {
    const { host } = this.#mixer;
    const { audio, video, ...rest } = this.wish;
    const audioRelay = await this.#relay();
    const videoRelay = video && audioRelay && (await this.#relay());
    if (!audioRelay || (video && !videoRelay)) return;
    this.#audio = audioRelay;
    this.#video = videoRelay;
    this.#asked = true;
    this.#mixer.own(this.id, this);
    this.#mixer.ask('mixerOpen', {
      endpoint: this.id,
      spec: {
        ...rest,
        host,
        audio: { ...audio, ...portsOf(audioRelay) },
        video: video && videoRelay && { ...video, ...portsOf(videoRelay) },
      },
      state: this.#state,
    });
  }

  /** Null: nobody wants it any more. */
  async #relay(): Promise<Relay | null> {
    const relay = await Relay.open(this.#mixer.host);
    this.#relays.push(relay);
    if (!this.#over) return relay;
    this.#giveBack();
    return null;
  }

  #giveBack(): void {
    for (const relay of this.#relays.splice(0)) relay.close();
  }

  async #connect(
    audio: MixerTells['mixerMedia']['audio'],
    video: MixerTells['mixerMedia']['video'],
  ): Promise<void> {
    await Promise.all([
      this.#audio?.connect(audio, { onRtp: (packet) => this.#heard(packet), onRtcp: () => undefined }),
      video &&
        this.#video?.connect(video, {
          onRtp: (packet) => this.#seen(packet),
          onRtcp: (packet) => this.#listener.onVideoRtcp(this, packet),
        }),
    ]);
    this.#carriesVideo = video !== null && this.#video !== null;
  }

  /** Digits and comfort noise of FreeSWITCH's are nobody's. */
  #heard(packet: Buffer): void {
    const view = this.#view;
    if (!this.#up || !parseRtp(packet, view) || view.payloadType !== this.#payloadType) return;
    if (view.payloadEnd > view.payloadStart) this.#listener.onAudio(this, plainRtp(packet, view));
  }

  #seen(packet: Buffer): void {
    const view = this.#view;
    if (!this.#up || !parseRtp(packet, view) || view.payloadType !== this.wish.video?.gets?.payloadType)
      return;
    if (view.payloadEnd > view.payloadStart) this.#listener.onVideo(this, plainRtp(packet, view));
  }

  /** The gateway believes it to be up. */
  #fail(reason: string): void {
    if (this.#over) return;
    this.close();
    this.#listener.onLost(this, reason);
  }

  #end(): void {
    this.#over = true;
    this.#up = false;
    clearTimeout(this.#deadline);
    this.#mixer.disown(this.id);
    this.#giveBack();
  }
}

function portsOf({ rtpPort, rtcpPort }: Relay): { rtpPort: number; rtcpPort: number } {
  return { rtpPort, rtcpPort };
}
