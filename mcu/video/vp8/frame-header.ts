import type { PictureSize } from '../../ports/pictures.ts';

/** Whether the frame that begins here is a key frame: P, the first byte's lowest bit, is 0 (RFC 6386 §9.1). */
export function isVp8KeyFrame(data: Buffer, from: number): boolean {
  return (data[from] & 1) === 0;
}

/** A key frame's size, without its scaling (RFC 6386 §9.1); null: no key frame begins in `data[from]` … `data[to - 1]`. */
export function readVp8Size(data: Buffer, from: number, to: number): PictureSize | null {
  if (to - from < 10 || !isVp8KeyFrame(data, from)) return null;
  if (data[from + 3] !== 0x9d || data[from + 4] !== 0x01 || data[from + 5] !== 0x2a) return null;
  const width = data.readUInt16LE(from + 6) & 0x3fff;
  const height = data.readUInt16LE(from + 8) & 0x3fff;
  return width === 0 || height === 0 ? null : { width, height };
}
