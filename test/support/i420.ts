/** Between I420 and PNG. */
import { createCanvas, ImageData } from '@napi-rs/canvas';
import type { I420 } from '../../mcu/compositor/i420.ts';

export function newI420(width: number, height: number): I420 {
  const half = (width / 2) * (height / 2);
  return {
    width,
    height,
    data: [new Uint8Array(width * height), new Uint8Array(half), new Uint8Array(half)],
    linesize: [width, width / 2, width / 2],
  };
}

/** BT.601, limited range. */
export function toI420({ data, width, height }: Pick<ImageData, 'data' | 'width' | 'height'>): I420 {
  const picture = newI420(width, height);
  const [y, u, v] = picture.data;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const at = 4 * (row * width + column);
      const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
      const luma = 0.299 * r + 0.587 * g + 0.114 * b;
      y[row * width + column] = Math.round(16 + (luma * 219) / 255);
      if ((row | column) & 1) continue;
      const half = (row >> 1) * (width / 2) + (column >> 1);
      u[half] = Math.round(128 + (((b - luma) / 1.772) * 224) / 255);
      v[half] = Math.round(128 + (((r - luma) / 1.402) * 224) / 255);
    }
  return picture;
}

/** RGBA. */
export function toRgba({ width, height, data, linesize }: I420): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const half = (row >> 1) * linesize[1] + (column >> 1);
      const luma = ((data[0][row * linesize[0] + column] - 16) * 255) / 219;
      const [u, v] = [((data[1][half] - 128) * 255) / 224, ((data[2][half] - 128) * 255) / 224];
      const at = 4 * (row * width + column);
      rgba[at] = luma + 1.402 * v;
      rgba[at + 1] = luma - 0.344136 * u - 0.714136 * v;
      rgba[at + 2] = luma + 1.772 * u;
      rgba[at + 3] = 255;
    }
  return rgba;
}

/** `pixelAspect`: the PNG's pixels are square. */
export function toPng(picture: I420, scale = 1, pixelAspect = 1): Buffer {
  const { width, height } = picture;
  const full = createCanvas(width, height);
  full.getContext('2d').putImageData(new ImageData(toRgba(picture), width, height), 0, 0);
  if (scale === 1 && pixelAspect === 1) return full.toBuffer('image/png');
  const scaled = createCanvas(Math.round(width * scale * pixelAspect), Math.round(height * scale));
  const context = scaled.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(full, 0, 0, scaled.width, scaled.height);
  return scaled.toBuffer('image/png');
}
