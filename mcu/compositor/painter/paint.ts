/** What a scene's text, marks and colours are in pixels: made once per scene, laid over every frame. */
import type { Area } from '../scene.ts';
import { fill, stamp } from '../i420.ts';
import type { Colour, I420, Strip } from '../i420.ts';

export type Paint =
  | ({ readonly kind: 'fill'; readonly colour: Colour } & Area)
  | { readonly kind: 'stamp'; readonly x: number; readonly y: number; readonly strip: Strip };

/** A tile's paints, to be applied each time its picture was drawn anew, and not again before: edges are half seen through. */
export interface PaintedTile {
  /** Fills the tile below a picture that leaves bars. */
  readonly ground: readonly Paint[];
  /** Stands in, over the ground, for a camera that is off, has not come yet or has stopped. */
  readonly standIn: readonly Paint[];
  /** Over the camera's picture or its stand-in. */
  readonly over: readonly Paint[];
}

export interface PaintedScene {
  /** Covers the whole canvas: needed once per scene, and wherever a frame begins with foreign pixels. */
  readonly background: readonly Paint[];
  /** As the scene's. */
  readonly tiles: readonly PaintedTile[];
  readonly banner: readonly Paint[];
}

export function apply(paints: readonly Paint[], canvas: I420): void {
  for (const paint of paints) {
    if (paint.kind === 'fill') fill(canvas, paint, paint.colour);
    else stamp(paint.strip, canvas, paint.x, paint.y);
  }
}
