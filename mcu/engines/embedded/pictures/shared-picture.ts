import { Director } from '../../../compositor/layout.ts';
import type { View } from '../../../compositor/layout.ts';
import type { Floor } from '../../../compositor/floor.ts';
import type { Scene } from '../../../compositor/scene.ts';
import type { FeedProfile } from '../../../ports.ts';
import type { PictureChannel } from './camera.ts';
import { SharedFeed } from './shared-feed.ts';
import type { FeedViewer } from './shared-feed.ts';

export interface PictureOwner {
  readonly channel: () => PictureChannel | null;
  readonly number: (of: 'picture' | 'feed') => number;
  readonly feedOpened: (feed: SharedFeed) => void;
  readonly feedClosed: (feed: SharedFeed) => void;
  /** Its last feed is closed. */
  readonly unused: (picture: SharedPicture) => void;
}

/** A composed picture as the node knows it: its scene, and a feed for each profile in which somebody wants it. */
export class SharedPicture {
  /** Of all that makes it differ from others. */
  key: string;
  readonly #owner: PictureOwner;
  readonly #number: number;
  readonly #director = new Director();
  readonly #feeds = new Map<string, SharedFeed>();
  #scene: Scene;
  #written: string;

  constructor(key: string, view: View, floor: Floor, owner: PictureOwner) {
    this.key = key;
    this.#owner = owner;
    this.#number = owner.number('picture');
    this.#scene = this.#director.direct(view, floor);
    this.#written = JSON.stringify(this.#scene);
    this.#tell(owner.channel());
  }

  get scene(): Scene {
    return this.#scene;
  }

  /** Who sees it now, some only until they have another one. */
  get viewers(): readonly FeedViewer[] {
    return [...this.#feeds.values()].flatMap(({ viewers }) => [...viewers]);
  }

  /** What it shows has changed, or may have; its size never does. */
  update(view: View, floor: Floor): void {
    const scene = this.#director.direct(view, floor);
    const written = JSON.stringify(scene);
    if (written === this.#written) return;
    this.#scene = scene;
    this.#written = written;
    this.#tell(this.#owner.channel());
  }

  /** The feed of this profile, new or shared. Whoever asks joins it at once. */
  feed(profile: FeedProfile): SharedFeed {
    const key = JSON.stringify(profile);
    const present = this.#feeds.get(key);
    if (present) return present;
    const feed = new SharedFeed(profile, this.#owner.number('feed'), this.#number, {
      channel: this.#owner.channel,
      unused: () => this.#closed(key, feed),
    });
    this.#feeds.set(key, feed);
    this.#owner.feedOpened(feed);
    return feed;
  }

  /** Opens it and its feeds in a process that knows neither. */
  restore(channel: PictureChannel): void {
    this.#tell(channel);
    for (const feed of this.#feeds.values()) feed.restore(channel);
  }

  processLost(): void {
    for (const feed of this.#feeds.values()) feed.processLost();
  }

  #closed(key: string, feed: SharedFeed): void {
    this.#feeds.delete(key);
    this.#owner.feedClosed(feed);
    if (this.#feeds.size > 0) return;
    this.#owner.channel()?.tell('closePicture', { picture: this.#number });
    this.#owner.unused(this);
  }

  #tell(channel: PictureChannel | null): void {
    channel?.tell('setScene', { picture: this.#number, scene: { ...this.#scene } });
  }
}
