import type {
  FeedProfile,
  LayoutName,
  OwnPicture,
  Screen,
  Viewer,
  ViewerFigures,
  ViewerSpec,
} from '../../../ports.ts';
import { rungFor } from '../../../video/rung.ts';
import type { FeedViewer, SharedFeed } from './shared-feed.ts';

export interface ViewerHost {
  /** What it wants to see has changed. */
  readonly changed: () => void;
  readonly closed: () => void;
}

/** Somebody who watches: what they want to see, and the feed that they get. */
export class EmbeddedViewer implements Viewer, FeedViewer {
  readonly id: string;
  onPacket: ((packet: Buffer, keyFrame: boolean) => void) | null = null;
  readonly #host: ViewerHost;
  #asked: FeedProfile;
  /** What its way carries of that. */
  #profile: FeedProfile;
  #room: string | null = null;
  #identity: string | null = null;
  #layout: LayoutName = 'auto';
  #own: OwnPicture = 'auto';
  #screen: Screen | null = null;
  #banner: string | null = null;
  #limit = Infinity;
  #feed: SharedFeed | null = null;
  /** Takes over with its first key frame: until then the old one goes on, so that nothing freezes. */
  #next: SharedFeed | null = null;
  /** A key frame has come. */
  #open = false;
  #closed = false;

  constructor(spec: ViewerSpec, host: ViewerHost) {
    this.id = spec.id;
    this.#asked = this.#profile = spec.profile;
    this.#host = host;
  }

  get profile(): FeedProfile {
    return this.#profile;
  }
  get room(): string | null {
    return this.#room;
  }
  get identity(): string | null {
    return this.#identity;
  }
  get layout(): LayoutName {
    return this.#layout;
  }
  get own(): OwnPicture {
    return this.#own;
  }
  get screen(): Screen | null {
    return this.#screen;
  }
  get banner(): string | null {
    return this.#banner;
  }
  get limit(): number {
    return this.#limit;
  }

  watch(room: string | null, identity: string | null): void {
    this.#room = room;
    this.#identity = identity;
    this.#host.changed();
  }

  setLayout(layout: LayoutName, own: OwnPicture): void {
    this.#layout = layout;
    this.#own = own;
    this.#host.changed();
  }

  show(screen: Screen | null): void {
    this.#screen = screen;
    this.#host.changed();
  }

  setBanner(text: string | null): void {
    this.#banner = text;
    this.#host.changed();
  }

  requestKeyFrame(): void {
    (this.#next ?? this.#feed)?.requestKeyFrame();
  }

  limitBitrate(bitrate: number): void {
    if (bitrate === this.#limit) return;
    this.#limit = bitrate;
    this.#feed?.limitChanged();
    this.#next?.limitChanged();
    const profile = rungFor(this.#asked, bitrate, this.#profile);
    if (profile === this.#profile) return;
    this.#profile = profile;
    this.#host.changed();
  }

  reprofile(profile: FeedProfile): void {
    this.#asked = profile;
    this.#profile = rungFor(profile, this.#limit, null);
    this.#host.changed();
  }

  async figures(): Promise<ViewerFigures> {
    const { fps, bitrate } = this.#profile;
    return (await this.#feed?.figures()) ?? { framesSent: 0, keyFrames: 0, fps, bitrate };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onPacket = null;
    this.#feed?.remove(this);
    this.#next?.remove(this);
    this.#feed = this.#next = null;
    this.#host.closed();
  }

  /** The feed that it gets from now on, or from that feed's next key frame. */
  turnTo(feed: SharedFeed): void {
    if (this.#closed || feed === (this.#next ?? this.#feed)) return;
    this.#next?.remove(this);
    this.#next = null;
    if (feed === this.#feed) return;
    if (this.#feed && this.#open) this.#next = feed;
    else {
      this.#feed?.remove(this);
      this.#feed = feed;
    }
    feed.add(this);
  }

  /** What comes from the next process continues nothing. */
  processLost(): void {
    this.#open = false;
    if (!this.#next) return;
    this.#feed?.remove(this);
    this.#feed = this.#next;
    this.#next = null;
  }

  take(feed: SharedFeed, packet: Buffer, keyFrame: boolean, starts: boolean): void {
    if (feed === this.#next) {
      if (!keyFrame || !starts) return;
      this.#feed?.remove(this);
      this.#feed = feed;
      this.#next = null;
    } else if (feed !== this.#feed) return;
    if (!this.#open && !(keyFrame && starts)) return;
    this.#open = true;
    this.onPacket?.(packet, keyFrame);
  }
}
