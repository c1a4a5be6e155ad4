/** Solid areas and ready-made strips (text, marks, frames) put into an I420 canvas, with plain loops and no allocation. */
import type { Area } from './scene.ts';

/** A picture in 4:2:0, BT.601 in limited range: Y, Cb, Cr. An av frame's `data` and `linesize` do. */
export interface I420 {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  readonly data: readonly Uint8Array[];
  /** Bytes from one row to the next. */
  readonly linesize: readonly number[];
}

/** Y, Cb, Cr in limited range. */
export type Colour = readonly [number, number, number];

/** One plane of a strip. */
export interface StripPlane {
  readonly width: number;
  readonly height: number;
  /** Premultiplied by their opacity. */
  readonly values: Buffer;
  /** How much of what lies below is kept, 0 to 255. */
  readonly kept: Uint8Array;
  /** Opaque runs, copied: column, row, length. */
  readonly opaque: Int32Array;
  /** Runs that what lies below is seen through: column, row, length. Between the runs a strip is clear. */
  readonly blended: Int32Array;
}

/** A small picture with opacity, rastered once and laid over many frames. */
export interface Strip {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  readonly planes: readonly [StripPlane, StripPlane, StripPlane];
}

/** Below this a loop is faster than a copy. */
const shortRun = 24;

/** `x`, `y`: even. What reaches beyond the canvas is an error of the caller. */
export function stamp(strip: Strip, canvas: I420, x: number, y: number): void {
  for (let p = 0; p < 3; p++) {
    const shift = p === 0 ? 0 : 1;
    stampPlane(strip.planes[p], canvas.data[p], canvas.linesize[p], x >> shift, y >> shift);
  }
}

function stampPlane(plane: StripPlane, to: Uint8Array, stride: number, x: number, y: number): void {
  const { values, kept, opaque, blended, width } = plane;
  for (let i = 0; i < opaque.length; i += 3) {
    const length = opaque[i + 2];
    const source = opaque[i + 1] * width + opaque[i];
    const target = (y + opaque[i + 1]) * stride + x + opaque[i];
    if (length < shortRun) {
      for (let k = 0; k < length; k++) to[target + k] = values[source + k];
    } else values.copy(to, target, source, source + length);
  }
  for (let i = 0; i < blended.length; i += 3) {
    const source = blended[i + 1] * width + blended[i];
    const target = (y + blended[i + 1]) * stride + x + blended[i];
    for (let k = 0; k < blended[i + 2]; k++) {
      // Division by 255, exact to rounding, without a division.
      const below = to[target + k] * kept[source + k] + 128;
      to[target + k] = values[source + k] + ((below + (below >> 8)) >> 8);
    }
  }
}

export function fill(canvas: I420, { x, y, width, height }: Area, colour: Colour): void {
  for (let p = 0; p < 3; p++) {
    const shift = p === 0 ? 0 : 1;
    const stride = canvas.linesize[p];
    const from = (y >> shift) * stride + (x >> shift);
    for (let row = 0; row < height >> shift; row++) {
      const start = from + row * stride;
      canvas.data[p].fill(colour[p], start, start + (width >> shift));
    }
  }
}
