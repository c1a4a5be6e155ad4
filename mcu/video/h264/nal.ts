/** NAL units and the byte stream that holds them (ITU-T H.264 §7.3.1, table 7-1 and annex B). */

export const nalType = {
  slice: 1,
  partitionA: 2,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  accessUnitDelimiter: 9,
  filler: 12,
} as const;

/** Aggregation and fragmentation (RFC 6184 table 1); not of H.264 itself. */
export const rtpNalType = { stapA: 24, fuA: 28 } as const;

export const startCode = Buffer.from([0, 0, 0, 1]);
const shortStartCode = startCode.subarray(1);

/** Whether a NAL unit of this type begins a coded slice: its payload starts with first_mb_in_slice. */
export function isSlice(type: number): boolean {
  return type === nalType.slice || type === nalType.partitionA || type === nalType.idrSlice;
}

/** Where the next 0 0 1 stands in `data[from]` … `data[to - 1]`; -1: nowhere. */
export function findStartCode(data: Buffer, from: number, to: number): number {
  const at = data.indexOf(shortStartCode, from);
  return at === -1 || at + 3 > to ? -1 : at;
}

/**
 * Calls `visit` for each NAL unit between start codes of three or four bytes, without those and without zeros at
 * its end (annex B.1). What stands before the first start code is a NAL unit too, if it isn't only zeros.
 * @returns Whether `visit` gave true for every one.
 */
export function eachNal(
  data: Buffer,
  from: number,
  to: number,
  visit: (from: number, to: number) => boolean,
): boolean {
  let all = true;
  for (let at = from; at < to;) {
    const code = findStartCode(data, at, to);
    let end = code === -1 ? to : code;
    // A NAL unit's last byte is never zero (§7.4.1).
    while (end > at && data[end - 1] === 0) end -= 1;
    if (end > at && !visit(at, end)) all = false;
    if (code === -1) break;
    at = code + 3;
  }
  return all;
}
