/** What a layout is told, and the tiles it is made of. */
import type { PictureSize } from '../../ports/pictures.ts';
import type { Floor } from '../floor.ts';
import type { Area, CanvasShape, Fit, Tile } from '../scene.ts';
import type { Seats } from '../seats.ts';
import { textSize } from '../text-size.ts';

/** Somebody, or the screen that they share, without a place. */
export type Shown = Pick<Tile, 'identity' | 'name' | 'camera' | 'withheld' | 'kind' | 'muted' | 'speaking'>;

export interface Cast {
  readonly canvas: CanvasShape;
  /** Who may be anywhere on the picture, in the order in which they came. */
  readonly people: readonly Shown[];
  /** Shared screens, the latest first. */
  readonly screens: readonly Shown[];
  /** The viewer, if they want to see themselves small. */
  readonly own: Shown | null;
  readonly floor: Floor;
  /** Of the layout. */
  readonly seats: Seats;
}

export type Layout = (cast: Cast) => readonly Tile[];

/** A name needs this many letters' heights of width to be worth writing, and of height not to hide its face. */
const leastLabelled = { width: 5, height: 3 };

export function tile(canvas: CanvasShape, shown: Shown, area: Area, fit: Fit = 'cover'): Tile {
  return { ...shown, ...area, fit, labelled: hasRoomForName(canvas, area) };
}

/** A shared screen. Its label would hide what is at the lower edge, which may matter, where there are no bars for it. */
export function screenTile(canvas: CanvasShape, screen: Shown, area: Area, labelled: boolean): Tile {
  return { ...screen, ...area, fit: 'contain', labelled: labelled && hasRoomForName(canvas, area) };
}

/** The viewer's own small picture: they know who they are, so it bears no name. */
export function ownTile(_canvas: CanvasShape, own: Shown, area: Area): Tile {
  return { ...own, ...area, fit: 'cover', labelled: false };
}

function hasRoomForName(canvas: CanvasShape, area: PictureSize): boolean {
  const size = textSize(canvas);
  return area.width >= leastLabelled.width * size && area.height >= leastLabelled.height * size;
}

/** Who has the floor, and the others; null: nobody is there. */
export function speakerOf(cast: Cast): { readonly speaker: Shown; readonly others: readonly Shown[] } | null {
  const holder = cast.floor.holder(cast.people.map(({ identity }) => identity));
  const speaker = cast.people.find(({ identity }) => identity === holder);
  return speaker ? { speaker, others: cast.people.filter((shown) => shown !== speaker) } : null;
}

/** Those of the candidates who have a seat, in the order of their seats. */
export function seated(cast: Cast, candidates: readonly Shown[], places: number): readonly Shown[] {
  const byIdentity = new Map(candidates.map((shown) => [shown.identity, shown]));
  const seats = cast.seats.choose([...byIdentity.keys()], places, (identity) => cast.floor.spokeMs(identity));
  return seats.flatMap((identity) => byIdentity.get(identity) ?? []);
}
