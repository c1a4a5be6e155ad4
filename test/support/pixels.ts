/** Pictures as a viewer sees them: to be looked at by place, and compared. */
import { createCanvas, ImageData, loadImage } from '@napi-rs/canvas';

/** Red, green, blue, 0–255. */
export type Rgb = readonly [number, number, number];

/** In shares of width and height, from the upper left corner. */
export interface Part {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const whole: Part = { x: 0, y: 0, width: 1, height: 1 };

export class Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly data: Uint8ClampedArray;

  constructor(width: number, height: number, data: Uint8ClampedArray) {
    this.width = width;
    this.height = height;
    this.data = data;
  }

  static async fromPng(png: Buffer): Promise<Pixels> {
    const image = await loadImage(png);
    const { width, height } = image;
    const context = createCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0);
    return new Pixels(width, height, context.getImageData(0, 0, width, height).data);
  }

  toPng(): Buffer {
    const canvas = createCanvas(this.width, this.height);
    canvas.getContext('2d').putImageData(new ImageData(this.data, this.width, this.height), 0, 0);
    return canvas.toBuffer('image/png');
  }

  /** Mean of a small square around a place in shares of width and height. */
  colourAt(x: number, y: number): Rgb {
    const [width, height] = [8 / this.width, 8 / this.height];
    const sum = [0, 0, 0];
    this.#each({ x: x - width / 2, y: y - height / 2, width, height }, (at) => {
      for (let c = 0; c < 3; c++) sum[c] += this.data[at + c] / 64;
    });
    return [sum[0], sum[1], sum[2]];
  }

  /** Mean difference of a colour's parts, 0–255. */
  differenceTo(other: Pixels, part: Part = whole): number {
    return this.#differenceTo(other, part, 0);
  }

  /** The least that is found when this part of the other one is moved by up to so many pixels. */
  leastDifferenceTo(other: Pixels, part: Part, pixels: number): number {
    const moves = Array.from({ length: 2 * pixels + 1 }, (_, i) => i - pixels);
    const all = moves.flatMap((down) => moves.map((right) => 4 * (down * this.width + right)));
    return Math.min(...all.map((offset) => this.#differenceTo(other, part, offset)));
  }

  #differenceTo(other: Pixels, part: Part, offset: number): number {
    if (other.width !== this.width || other.height !== this.height) return 255;
    let [sum, count] = [0, 0];
    this.#each(part, (at) => {
      for (let c = 0; c < 3; c++) sum += Math.abs(this.data[at + c] - other.data[at + offset + c]);
      count += 3;
    });
    return sum / count;
  }

  #each(part: Part, visit: (at: number) => void): void {
    const [left, top] = [Math.round(part.x * this.width), Math.round(part.y * this.height)];
    const [right, bottom] = [
      left + Math.round(part.width * this.width),
      top + Math.round(part.height * this.height),
    ];
    for (let row = top; row < bottom; row++)
      for (let column = left; column < right; column++) visit(4 * (row * this.width + column));
  }
}

/** Whether two colours would be called the same, after a coder and two conversions. */
export function isColour(seen: Rgb, wanted: Rgb): boolean {
  return seen.every((value, i) => Math.abs(value - wanted[i]) < 24);
}
