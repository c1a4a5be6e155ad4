import type { PictureSize } from '../../ports/pictures.ts';
import { BitReader } from '../bit-reader.ts';

export interface H263Picture {
  /** An I picture. */
  readonly keyFrame: boolean;
  /** Null: as in the picture before. */
  readonly size: PictureSize | null;
  /** Bits 6–8 of PTYPE: 2 is QCIF, 3 CIF, 7 says that an extended PTYPE follows. */
  readonly sourceFormat: number;
}

/** Source formats 1–5: sub-QCIF, QCIF, CIF, 4CIF, 16CIF (ITU-T H.263 §5.1.3). */
const sizes: readonly (PictureSize | undefined)[] = [
  undefined,
  { width: 128, height: 96 },
  { width: 176, height: 144 },
  { width: 352, height: 288 },
  { width: 704, height: 576 },
  { width: 1408, height: 1152 },
];
const extended = 7;
const customSize = 6;

/** PSC: sixteen zeros, a one, GN 0; always on a byte's edge (§5.1.1). */
export function startsPicture(data: Buffer, from: number, to: number): boolean {
  return to - from >= 3 && data[from] === 0 && data[from + 1] === 0 && (data[from + 2] & 0xfc) === 0x80;
}

/** The picture header at `data[from]` (ITU-T H.263 §5.1); null: none stands there. */
export function readH263Picture(data: Buffer, from: number, to: number): H263Picture | null {
  if (!startsPicture(data, from, to)) return null;
  const bits = new BitReader().open(data, from, to);
  bits.bits(22 + 8); // PSC, TR
  if (bits.bits(2) !== 2) return null;
  bits.bits(3); // split screen, document camera, freeze picture release
  const sourceFormat = bits.bits(3);
  const picture =
    sourceFormat === extended
      ? readExtended(bits)
      : { keyFrame: bits.bit() === 0, size: sizes[sourceFormat] ?? null };
  if (picture === null || bits.ranOut()) return null;
  return { ...picture, sourceFormat };
}

/** PLUSPTYPE and CPFMT, §5.1.4 and §5.1.5. */
function readExtended(bits: BitReader): { keyFrame: boolean; size: PictureSize | null } | null {
  const withOptional = bits.bits(3);
  if (withOptional > 1) return null;
  const format = withOptional === 1 ? bits.bits(3) : 0;
  if (withOptional === 1) bits.bits(15);
  const keyFrame = bits.bits(3) === 0;
  bits.bits(6);
  if (bits.flag()) bits.bits(2); // CPM, PSBI
  if (format !== customSize) return { keyFrame, size: sizes[format] ?? null };
  bits.bits(4); // pixel aspect ratio
  const width = (bits.bits(9) + 1) * 4;
  if (bits.bit() === 0) return null;
  const height = bits.bits(9) * 4;
  return { keyFrame, size: height === 0 ? null : { width, height } };
}
