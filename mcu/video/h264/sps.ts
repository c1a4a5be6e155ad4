/** The sequence parameter set: what is coded, and how large (ITU-T H.264 §7.3.2.1.1, §7.4.2.1.1). */
import type { H264Profile } from '../../ports/video.ts';
import { BitReader } from '../bit-reader.ts';
import { levelOf } from './levels.ts';
import { profileOf } from './profile.ts';

export interface SequenceParameters {
  /** After cropping, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Null: none of those that we know. */
  readonly profile: H264Profile | null;
  readonly profileIdc: number;
  /** constraint_set0_flag is the highest bit. */
  readonly constraintFlags: number;
  /** level_idc, and 9 for level 1b. */
  readonly level: number;
}

/** profile_idc values whose SPS says chroma format, bit depth and scaling. */
const withChroma: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** No decoder of ours takes more, in either direction; level 6.2 ends at 16,384. */
const largestSide = 8192;

/** Reads a whole NAL unit, header byte first, emulation prevention still in it; null: malformed. VUI is left alone. */
export function readSps(data: Buffer, from: number, to: number): SequenceParameters | null {
  if (to - from < 4) return null;
  const bits = new BitReader().open(data, from + 1, to, true);
  const profileIdc = bits.bits(8);
  const constraintFlags = bits.bits(8);
  const levelIdc = bits.bits(8);
  if (bits.unsignedGolomb() > 31) return null;
  const chroma = withChroma.has(profileIdc) ? readChroma(bits) : chroma420;
  if (chroma.idc > 3) return null;
  skipFrameOrder(bits);
  bits.unsignedGolomb(); // max_num_ref_frames
  bits.bit(); // gaps_in_frame_num_value_allowed_flag
  const size = readSize(bits, chroma);
  if (bits.ranOut() || size === null) return null;
  const profile = profileOf(profileIdc, constraintFlags);
  const level = levelOf(levelIdc, (constraintFlags & 0x10) !== 0, profile ?? 'high');
  return { ...size, profile, profileIdc, constraintFlags, level };
}

interface Chroma {
  /** chroma_format_idc: 1 is 4:2:0. */
  readonly idc: number;
  readonly separatePlanes: boolean;
}

/** What profiles without a word about it have: 4:2:0. */
const chroma420: Chroma = { idc: 1, separatePlanes: false };

function readChroma(bits: BitReader): Chroma {
  const idc = bits.unsignedGolomb();
  const separatePlanes = idc === 3 && bits.flag();
  bits.unsignedGolomb(); // bit_depth_luma_minus8
  bits.unsignedGolomb(); // bit_depth_chroma_minus8
  bits.bit(); // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) {
    const lists = idc === 3 ? 12 : 8;
    for (let i = 0; i < lists; i++) if (bits.flag()) skipScalingList(bits, i < 6 ? 16 : 64);
  }
  return { idc, separatePlanes };
}

/** §7.3.2.1.1.1 */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let i = 0; i < size && last !== 0 && !bits.ranOut(); i++) {
    const next = (last + bits.signedGolomb() + 256) & 0xff;
    // A zero ends the list: the last value goes for all that follow.
    last = next;
  }
}

function skipFrameOrder(bits: BitReader): void {
  bits.unsignedGolomb(); // log2_max_frame_num_minus4
  const orderType = bits.unsignedGolomb();
  if (orderType === 0) {
    bits.unsignedGolomb(); // log2_max_pic_order_cnt_lsb_minus4
  } else if (orderType === 1) {
    bits.bit(); // delta_pic_order_always_zero_flag
    bits.signedGolomb(); // offset_for_non_ref_pic
    bits.signedGolomb(); // offset_for_top_to_bottom_field
    const cycle = bits.unsignedGolomb();
    for (let i = 0; i < cycle && !bits.ranOut(); i++) bits.signedGolomb();
  }
}

function readSize(bits: BitReader, chroma: Chroma): { width: number; height: number } | null {
  const widthMacroblocks = bits.unsignedGolomb() + 1;
  const heightMapUnits = bits.unsignedGolomb() + 1;
  const framesOnly = bits.bit();
  if (framesOnly === 0) bits.bit(); // mb_adaptive_frame_field_flag
  bits.bit(); // direct_8x8_inference_flag
  let width = widthMacroblocks * 16;
  let height = heightMapUnits * 16 * (2 - framesOnly);
  if (bits.flag()) {
    // §7.4.2.1.1: cropping counts chroma samples, where there are any.
    const subsampled = chroma.separatePlanes ? 0 : chroma.idc;
    const unitX = subsampled === 1 || subsampled === 2 ? 2 : 1;
    const unitY = (subsampled === 1 ? 2 : 1) * (2 - framesOnly);
    width -= (bits.unsignedGolomb() + bits.unsignedGolomb()) * unitX;
    height -= (bits.unsignedGolomb() + bits.unsignedGolomb()) * unitY;
  }
  if (width <= 0 || height <= 0 || width > largestSide || height > largestSide) return null;
  return { width, height };
}
