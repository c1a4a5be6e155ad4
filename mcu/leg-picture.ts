import type { FeedProfile, PictureEngine, Viewer, ViewerLook } from './ports.ts';
import { plainLook } from './plain-look.ts';
import { profileWithin } from './video/feed-profile.ts';

/** What a caller sees: a viewer in the engine for as long as there is somebody to send pictures to. */
export class LegPicture {
  readonly #id: string;
  readonly #engine: PictureEngine;
  readonly #onPacket: (packet: Buffer, keyFrame: boolean) => void;
  #viewer: Viewer | null = null;
  #profile: FeedProfile | null = null;
  #look = plainLook;
  #room: string | null = null;
  #identity: string | null = null;
  #limit = Infinity;

  /** `onPacket`: as `Viewer.onPacket`. */
  constructor(id: string, engine: PictureEngine, onPacket: (packet: Buffer, keyFrame: boolean) => void) {
    this.#id = id;
    this.#engine = engine;
    this.#onPacket = onPacket;
  }

  /** Null: nothing is to be sent, or can be. */
  configure(profile: FeedProfile | null): void {
    const last = this.#profile;
    this.#profile = profile;
    if (!profile) this.close();
    else if (!this.#viewer) this.#open(profile);
    else if (JSON.stringify(profile) !== JSON.stringify(last)) this.#viewer.reprofile(profile);
  }

  look(look: ViewerLook): void {
    const last = this.#look;
    this.#look = look;
    const viewer = this.#viewer;
    if (look.layout !== last.layout || look.own !== last.own) viewer?.setLayout(look.layout, look.own);
    if (look.banner !== last.banner) viewer?.setBanner(look.banner);
    if (look.screen !== last.screen) viewer?.show(look.screen);
  }

  /** Sees a room as the person `identity`; null: none. */
  watch(room: string | null, identity: string | null): void {
    if (room === this.#room && identity === this.#identity) return;
    this.#room = room;
    this.#identity = identity;
    this.#viewer?.watch(room, identity);
  }

  requestKeyFrame(): void {
    this.#viewer?.requestKeyFrame();
  }

  /** Bits per second; `Infinity`: nothing limits it. */
  limitBitrate(bitrate: number): void {
    this.#limit = bitrate;
    this.#viewer?.limitBitrate(bitrate);
  }

  /** Whether the way to the viewer carries only a smaller picture, or fewer of them, than was agreed on. */
  get isReduced(): boolean {
    const profile = this.#profile;
    if (!profile) return false;
    const { height, fps } = profileWithin(profile, this.#limit);
    return height < profile.height || fps < profile.fps;
  }

  /** Idempotent; `configure` opens it again. */
  close(): void {
    this.#viewer?.close();
    this.#viewer = null;
  }

  #open(profile: FeedProfile): void {
    const viewer = this.#engine.openViewer({ id: this.#id, seat: this.#id, profile });
    const { layout, own, banner, screen } = this.#look;
    viewer.onPacket = this.#onPacket;
    viewer.setLayout(layout, own);
    viewer.setBanner(banner);
    viewer.show(screen);
    viewer.watch(this.#room, this.#identity);
    if (this.#limit !== Infinity) viewer.limitBitrate(this.#limit);
    this.#viewer = viewer;
  }
}
