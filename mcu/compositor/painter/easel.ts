/** What every part of a picture is drawn with. */
import { createCanvas } from '@napi-rs/canvas';
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Strip } from '../i420.ts';
import type { CanvasShape } from '../scene.ts';
import { even } from '../geometry.ts';
import type { Fonts } from './fonts.ts';
import type { Paint } from './paint.ts';
import { makeStrip } from './strip-maker.ts';
import type { StripCache } from './strip-cache.ts';
import { Pen } from './text.ts';
import type { TextStyle } from './text.ts';

const measuring = createCanvas(1, 1).getContext('2d');

export interface Drawing {
  /** Square pixels; rounded up to even ones of the canvas. */
  readonly width: number;
  readonly height: number;
  readonly draw: (context: SKRSContext2D) => void;
}

export class Easel {
  readonly canvas: CanvasShape;
  readonly fonts: Fonts;
  readonly #strips: StripCache;

  constructor(canvas: CanvasShape, fonts: Fonts, strips: StripCache) {
    this.canvas = canvas;
    this.fonts = fonts;
    this.#strips = strips;
  }

  /** Made at most once. `key` says all that it depends on but the canvas. */
  strip(key: string, make: () => Drawing): Strip {
    const { width, height, pixelAspect } = this.canvas;
    return this.#strips.get(`${width}×${height} ${pixelAspect} ${key}`, () => {
      const drawing = make();
      const size = {
        width: evenUp(drawing.width / pixelAspect),
        height: evenUp(drawing.height),
        pixelAspect,
      };
      return makeStrip(size, drawing.draw);
    });
  }

  /** `x`, `y`: pixels of the canvas, made even. A strip that would not be whole on the canvas is left out. */
  stamp(strip: Strip, x: number, y: number): readonly Paint[] {
    const at = { x: even(x), y: even(y) };
    const { width, height } = this.canvas;
    const fits = at.x >= 0 && at.y >= 0 && at.x + strip.width <= width && at.y + strip.height <= height;
    return fits ? [{ kind: 'stamp', ...at, strip }] : [];
  }

  pen(context: SKRSContext2D, style: TextStyle): Pen {
    return new Pen(context, this.fonts, style);
  }

  /** Measures text before there is anything to draw on. */
  measure(style: TextStyle): Pen {
    return new Pen(measuring, this.fonts, style);
  }
}

function evenUp(pixels: number): number {
  return Math.max(2, Math.ceil(pixels / 2) * 2);
}
