import { Floor } from '../../../compositor/floor.ts';
import type { View } from '../../../compositor/layout.ts';
import type { CanvasShape } from '../../../compositor/scene.ts';
import type { CameraSpec, FeedProfile, OwnPicture, RoomShown } from '../../../ports.ts';
import type { EmbeddedViewer } from './viewer.ts';

/**
 * More feeds than this, in a room, are not made so that nobody sees themselves among the others: each takes a canvas and an
 * encoder, a fifth of a core, and a room of three would cost more than one of thirty.
 */
const mostExtraFeeds = 1;
/** A pixel of the CIF family is wider than high (ITU-T H.263 §3.1). */
const cifPixelAspect = 12 / 11;

const nobody: RoomShown = { people: [], speakers: [] };

/** What a viewer is to see, and in what profile. */
export interface Wish {
  readonly viewer: EmbeddedViewer;
  readonly profile: FeedProfile;
  readonly view: View;
  /** Equal for those who see the same. */
  readonly key: string;
}

/** A room as its pictures need it. */
export class RoomWishes {
  readonly floor = new Floor();
  readonly cameras = new Set<CameraSpec>();
  readonly viewers = new Set<EmbeddedViewer>();
  /** Ids of cameras that no process may decode now. */
  readonly #withheld = new Set<string>();
  shown: RoomShown = nobody;
  readonly #name: string | null;

  /** `name`: null for those who are in no room. */
  constructor(name: string | null) {
    this.#name = name;
  }

  get isEmpty(): boolean {
    return this.cameras.size === 0 && this.viewers.size === 0;
  }

  /** A camera is closed. */
  forget(camera: CameraSpec): void {
    this.cameras.delete(camera);
    this.#withheld.delete(camera.id);
  }

  /** Whether a stand-in is seen of a camera. */
  withhold({ id }: CameraSpec, withheld: boolean): void {
    if (withheld) this.#withheld.add(id);
    else this.#withheld.delete(id);
  }

  /** What everybody is to see now. */
  wishes(): Wish[] {
    const profiles = new Map([...this.viewers].map((viewer) => [viewer, viewer.profile]));
    const leavesOut = this.#leavesOut(profiles);
    return [...profiles].map(([viewer, profile]) => {
      const own = viewer.own === 'auto' ? (leavesOut ? 'left-out' : 'shown') : viewer.own;
      return this.#wish(viewer, profile, own);
    });
  }

  /**
   * Whether those who left it to us are left out of their own pictures: always among two, else while that takes only
   * so many more feeds.
   */
  #leavesOut(profiles: ReadonlyMap<EmbeddedViewer, FeedProfile>): boolean {
    if (this.shown.people.length <= 2) return true;
    const count = (own: 'left-out' | 'shown') => {
      const feeds = [...profiles].map(([viewer, profile]) => {
        const { key } = this.#wish(viewer, profile, viewer.own === 'auto' ? own : viewer.own);
        return key + JSON.stringify(profile);
      });
      return new Set(feeds).size;
    };
    return count('left-out') - count('shown') <= mostExtraFeeds;
  }

  #wish(viewer: EmbeddedViewer, profile: FeedProfile, asked: Exclude<OwnPicture, 'auto'>): Wish {
    const { layout, screen, banner, identity } = viewer;
    const canvas = shapeOf(profile);
    const isThere = this.shown.people.some((person) => person.identity === identity);
    // Who isn't among the people can't be left out; who hides the room sees nobody.
    const own = isThere && !screen ? asked : 'shown';
    const self = own === 'shown' ? null : identity;
    const seen = screen ? { screen } : { layout, own, self };
    return {
      viewer,
      profile,
      view: {
        canvas,
        layout,
        own,
        self,
        room: this.shown,
        cameras: [...this.cameras],
        withheld: this.#withheld,
        screen,
        banner,
      },
      key: JSON.stringify({ room: this.#name, ...canvas, banner, ...seen }),
    };
  }
}

function shapeOf({ codec, width, height }: FeedProfile): CanvasShape {
  const isCif = codec === 'H263' || codec === 'H263-1998';
  return { width, height, pixelAspect: isCif ? cifPixelAspect : 1 };
}
