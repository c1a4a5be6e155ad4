/** From what is known of a room and a viewer to the scene that they see. */
import type {
  CameraSpec,
  LayoutName,
  OwnPicture,
  PersonShown,
  RoomShown,
  Screen,
} from '../ports/pictures.ts';
import type { Floor } from './floor.ts';
import { grid } from './layouts/grid.ts';
import { lecture } from './layouts/lecture.ts';
import { oneOnOne } from './layouts/one-on-one.ts';
import type { Cast, Layout, Shown } from './layouts/people.ts';
import { presentation } from './layouts/presentation.ts';
import { speaker } from './layouts/speaker.ts';
import { inset } from './geometry.ts';
import { ownTile } from './layouts/people.ts';
import type { CanvasShape, Scene, Tile } from './scene.ts';
import { Seats } from './seats.ts';

export interface View {
  readonly canvas: CanvasShape;
  readonly layout: LayoutName;
  /** `auto` has been decided. */
  readonly own: Exclude<OwnPicture, 'auto'>;
  /** Who looks; null: nobody of the room, or several who share the picture. */
  readonly self: string | null;
  readonly room: RoomShown;
  /** Cameras and shared screens in the order in which they were opened. */
  readonly cameras: readonly Pick<CameraSpec, 'id' | 'identity' | 'kind'>[];
  /** Ids of those of them that are not to be decoded now: stand-ins are seen. */
  readonly withheld?: ReadonlySet<string>;
  /** Hides the room; null: the room is seen. */
  readonly screen: Screen | null;
  /** A line over the room's picture; large in its middle while nobody else is there. Null: none. */
  readonly banner: string | null;
}

type FixedLayout = Exclude<LayoutName, 'auto'>;

const layouts = {
  grid,
  speaker,
  lecture,
  'one-on-one': oneOnOne,
  presentation,
} as const satisfies Record<FixedLayout, Layout>;

/** `auto` shows more people than these with one of them big. */
const mostInAutoGrid = 9;
/** A canvas lower than this, such as QCIF, has no room for as many, nor for a strip. */
const lowCanvas = 200;
const mostInLowGrid = 4;

/** Lays out one feed. Remembers who sits where, so that nobody moves without a cause. */
export class Director {
  readonly #seats = new Map<FixedLayout, Seats>();

  /** `floor`: of the view's room, updated with what the room is. */
  direct(view: View, floor: Floor): Scene {
    const { canvas, screen, banner } = view;
    if (screen) return { ...canvas, screen, tiles: [], banner };
    const { people, screens, self } = cast(view);
    // Who wants to see themselves among the others has nobody else either when they are alone.
    const alone = screens.length === 0 && people.every((one) => one === self);
    if (alone) return { ...canvas, screen: emptyRoom(view), tiles: ownAlone(view, self), banner: null };
    const own = view.own === 'small' ? self : null;
    const layout = layoutFor(view, people.length, screens.length > 0);
    const seats = this.#seatsOf(layout);
    return {
      ...canvas,
      screen: null,
      tiles: layouts[layout]({ canvas, people, screens, own, floor, seats }),
      banner,
    };
  }

  #seatsOf(layout: FixedLayout): Seats {
    let seats = this.#seats.get(layout);
    if (!seats) this.#seats.set(layout, (seats = new Seats()));
    return seats;
  }
}

/** `people`: all who may be on the picture, the viewer among them if they are shown like everybody else. */
function cast(view: View): Pick<Cast, 'people' | 'screens'> & { readonly self: Shown | null } {
  const { room, own, cameras } = view;
  const shown = room.people.map((person) => shownPerson(person, view));
  const self = shown.find(({ identity }) => identity === view.self) ?? null;
  const people = own === 'shown' ? shown : shown.filter((one) => one !== self);
  const screens = cameras
    .filter(({ kind, identity }) => kind === 'screen' && (own === 'shown' || identity !== view.self))
    .map(({ id, identity }) => shownScreen(id, identity, view))
    .reverse();
  return { people, screens, self };
}

function shownPerson({ identity, name, muted, cameraOff }: PersonShown, view: View): Shown {
  // The latest, should somebody have replaced their camera.
  const camera = view.cameras.findLast((one) => one.kind === 'camera' && one.identity === identity);
  return {
    identity,
    name: name.trim() === '' ? identity : name,
    ...sourceOf(cameraOff ? undefined : camera?.id, view),
    kind: 'camera',
    muted,
    // Who closed their microphone may still be in the SFU's list for a moment.
    speaking: !muted && view.room.speakers.includes(identity),
  };
}

function shownScreen(id: string, identity: string, view: View): Shown {
  const name = view.room.people.find((person) => person.identity === identity)?.name ?? '';
  return { identity, name, ...sourceOf(id, view), kind: 'screen', muted: false, speaking: false };
}

function sourceOf(id: string | undefined, { withheld }: View): Pick<Shown, 'camera' | 'withheld'> {
  const isWithheld = id !== undefined && withheld?.has(id) === true;
  return { camera: isWithheld ? null : (id ?? null), withheld: isWithheld };
}

/** Without words a mark is drawn. */
function emptyRoom({ banner }: View): Screen {
  return { title: banner ?? '', lines: [], digits: null };
}

function ownAlone({ canvas, own }: View, self: Shown | null): readonly Tile[] {
  return self && own !== 'left-out' ? [ownTile(canvas, self, inset(canvas))] : [];
}

function layoutFor({ layout, canvas }: View, people: number, sharing: boolean): FixedLayout {
  if (layout !== 'auto')
    return sharing && layout !== 'grid' && layout !== 'lecture' ? 'presentation' : layout;
  const low = canvas.height < lowCanvas;
  if (sharing) return low ? 'lecture' : 'presentation';
  if (people === 1) return 'one-on-one';
  if (people <= (low ? mostInLowGrid : mostInAutoGrid)) return 'grid';
  return low ? 'lecture' : 'speaker';
}
