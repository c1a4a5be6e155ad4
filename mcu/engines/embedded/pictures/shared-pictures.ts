import type { Floor } from '../../../compositor/floor.ts';
import type { PictureSize } from '../../../ports.ts';
import type { PictureChannel } from './camera.ts';
import type { Wish } from './room-wishes.ts';
import type { FeedViewer, SharedFeed } from './shared-feed.ts';
import { SharedPicture } from './shared-picture.ts';
import type { EmbeddedViewer } from './viewer.ts';

export interface PicturesOwner {
  readonly channel: () => PictureChannel | null;
  readonly number: () => number;
}

/** All composed pictures: those who want the same get the same. */
export class SharedPictures {
  readonly #owner: PicturesOwner;
  readonly #byKey = new Map<string, SharedPicture>();
  /** Also those that go on until their viewers have their next one. */
  readonly #all = new Set<SharedPicture>();
  readonly #of = new Map<EmbeddedViewer, SharedPicture>();
  readonly #feeds = new Map<number, SharedFeed>();

  constructor(owner: PicturesOwner) {
    this.#owner = owner;
  }

  feed(number: number): SharedFeed | undefined {
    return this.#feeds.get(number);
  }

  /** Gives everybody what they wish for; `wishes`: of all viewers of a room. */
  fulfil(wishes: readonly Wish[], floor: Floor): void {
    const keys = new Map<FeedViewer, string>(wishes.map(({ viewer, key }) => [viewer, key]));
    const updated = new Set<SharedPicture>();
    for (const { viewer, profile, view, key } of wishes) {
      let picture = this.#byKey.get(key) ?? this.#takeOver(viewer, keys);
      if (picture) {
        if (!updated.has(picture)) picture.update(view, floor);
      } else picture = this.#open(key, () => new SharedPicture(key, view, floor, this.#ownerOf()));
      updated.add(picture);
      this.#of.set(viewer, picture);
      viewer.turnTo(picture.feed(profile));
    }
  }

  forget(viewer: EmbeddedViewer): void {
    this.#of.delete(viewer);
  }

  /** How large each camera is shown at most, by its id. */
  shown(): Map<string, PictureSize> {
    const sizes = new Map<string, PictureSize>();
    for (const { scene } of this.#all) {
      for (const { camera, width, height } of scene.tiles) {
        if (camera === null) continue;
        const before = sizes.get(camera);
        if (!before || width * height > before.width * before.height) sizes.set(camera, { width, height });
      }
    }
    return sizes;
  }

  restore(channel: PictureChannel): void {
    for (const picture of this.#all) picture.restore(channel);
  }

  processLost(): void {
    for (const picture of this.#all) picture.processLost();
  }

  /**
   * The viewer's present picture, when all who still see it want the same as the viewer: it shows that from now on, and
   * its encoders go on. Null: there is none, or of another size, or others would see what is not for them.
   */
  #takeOver(viewer: EmbeddedViewer, keys: ReadonlyMap<FeedViewer, string>): SharedPicture | null {
    const picture = this.#of.get(viewer);
    const key = keys.get(viewer);
    if (!picture || key === undefined || !isSameSize(picture, viewer.profile)) return null;
    if (picture.viewers.some((other) => keys.get(other) !== key)) return null;
    this.#byKey.delete(picture.key);
    picture.key = key;
    this.#byKey.set(key, picture);
    return picture;
  }

  #open(key: string, make: () => SharedPicture): SharedPicture {
    const picture = make();
    this.#byKey.set(key, picture);
    this.#all.add(picture);
    return picture;
  }

  #ownerOf(): ConstructorParameters<typeof SharedPicture>[3] {
    return {
      ...this.#owner,
      feedOpened: (feed) => this.#feeds.set(feed.number, feed),
      feedClosed: (feed) => this.#feeds.delete(feed.number),
      unused: (picture) => {
        this.#all.delete(picture);
        if (this.#byKey.get(picture.key) === picture) this.#byKey.delete(picture.key);
      },
    };
  }
}

function isSameSize({ scene }: SharedPicture, { width, height }: PictureSize): boolean {
  return scene.width === width && scene.height === height;
}
