/** The colours, for text as CSS has them and for the canvas in BT.709. */
import type { Colour } from '../i420.ts';

export interface PaletteColour {
  /** `#rrggbb` */
  readonly css: string;
  readonly yuv: Colour;
}

export const backdrop = colour('#0b0e13');
export const tileGround = colour('#171c24');

export function colour(css: string): PaletteColour {
  const rgb = Number.parseInt(css.slice(1), 16);
  return { css, yuv: toYuv(rgb >> 16, (rgb >> 8) & 255, rgb & 255) };
}

/** ITU-R BT.709, limited range: Y 16 to 235, Cb and Cr 16 to 240. */
export function toYuv(red: number, green: number, blue: number): Colour {
  return [
    Math.round(16 + 0.182586 * red + 0.614231 * green + 0.062007 * blue),
    Math.round(128 - 0.100644 * red - 0.338572 * green + 0.439216 * blue),
    Math.round(128 + 0.439216 * red - 0.398942 * green - 0.040274 * blue),
  ];
}
