/** From red, green and blue to what is sent: ITU-R BT.601 in limited range, Y 16 to 235, Cb and Cr 16 to 240. */

/** Offset, and the parts of red, green and blue. */
export type Weights = readonly [number, number, number, number];

/** Y */
export const luma: Weights = [16, 0.256788, 0.504129, 0.097906];
/** Cb */
export const blueness: Weights = [128, -0.148223, -0.290993, 0.439216];
/** Cr */
export const redness: Weights = [128, 0.439216, -0.367788, -0.071427];

/** Of one pixel, 0 to 255 each. */
export function sample(weights: Weights, red: number, green: number, blue: number): number {
  return Math.round(weights[0] + weights[1] * red + weights[2] * green + weights[3] * blue);
}
