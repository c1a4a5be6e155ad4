/** What H.264's levels allow: ITU-T H.264 table A-1, and how level_idc writes level 1b. */
import type { H264Profile } from '../../ports/video.ts';

/** As in `H264Limits.level`: level 1b stands at 9. */
export const level1b = 9;

export interface LevelLimits {
  /** Macroblocks of 16×16 in a frame. */
  readonly maxFrameMacroblocks: number;
  readonly maxMacroblocksPerSecond: number;
  /** Bits per second, of the VCL. */
  readonly maxBitrate: number;
}

/** level: MaxMBPS, MaxFS, MaxBR in units of 1000 bit/s (1250 in the High profile, §A.3.3). */
const tableA1: ReadonlyMap<number, readonly [number, number, number]> = new Map([
  [level1b, [1485, 99, 128]],
  [10, [1485, 99, 64]],
  [11, [3000, 396, 192]],
  [12, [6000, 396, 384]],
  [13, [11_880, 396, 768]],
  [20, [11_880, 396, 2000]],
  [21, [19_800, 792, 4000]],
  [22, [20_250, 1620, 4000]],
  [30, [40_500, 1620, 10_000]],
  [31, [108_000, 3600, 14_000]],
  [32, [216_000, 5120, 20_000]],
  [40, [245_760, 8192, 20_000]],
  [41, [245_760, 8192, 50_000]],
  [42, [522_240, 8704, 50_000]],
  [50, [589_824, 22_080, 135_000]],
  [51, [983_040, 36_864, 240_000]],
  [52, [2_073_600, 36_864, 240_000]],
  [60, [4_177_920, 139_264, 240_000]],
  [61, [8_355_840, 139_264, 480_000]],
  [62, [16_711_680, 139_264, 800_000]],
]);

/** Level 1b is level_idc 11 with constraint_set3_flag in Baseline and Main, 9 in High (§A.3.1, §A.3.2). */
export function levelOf(levelIdc: number, constraintSet3: boolean, profile: H264Profile): number {
  return levelIdc === 11 && constraintSet3 && profile !== 'high' ? level1b : levelIdc;
}

/** The highest level of the table that isn't above `level`, so that an unknown one promises no more than it says; 1 at least. */
export function knownLevel(level: number): number {
  let known = 10;
  for (const one of tableA1.keys()) if (one <= level && (one > known || one === level)) known = one;
  return known;
}

export function levelLimits(level: number, profile: H264Profile): LevelLimits {
  const [maxMacroblocksPerSecond, maxFrameMacroblocks, rate] = tableA1.get(knownLevel(level)) ?? [0, 0, 0];
  return {
    maxFrameMacroblocks,
    maxMacroblocksPerSecond,
    maxBitrate: rate * (profile === 'high' ? 1250 : 1000),
  };
}
