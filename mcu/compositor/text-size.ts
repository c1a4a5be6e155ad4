import type { PictureSize } from '../ports/pictures.ts';

/** Of the canvas's height: on a screen of 55 inches that is 28 mm, which is read with ease from four metres. */
const share = 1 / 24;
/** Fewer pixels are no letters. */
export const leastText = 12;

/** The size of names and of other running text, in pixels. */
export function textSize(canvas: PictureSize): number {
  return Math.max(leastText, Math.round(canvas.height * share));
}

/** Whether letters of so many pixels are as large as they have to be on a canvas large enough for it. */
export function canBeRead(size: number, canvas: PictureSize): boolean {
  return size >= canvas.height * share;
}
