/** What is where in a composed picture, and what is written on it. Scenes are data only: they cross from the media node to the picture process. */
import type { Screen } from '../ports/pictures.ts';

/** Pixels of the canvas from its upper left corner. All four are even, as chroma has half the resolution (4:2:0). */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function overlap(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export interface CanvasShape {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** A pixel's width by its height: 12/11 for the CIF family, which fills a 4:3 screen (ITU-T H.263 §3.1); else 1. */
  readonly pixelAspect: number;
}

/**
 * `contain`: the whole picture is seen, with bars beside it.
 * `cover`: it fills the tile and loses its edges; where more than a quarter would be lost, as of a telephone held upright, it is contained.
 * `fit.ts` does both.
 */
export type Fit = 'contain' | 'cover';

/** A place on the canvas, and who is there. */
export interface Tile extends Area {
  /** Colours the avatar. */
  readonly identity: string;
  /** Gives the avatar its initials, in any script. */
  readonly name: string;
  /** `CameraSpec.id`; null: they have none, and their avatar is drawn. */
  readonly camera: string | null;
  /** There is one that can't be shown, as decoding it failed worse than by an error; its stand-in bears a mark. */
  readonly withheld: boolean;
  /** A shared screen, whose stand-in is no avatar. */
  readonly kind: 'camera' | 'screen';
  readonly fit: Fit;
  /** Whether the name is written on it: not where the canvas or the tile is too small for it to be read. */
  readonly labelled: boolean;
  readonly muted: boolean;
  /** Framed as who speaks. */
  readonly speaking: boolean;
}

/** One picture. Drawn in this order: background, screen, tiles as they stand in the list, banner. */
export interface Scene extends CanvasShape {
  /** Written on the background: alone when it hides the room, or with a small own picture where nobody else is there. */
  readonly screen: Screen | null;
  /** An area is in two tiles only where a small one lies over one that comes before it. */
  readonly tiles: readonly Tile[];
  /** A line over everything; null: none. */
  readonly banner: string | null;
}
