/** How a camera's picture gets into its tile. */
import type { PictureSize } from '../ports/pictures.ts';
import type { Area, Fit } from './scene.ts';

/** What part of a source goes where; pixels, all even. */
export interface Placement {
  /** Of the source. */
  readonly from: Area;
  /** Of the canvas, within the tile. */
  readonly to: Area;
}

/** More than this of a picture is never cut off: 4:3 may fill 16:9, a picture taken upright may not. */
const mostLost = 0.25;
/** Of what is cut off above and below: heads are in the upper half. */
const lostAbove = 1 / 3;
/** So little is not worth bars or a cut. */
const sameAspect = 0.02;

/**
 * `source`: as decoded, at least 2 × 2, in square pixels. `pixelAspect`: the canvas's.
 * What is left free of the tile shows its background.
 */
export function place(source: PictureSize, tile: Area, fit: Fit, pixelAspect = 1): Placement {
  const whole = { x: 0, y: 0, width: even(source.width), height: even(source.height) };
  // Above 1: the source is the wider one.
  const ratio = source.width / source.height / ((tile.width * pixelAspect) / tile.height);
  if (Math.abs(ratio - 1) < sameAspect) return { from: whole, to: areaOf(tile) };
  const kept = Math.min(ratio, 1 / ratio);
  if (fit === 'cover' && kept >= 1 - mostLost - sameAspect)
    return { from: cut(whole, ratio), to: areaOf(tile) };
  return { from: whole, to: shrink(tile, ratio) };
}

function cut(whole: Area, ratio: number): Area {
  if (ratio > 1) {
    const width = atLeast2(whole.width / ratio);
    return { ...whole, x: even((whole.width - width) / 2), width };
  }
  const height = atLeast2(whole.height * ratio);
  return { ...whole, y: even((whole.height - height) * lostAbove), height };
}

function shrink(tile: Area, ratio: number): Area {
  if (ratio > 1) {
    const height = atLeast2(tile.height / ratio);
    return { ...areaOf(tile), y: tile.y + even((tile.height - height) / 2), height };
  }
  const width = atLeast2(tile.width * ratio);
  return { ...areaOf(tile), x: tile.x + even((tile.width - width) / 2), width };
}

function areaOf({ x, y, width, height }: Area): Area {
  return { x, y, width, height };
}

function atLeast2(pixels: number): number {
  return Math.max(2, even(pixels));
}

/** Downwards. */
function even(pixels: number): number {
  return Math.floor(pixels / 2) * 2;
}
