import type { BitReader } from '../bit-reader.ts';

const recoveryPoint = 6;
/** More messages than this in one NAL unit are garbage. */
const mostMessages = 16;

/**
 * Whether an SEI NAL unit (header byte first) says that all is right from this very picture on: a recovery point with
 * recovery_frame_cnt 0 (ITU-T H.264 §7.3.2.3.1, §D.2.8).
 */
export function isRecoveryPoint(bits: BitReader, data: Buffer, from: number, to: number): boolean {
  bits.open(data, from + 1, to, true);
  for (let message = 0; message < mostMessages; message++) {
    const type = readSum(bits);
    const size = readSum(bits);
    if (bits.ranOut()) return false;
    if (type === recoveryPoint) return bits.unsignedGolomb() === 0 && !bits.ranOut();
    for (let i = 0; i < size && !bits.ranOut(); i++) bits.bits(8);
  }
  return false;
}

/** Numbers of 255 and more are written as bytes of 255 and a rest. */
function readSum(bits: BitReader): number {
  let sum = 0;
  for (;;) {
    const byte = bits.bits(8);
    sum += byte;
    if (byte !== 255) return sum;
  }
}
