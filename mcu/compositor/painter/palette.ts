/** The colours, for text as CSS has them and for the canvas in BT.601. */
import type { Colour } from '../i420.ts';
import { blueness, luma, redness, sample } from './bt601.ts';

export interface PaletteColour {
  /** `#rrggbb` */
  readonly css: string;
  readonly yuv: Colour;
}

/** Behind everything, and below names: dark, so that faces are what shines. */
export const backdrop = colour('#0b0e13');
/** A tile without a picture. */
export const tileGround = colour('#1a2029');
export const ink = colour('#f4f6f8');
/** For what is less important than the rest. 7:1 on the backdrop. */
export const paleInk = colour('#a9b4c2');
export const line = colour('#36404e');
export const speakingGreen = colour('#3ddc97');
export const mutedRed = colour('#ff6b6b');
export const noticeAmber = colour('#ffb020');

/** White on each of them has a contrast of at least 4.5:1. */
const avatarColours = [
  '#2563b8',
  '#7a4fc0',
  '#a83f8a',
  '#b3404a',
  '#9a5a1c',
  '#68701f',
  '#2b7a4b',
  '#1f7484',
  '#4e5fb5',
  '#6b6375',
].map(colour);

/** The same for the same person, in every room and process. */
export function avatarColour(identity: string): PaletteColour {
  let hash = 0x811c9dc5;
  for (let i = 0; i < identity.length; i++) hash = Math.imul(hash ^ identity.charCodeAt(i), 0x01000193);
  // FNV's low bits are not mixed enough for identities that differ in their last digit.
  return avatarColours[((hash ^ (hash >>> 15)) >>> 0) % avatarColours.length];
}

function colour(css: string): PaletteColour {
  const rgb = Number.parseInt(css.slice(1), 16);
  const parts = [rgb >> 16, (rgb >> 8) & 255, rgb & 255] as const;
  return { css, yuv: [sample(luma, ...parts), sample(blueness, ...parts), sample(redness, ...parts)] };
}
