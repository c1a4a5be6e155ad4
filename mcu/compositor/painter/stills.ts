/** Pictures as PNG, for a mixer that composes by itself and takes ready-made ones: whole screens, and names for tiles. */
import { createCanvas } from '@napi-rs/canvas';
import type { Screen } from '../../ports/pictures.ts';
import type { I420 } from '../i420.ts';
import type { CanvasShape } from '../scene.ts';
import { apply } from './paint.ts';
import type { Painter } from './painter.ts';

export interface Nameplate {
  readonly name: string;
  readonly muted: boolean;
}

export function screenPng(painter: Painter, shape: CanvasShape, screen: Screen): Buffer {
  const canvas = blankCanvas(shape);
  apply(painter.paint({ ...shape, screen, tiles: [], banner: null }).background, canvas);
  const context = createCanvas(shape.width, shape.height).getContext('2d');
  const image = context.createImageData(shape.width, shape.height);
  toRgba(canvas, image.data);
  context.putImageData(image, 0, 0);
  return context.canvas.toBuffer('image/png');
}

/** Clear around the name, with its distance from a tile's lower left corner. Null: there is nothing to be read. */
export function nameplatePng(painter: Painter, shape: CanvasShape, nameplate: Nameplate): Buffer | null {
  const drawing = painter.nameplate(shape, nameplate);
  if (!drawing) return null;
  const context = createCanvas(Math.ceil(drawing.width), Math.ceil(drawing.height)).getContext('2d');
  drawing.draw(context);
  return context.canvas.toBuffer('image/png');
}

function blankCanvas({ width, height }: CanvasShape): I420 {
  const half = [width >> 1, height >> 1] as const;
  const data = [
    Buffer.alloc(width * height, 16),
    Buffer.alloc(half[0] * half[1], 128),
    Buffer.alloc(half[0] * half[1], 128),
  ];
  return { width, height, data, linesize: [width, half[0], half[0]] };
}

/** BT.709, limited range (ITU-T H.273, matrix 1). */
function toRgba({ width, height, data, linesize }: I420, rgba: Uint8ClampedArray): void {
  const [luma, blue, red] = data;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const y = 1.1644 * (luma[row * linesize[0] + column] - 16);
      const chroma = (row >> 1) * linesize[1] + (column >> 1);
      const [b, r] = [blue[chroma] - 128, red[chroma] - 128];
      const at = 4 * (row * width + column);
      rgba[at] = y + 1.7927 * r;
      rgba[at + 1] = y - 0.2132 * b - 0.5329 * r;
      rgba[at + 2] = y + 2.1124 * b;
      rgba[at + 3] = 255;
    }
  }
}
