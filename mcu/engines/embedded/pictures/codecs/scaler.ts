import { SoftwareScaleContext } from 'node-av/lib';
import { SWS_BILINEAR, SWS_POINT } from 'node-av/constants';
import type { Area } from '../../../../compositor/scene.ts';
import type { I420 } from '../../../../compositor/i420.ts';
import { AV_PIX_FMT_YUV420P, chromaShifts, newPicture } from './av.ts';
import type { AVPixelFormat, Frame } from './av.ts';

/**
 * sws writes whole vectors: up to 15 samples beyond the right edge, into the tile beside it. Rows of a multiple of this,
 * in pixels, come out exact, chroma included.
 */
const exactWidth = 32;
const notSameStride = 64;

type Planes = readonly Buffer[];

/** Scales pictures into one place after the other; keeps what it made for the last pair of shapes. */
export class Scaler {
  #key = '';
  #context: SoftwareScaleContext | null = null;
  /** Where a width is not exact: scaled into here, then copied row by row. */
  #bench: { readonly picture: Frame; readonly copy: SoftwareScaleContext } | null = null;

  /**
   * All of `from` into all of `to`, both even, natively and at once. False: the source is of no format that is
   * known here, or lies otherwise than it says.
   */
  scale(source: Frame, from: Area, canvas: I420, to: Area): boolean {
    const shifts = chromaShifts(source.format);
    const data = source.data;
    if (!shifts || !data || !contains(source, from) || !contains(canvas, to)) return false;
    const strides = source.linesize;
    const input = cut(data, strides, from, shifts.shiftX, shifts.shiftY);
    const output = cut(canvas.data as Planes, canvas.linesize, to, 1, 1);
    if (!input || !output) return false;
    this.#prepare(source.format as AVPixelFormat, from, to, canvas.linesize[0]);
    const bench = this.#bench;
    if (!bench) {
      this.#context?.scaleSync(input, strides, 0, from.height, output, [...canvas.linesize]);
      return true;
    }
    const between = bench.picture.data;
    if (!between) return false;
    this.#context?.scaleSync(input, strides, 0, from.height, between, bench.picture.linesize);
    bench.copy.scaleSync(between, bench.picture.linesize, 0, to.height, output, [...canvas.linesize]);
    return true;
  }

  close(): void {
    this.#context?.freeContext();
    this.#context = null;
    this.#bench?.copy.freeContext();
    this.#bench?.picture.free();
    this.#bench = null;
    this.#key = '';
  }

  #prepare(format: AVPixelFormat, from: Area, to: Area, canvasStride: number): void {
    const key = `${format} ${from.width}x${from.height} ${to.width}x${to.height} ${canvasStride}`;
    if (key === this.#key) return;
    this.close();
    this.#context = contextFor(format, from, to, SWS_BILINEAR);
    const sameSize = from.width === to.width && from.height === to.height && format === AV_PIX_FMT_YUV420P;
    if (sameSize || to.width % exactWidth === 0) {
      this.#key = key;
      return;
    }
    const width = Math.ceil(to.width / exactWidth) * exactWidth;
    // Between equal strides sws copies whole rows at once, with what lies beside the tile.
    const picture = newPicture(width === canvasStride ? width + notSameStride : width, to.height);
    this.#bench = { picture, copy: contextFor(AV_PIX_FMT_YUV420P, to, to, SWS_POINT) };
    this.#key = key;
  }
}

function contextFor(
  format: AVPixelFormat,
  from: Area,
  to: Area,
  flags: typeof SWS_BILINEAR,
): SoftwareScaleContext {
  const context = new SoftwareScaleContext();
  context.getContext(from.width, from.height, format, to.width, to.height, AV_PIX_FMT_YUV420P, flags);
  return context;
}

function contains(whole: { readonly width: number; readonly height: number }, part: Area): boolean {
  return (
    part.x >= 0 &&
    part.y >= 0 &&
    part.width > 0 &&
    part.height > 0 &&
    part.x + part.width <= whole.width &&
    part.y + part.height <= whole.height
  );
}

/** Views that begin at the area's corner; null: a plane is too short, so that sws would leave it. */
function cut(
  data: Planes,
  strides: readonly number[],
  { x, y, width, height }: Area,
  shiftX: number,
  shiftY: number,
): Buffer[] | null {
  const planes: Buffer[] = [];
  for (let p = 0; p < 3; p++) {
    const [sx, sy] = p === 0 ? [0, 0] : [shiftX, shiftY];
    const start = (y >> sy) * strides[p] + (x >> sx);
    const bytes = ((height >> sy) - 1) * strides[p] + (width >> sx);
    if (!(strides[p] > 0) || !(p in data) || start + bytes > data[p].length) return null;
    planes.push(data[p].subarray(start));
  }
  return planes;
}
