import { EventEmitter } from 'node:events';
import type {
  HearSource,
  Joined,
  LayoutName,
  LegMediaConfig,
  LegStats,
  LegVideoPorts,
  MediaLeg,
  MediaLegEvents,
  MediaNode,
  MediaNodeStatus,
  OwnPicture,
  RoomJoin,
  RoomParticipant,
  RoomWatch,
  Screen,
  ViewerLook,
} from '../../gateway/ports.ts';

/** What a leg was told to play; ends when the test or a signal says so. */
export interface Playing {
  readonly files: readonly string[];
  readonly loop: boolean;
  finish(): void;
}

/** A media leg that carries nothing and remembers all. */
export class FakeMediaLeg implements MediaLeg {
  readonly id: string;
  local: MediaLeg['local'];
  readonly configs: LegMediaConfig[] = [];
  /** What it is just being told. */
  configuring: LegMediaConfig | null = null;
  readonly played: Playing[] = [];
  hearing: HearSource = 'nothing';
  joined: RoomJoin | null = null;
  muted = false;
  /** With whom it talks. */
  connected: string | null = null;
  /** Keys that it has sent. */
  pressed = '';
  closed = 0;
  /** How often the gateway asked for video ports. */
  videoOpened = 0;
  keyFramesRequested = 0;
  /** Its figures. */
  video: LegStats['video'] = null;
  /** What is seen, and how. */
  look: ViewerLook = { screen: null, banner: null, layout: 'auto', own: 'auto' };
  /** When set, there are no ports for video. */
  failVideo: Error | null = null;
  /** When set, opening ports for video waits for it. */
  holdVideo: Promise<void> | null = null;
  /** When set, the next `configure` fails with it. */
  failConfigure: Error | null = null;
  /** When set, `configure` waits for it. */
  holdConfigure: Promise<void> | null = null;
  readonly #events = new EventEmitter();

  constructor(id: string, rtpPort: number) {
    this.id = id;
    this.local = { address: '127.0.0.1', rtpPort, rtcpPort: rtpPort + 1 };
  }

  on<E extends keyof MediaLegEvents>(event: E, listener: (...args: MediaLegEvents[E]) => void): void {
    this.#events.on(event, listener as (...args: unknown[]) => void);
  }

  /** As if the node said it. */
  say<E extends keyof MediaLegEvents>(event: E, ...args: MediaLegEvents[E]): void {
    this.#events.emit(event, ...args);
  }

  get config(): LegMediaConfig | null {
    return this.configs.at(-1) ?? null;
  }

  /** From the ACK on; before it the leg only listens. */
  get settled(): readonly LegMediaConfig[] {
    return this.configs.slice(1);
  }

  async openVideo(): Promise<LegVideoPorts> {
    await this.holdVideo;
    if (this.failVideo) throw this.failVideo;
    this.videoOpened += 1;
    const video = this.local.video ?? {
      rtpPort: this.local.rtpPort + 1000,
      rtcpPort: this.local.rtpPort + 1001,
    };
    this.local = { ...this.local, video };
    return video;
  }

  show(screen: Screen | null): Promise<void> {
    this.look = { ...this.look, screen };
    return Promise.resolve();
  }

  setBanner(banner: string | null): Promise<void> {
    this.look = { ...this.look, banner };
    return Promise.resolve();
  }

  setLayout(layout: LayoutName, own: OwnPicture): Promise<void> {
    this.look = { ...this.look, layout, own };
    return Promise.resolve();
  }

  requestKeyFrame(): Promise<void> {
    this.keyFramesRequested += 1;
    return Promise.resolve();
  }

  async configure(config: LegMediaConfig): Promise<void> {
    this.configuring = config;
    await this.holdConfigure;
    this.configuring = null;
    const failure = this.failConfigure;
    this.failConfigure = null;
    if (failure) throw failure;
    this.configs.push(config);
  }

