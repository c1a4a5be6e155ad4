import type { LayoutName, MediaLeg, OwnPicture, Screen } from '../ports.ts';
import type { Sight } from './screens.ts';

/** Tells a media leg what its caller sees, when that has changed; the leg keeps it, and without video nothing comes of it. */
export class Picture {
  readonly #media: Pick<MediaLeg, 'show' | 'setBanner' | 'setLayout'>;
  #own: OwnPicture;
  readonly #onError: (error: unknown) => void;
  #sight: Sight = { screen: null, banner: null };
  /** Null: the leg has not been told of any. */
  #layout: LayoutName | null = null;

  constructor(
    media: Pick<MediaLeg, 'show' | 'setBanner' | 'setLayout'>,
    own: OwnPicture,
    onError: (error: unknown) => void,
  ) {
    this.#media = media;
    this.#own = own;
    this.#onError = onError;
  }

  show({ screen, banner }: Sight): void {
    const last = this.#sight;
    this.#sight = { screen, banner };
    if (banner !== last.banner) this.#tell(this.#media.setBanner(banner));
    if (!areEqual(screen, last.screen)) this.#tell(this.#media.show(screen));
  }

  /** Counts from the next layout on. */
  setOwn(own: OwnPicture): void {
    if (own !== this.#own) this.#layout = null;
    this.#own = own;
  }

  setLayout(layout: LayoutName): void {
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.#tell(this.#media.setLayout(layout, this.#own));
  }

  #tell(told: Promise<void>): void {
    told.catch(this.#onError);
  }
}

function areEqual(one: Screen | null, other: Screen | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
