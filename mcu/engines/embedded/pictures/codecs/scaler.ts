import { SoftwareScaleContext } from 'node-av/lib';
import { SWS_POINT } from 'node-av/constants';
import type { Area } from '../../../../compositor/scene.ts';
import type { Canvas } from '../canvas.ts';
import { AV_PIX_FMT_YUV420P, chromaShifts, memoryOf, must, newPicture } from './av.ts';
import type { Frame } from './av.ts';
import { Cropper } from './cropper.ts';

/**
 * sws writes whole vectors, up to 15 samples beyond the right edge: on the canvas that would be the tile beside it. So it
 * scales onto a bench of its own, whose rows have this many pixels more, and of which exact rows are copied.
 */
const benchMargin = 32;
/** Between equal strides sws copies whole rows at once, with what lies beside the tile. */
const otherStride = 64;

/** As sws takes them. */
type PlanesAndStrides = readonly [Buffer[], number[]];

/** Between a source and its place on the canvas. */
interface Bench {
  readonly picture: Frame;
  readonly copy: SoftwareScaleContext;
  readonly from: PlanesAndStrides;
  place: { readonly canvas: Canvas; readonly at: Area; readonly to: PlanesAndStrides };
}

interface Prepared {
  /** Of the source's shape, and the sizes of the canvas and of the tile. */
  readonly key: string;
  readonly context: SoftwareScaleContext;
  /** Null: the tile is the whole canvas, beside which there is nothing. */
  readonly bench: Bench | null;
}

/** Scales pictures into one place after the other; keeps what it made for the last pair of shapes, wherever the place is. */
export class Scaler {
  readonly #cropper = new Cropper();
  #prepared: Prepared | null = null;

  /**
   * All of `from` into all of `to`, both even, natively and at once. False: the source is of no format that is
   * known here, lies otherwise than it says, or there is no memory for it. The planes of a source are never looked at:
   * each look tells V8 of a megabyte, for which it would collect all of its heap several times a second.
   */
  scale(source: Frame, from: Area, canvas: Canvas, to: Area): boolean {
    if (!isSound(source) || !contains(source, from) || !contains(canvas.planes, to)) return false;
    try {
      if (isWhole(source, from)) return this.#scale(source, canvas, to);
      const part = this.#cropper.crop(source, from);
      try {
        return this.#scale(part, canvas, to);
      } finally {
        part.free();
      }
    } catch {
      return false;
    }
  }

  close(): void {
    this.#cropper.close();
    this.#release();
  }

  #scale(source: Frame, canvas: Canvas, to: Area): boolean {
    const { context, bench } = this.#prepare(source, canvas, to);
    if (context.scaleFrameSync(bench?.picture ?? canvas.frame, source) < 0) return false;
    bench?.copy.scaleSync(...bench.from, 0, to.height, ...bench.place.to);
    return true;
  }

  #prepare({ width, height, format }: Frame, canvas: Canvas, to: Area): Prepared {
    const { planes } = canvas;
    const key = `${format} ${width}x${height} ${to.width}x${to.height} ${planes.width}x${planes.height}`;
    if (this.#prepared?.key !== key) {
      this.#release();
      const context = scalingContext();
      this.#prepared = { key, context, bench: isWhole(planes, to) ? null : benchFor(canvas, to) };
    }
    const { bench } = this.#prepared;
    if (bench && (bench.place.canvas !== canvas || bench.place.at.x !== to.x || bench.place.at.y !== to.y))
      bench.place = placeOn(canvas, to);
    return this.#prepared;
  }

  #release(): void {
    this.#prepared?.context.freeContext();
    this.#prepared?.bench?.copy.freeContext();
    this.#prepared?.bench?.picture.free();
    this.#prepared = null;
  }
}

type Size = Pick<Area, 'width' | 'height'>;

/** Takes size, format and colours from the frames: what is not in the canvas's colours is converted on its way. */
function scalingContext(): SoftwareScaleContext {
  const context = new SoftwareScaleContext();
  context.allocContext();
  // Averages what it makes smaller: cheaper than bilinear, and nothing flickers. What it makes larger is bilinear.
  must(context.setOption('sws_flags', 'area'), 'a way of scaling is not known');
  return context;
}

function copyingContext({ width, height }: Size): SoftwareScaleContext {
  const context = new SoftwareScaleContext();
  context.getContext(width, height, AV_PIX_FMT_YUV420P, width, height, AV_PIX_FMT_YUV420P, SWS_POINT);
  return context;
}

function benchFor(canvas: Canvas, to: Area): Bench {
  const width = Math.ceil(to.width / benchMargin) * benchMargin;
  const sameStride = width === canvas.planes.linesize[0];
  const picture = newPicture(sameStride ? width + otherStride : width, to.height);
  const from = [memoryOf(picture), picture.linesize] as const;
  picture.width = to.width;
  return { picture, copy: copyingContext(to), from, place: placeOn(canvas, to) };
}

function placeOn(canvas: Canvas, at: Area): Bench['place'] {
  const { data, linesize } = canvas.planes;
  const planes = data.map((plane, p) => {
    const shift = p === 0 ? 0 : 1;
    return (plane as Buffer).subarray((at.y >> shift) * linesize[p] + (at.x >> shift));
  });
  return { canvas, at, to: [planes, [...linesize]] };
}

/** Of a format that is known, with rows as long as it says. */
function isSound({ format, width, linesize }: Frame): boolean {
  const shifts = chromaShifts(format);
  if (!shifts) return false;
  return [0, shifts.shiftX, shifts.shiftX].every((shift, p) => linesize[p] >= (width + shift) >> shift);
}

function isWhole({ width, height }: Size, part: Area): boolean {
  return part.width === width && part.height === height;
}

function contains(whole: Size, part: Area): boolean {
  return (
    part.x >= 0 &&
    part.y >= 0 &&
    part.width > 0 &&
    part.height > 0 &&
    part.x + part.width <= whole.width &&
    part.y + part.height <= whole.height
  );
}