  play(
    files: readonly string[],
    options: { loop?: boolean; signal?: AbortSignal } = {},
  ): Promise<'finished' | 'stopped'> {
    return new Promise((resolve) => {
      if (options.signal?.aborted) resolve('stopped');
      options.signal?.addEventListener('abort', () => resolve('stopped'), { once: true });
      this.played.push({ files, loop: options.loop ?? false, finish: () => resolve('finished') });
    });
  }

  hear(source: HearSource): Promise<void> {
    this.hearing = source;
    return Promise.resolve();
  }

  join(join: RoomJoin): Promise<Joined> {
    this.joined = join;
    return Promise.resolve({ participantSid: `PA_${this.id}`, codec: this.config?.codec ?? 'PCMU' });
  }

  leave(): Promise<void> {
    this.joined = null;
    return Promise.resolve();
  }

  connect(name: string | null): Promise<void> {
    this.connected = name;
    return Promise.resolve();
  }

  press(keys: string): Promise<void> {
    this.pressed += keys;
    return Promise.resolve();
  }

  setMuted(muted: boolean): Promise<void> {
    this.muted = muted;
    return Promise.resolve();
  }

  stats(): Promise<LegStats> {
    return Promise.resolve({
      packetsReceived: 0,
      packetsSent: 0,
      packetsLost: 0,
      jitterMs: 0,
      rttMs: null,
      dropped: { stranger: 0, malformed: 0, payloadType: 0, digitFlood: 0, unauthentic: 0, replayed: 0 },
      codec: this.config?.codec ?? null,
      encryption: this.config ? (this.config.security?.kind ?? 'none') : null,
      publishedCodec: null,
      quality: null,
      video: this.video,
    });
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}

export class FakeMediaNode implements MediaNode {
  readonly id = 'fake';
  readonly legs: FakeMediaLeg[] = [];
  readonly tones: { room: string; files: readonly string[] }[] = [];
  readonly #people = new Map<string, readonly RoomParticipant[]>();
  readonly #watchers = new Map<string, ((people: readonly RoomParticipant[]) => void)[]>();
  /** When set, no leg can be opened. */
  broken = false;
  /** When set, opening a leg waits for it. */
  hold: Promise<void> | null = null;
  /** When set, its legs begin with these as theirs. */
  holdConfigure: Promise<void> | null = null;
  failVideo: Error | null = null;
  #nextPort = 30_000;

  async openLeg(id: string): Promise<FakeMediaLeg> {
    await this.hold;
    if (this.broken) throw new Error('no media');
    const leg = new FakeMediaLeg(id, this.#nextPort);
    leg.holdConfigure = this.holdConfigure;
    leg.failVideo = this.failVideo;
    this.#nextPort += 2;
    this.legs.push(leg);
    return leg;
  }

  /** Legs that nobody has closed. */
  get open(): FakeMediaLeg[] {
    return this.legs.filter((leg) => leg.closed === 0);
  }

  watchRoom(room: string): Promise<RoomWatch> {
    return Promise.resolve({
      room,
      participants: () => this.#people.get(room) ?? [],
      onChange: (listener) => {
        this.#watchers.set(room, [...(this.#watchers.get(room) ?? []), listener]);
      },
      close: () => Promise.resolve(),
    });
  }

  /** These people are in a room now, and no others. */
  gather(room: string, ...identities: string[]): void {
    const people = identities.map((identity): RoomParticipant => ({
      sid: `PA_${identity}`,
      identity,
      name: identity,
      kind: 'standard',
      attributes: {},
      own: false,
    }));
    this.#people.set(room, people);
    for (const listener of this.#watchers.get(room) ?? []) listener(people);
  }

  playToRoom(room: string, files: readonly string[]): Promise<void> {
    this.tones.push({ room, files });
    return Promise.resolve();
  }

  status(): MediaNodeStatus {
    return {
      id: this.id,
      state: 'up',
      embedded: true,
      version: null,
      pid: null,
      legs: this.open.length,
      rooms: 0,
      restarts: 0,
      hangs: 0,
      engine: { kind: 'fake', state: 'up', pid: null, restarts: 0, hangs: 0 },
      pictures: null,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
