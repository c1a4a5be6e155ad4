/** From a drawing to a strip that can be stamped. */
import { createCanvas } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Strip, StripPlane } from '../i420.ts';
import { blueness, luma, redness } from './bt601.ts';
import type { Weights } from './bt601.ts';

/**
 * `width`, `height`: pixels of the canvas, even. `draw` draws in square pixels: on a canvas whose pixels are wider than
 * high it has `width` × `pixelAspect` of them.
 */
export function makeStrip(
  {
    width,
    height,
    pixelAspect,
  }: { readonly width: number; readonly height: number; readonly pixelAspect: number },
  draw: (context: SKRSContext2D) => void,
): Strip {
  const context = createCanvas(width, height).getContext('2d');
  context.scale(1 / pixelAspect, 1);
  draw(context);
  const { data } = context.getImageData(0, 0, width, height);
  return {
    width,
    height,
    planes: [
      plane(data, width, height, luma, 1),
      plane(data, width, height, blueness, 2),
      plane(data, width, height, redness, 2),
    ],
  };
}

/** `step`: 2 for a plane of half the resolution, whose samples are means of four pixels. */
function plane(
  rgba: Uint8ClampedArray,
  fullWidth: number,
  fullHeight: number,
  weights: Weights,
  step: 1 | 2,
): StripPlane {
  const [offset, red, green, blue] = weights;
  const width = fullWidth / step;
  const height = fullHeight / step;
  const values = Buffer.alloc(width * height);
  const kept = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let value = 0;
      let opacity = 0;
      for (let k = 0; k < step * step; k++) {
        const at = 4 * ((row * step + (k >> 1)) * fullWidth + column * step + (k & 1));
        const alpha = rgba[at + 3];
        value += alpha * (offset + red * rgba[at] + green * rgba[at + 1] + blue * rgba[at + 2]);
        opacity += alpha;
      }
      values[row * width + column] = Math.round(value / (255 * step * step));
      kept[row * width + column] = 255 - Math.round(opacity / (step * step));
    }
  }
  return { width, height, values, kept, ...runsOf(kept, width, height) };
}

function runsOf(kept: Uint8Array, width: number, height: number): Pick<StripPlane, 'opaque' | 'blended'> {
  const opaque: number[] = [];
  const blended: number[] = [];
  for (let row = 0; row < height; row++) {
    for (let start = 0, end; start < width; start = end) {
      const kind = kindOf(kept[row * width + start]);
      end = start + 1;
      while (end < width && kindOf(kept[row * width + end]) === kind) end++;
      if (kind === 'opaque') opaque.push(start, row, end - start);
      else if (kind === 'blended') blended.push(start, row, end - start);
    }
  }
  return { opaque: Int32Array.from(opaque), blended: Int32Array.from(blended) };
}

function kindOf(kept: number): 'opaque' | 'blended' | 'clear' {
  if (kept === 0) return 'opaque';
  return kept === 255 ? 'clear' : 'blended';
}
