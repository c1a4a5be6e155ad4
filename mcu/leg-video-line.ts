import { randomBytes } from 'node:crypto';
import { MediaError } from './errors.ts';
import type { SeatInRoom } from './leg-camera.ts';
import type { LegDeps, WayCheckpoint } from './leg-contract.ts';
import { LegVideo } from './leg-video.ts';
import type { LegMediaConfig, LegVideoPorts, LegVideoStats, ViewerLook } from './ports.ts';
import { DeviceClock } from './rtp/capture-clock.ts';
import type { PortPair } from './rtp/ports.ts';

export type BindPorts = () => Promise<PortPair>;

/** The video of a leg that may have none: nothing but wishes until its ports are asked for. */
export class VideoLine {
  /** Sound and picture are of one source (RFC 3550 §6.5.1). */
  readonly cname = randomBytes(12).toString('base64url');
  /** On which the device tells when its sound and picture were taken in. */
  readonly clock = new DeviceClock();
  readonly #id: string;
  readonly #deps: LegDeps;
  #video: LegVideo | null = null;
  #opening: Promise<LegVideo> | null = null;
  #config: LegMediaConfig | null = null;
  #look: ViewerLook | null = null;
  #seat: SeatInRoom | null = null;
  #seesRoom = false;
  #closed = false;

  constructor(id: string, deps: LegDeps) {
    this.#id = id;
    this.#deps = deps;
  }

  /**
   * Ports, for the leg's whole life; `bind` is called the first time only. Throws CODEC_UNAVAILABLE where there are no
   * pictures, ABORTED when the leg is closed meanwhile, and what `bind` throws.
   */
  async open(bind: BindPorts): Promise<LegVideoPorts> {
    this.#opening ??= this.#bind(bind).catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return (await this.#opening).ports;
  }

  configure(config: LegMediaConfig): void {
    this.#config = config;
    if (this.#video) this.#video.configure(config);
    else if (config.video) this.#deps.log.warn({ leg: this.#id }, 'video was agreed on without ports for it');
  }

  /** What another process had found and agreed; before `configure`. */
  restorePath(was: WayCheckpoint): void {
    this.#video?.restorePath(was);
  }

  /** Goes on as another process had come; after `configure`. */
  restore(was: WayCheckpoint): void {
    this.#video?.restore(was);
  }

  /** A host had muted its camera. */
  muteCamera(): void {
    this.#video?.muteCamera();
  }

  look(look: ViewerLook): void {
    this.#look = look;
    this.#video?.look(look);
  }

  /** Whether the caller sees the room that it is in. */
  setSeesRoom(sees: boolean): void {
    this.#seesRoom = sees;
    this.#video?.setSeesRoom(sees);
  }

  enter(seat: SeatInRoom): void {
    this.#seat = seat;
    this.#video?.enter(seat);
  }

  leave(): void {
    this.#seat = null;
    this.#video?.leave();
  }

  /** The peer asks for a key frame of what it sees, by signalling. */
  requestKeyFrame(): void {
    this.#video?.requestKeyFrame();
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#video?.tick();
  }

  /** Video has come within the last second. */
  get isHeard(): boolean {
    return this.#video?.isHeard ?? false;
  }

  /** Null: a call without video. */
  get stats(): LegVideoStats | null {
    return this.#video?.stats ?? null;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#video?.close();
  }

  async #bind(bind: BindPorts): Promise<LegVideo> {
    const { pictures } = this.#deps.engine;
    if (!pictures)
      throw new MediaError('CODEC_UNAVAILABLE', 'This node makes no pictures; its log says why.');
    const pair = await bind();
    if (this.#closed) {
      pair.close();
      throw new MediaError('ABORTED', 'The leg was closed while its video was opened.');
    }
    const { events } = this.#deps;
    const video = new LegVideo(pair, {
      ...this.#deps,
      id: this.#id,
      pictures,
      cname: this.cname,
      clock: this.clock.stream(),
      events: {
        peer: (peer) => events.peer('video', peer),
        path: (path) => events.path('video', path),
        srtp: (srtp) => events.srtp('video', srtp),
        keyFrameWanted: events.keyFrameWanted,
        mutedByHost: events.cameraMutedByHost,
        limited: events.videoLimited,
      },
    });
    if (this.#look) video.look(this.#look);
    video.setSeesRoom(this.#seesRoom);
    if (this.#seat) video.enter(this.#seat);
    if (this.#config?.video) video.configure(this.#config);
    this.#video = video;
    return video;
  }
}
