/** G.711 (ITU-T G.711, 11/1988) by tables. Linear samples are 16 bits, as G.191's `g711` module scales them. */

export type G711 = 'PCMU' | 'PCMA';

/** Octet → sample. */
export const decodeTable: Readonly<Record<G711, Int16Array>> = {
  PCMU: Int16Array.from({ length: 256 }, (_, octet) => decodeMu(octet)),
  PCMA: Int16Array.from({ length: 256 }, (_, octet) => decodeA(octet)),
};

/** Sample (as an unsigned 16-bit index) → octet. */
const encodeTable: Readonly<Record<G711, Uint8Array>> = {
  PCMU: Uint8Array.from({ length: 65536 }, (_, index) => encodeMu((index << 16) >> 16)),
  PCMA: Uint8Array.from({ length: 65536 }, (_, index) => encodeA((index << 16) >> 16)),
};

/** Octet that stands for silence. */
export const silenceOctet: Readonly<Record<G711, number>> = { PCMU: 0xff, PCMA: 0xd5 };

/** Octet of one law → octet of the other, by way of the sample (G.711 tables 3 and 4 differ by at most one step). */
const crossTable: Readonly<Record<G711, Uint8Array>> = {
  PCMU: Uint8Array.from({ length: 256 }, (_, octet) => encodeA(decodeMu(octet))),
  PCMA: Uint8Array.from({ length: 256 }, (_, octet) => encodeMu(decodeA(octet))),
};

/** Octet → squared sample, full scale 1, for levels. */
const powerTable: Readonly<Record<G711, Float64Array>> = {
  PCMU: Float64Array.from(decodeTable.PCMU, (sample) => (sample / 32768) ** 2),
  PCMA: Float64Array.from(decodeTable.PCMA, (sample) => (sample / 32768) ** 2),
};

/** Decodes octets `start`–`end` into `out` from `at`. */
export function decodeG711(
  law: G711,
  octets: Uint8Array,
  start: number,
  end: number,
  out: Int16Array,
  at: number,
): void {
  const table = decodeTable[law];
  for (let i = start, o = at; i < end; i++, o++) out[o] = table[octets[i]];
}

/** Encodes the first `count` samples into `out` from `at`. */
export function encodeG711(law: G711, samples: Int16Array, count: number, out: Uint8Array, at: number): void {
  const table = encodeTable[law];
  for (let i = 0, o = at; i < count; i++, o++) out[o] = table[samples[i] & 0xffff];
}

/** Turns one law's octets into the other's, in place. */
export function crossG711(from: G711, octets: Uint8Array, start: number, end: number): void {
  const table = crossTable[from];
  for (let i = start; i < end; i++) octets[i] = table[octets[i]];
}

/** RFC 6464 §3: the level of the octets in −dBov, 0 (loud) … 127 (silence). */
export function levelOfG711(law: G711, octets: Uint8Array, start: number, end: number): number {
  const table = powerTable[law];
  let power = 0;
  for (let i = start; i < end; i++) power += table[octets[i]];
  return levelOf(power / (end - start));
}

/** RFC 6464 §3 for a mean square, full scale 1. */
export function levelOf(meanSquare: number): number {
  if (!(meanSquare > 0)) return 127;
  return Math.max(0, Math.min(127, Math.round(-10 * Math.log10(meanSquare))));
}

function decodeMu(octet: number): number {
  const value = ~octet & 0xff;
  const magnitude = ((((value & 0x0f) << 3) + 0x84) << ((value & 0x70) >> 4)) - 0x84;
  return value >= 0x80 ? -magnitude : magnitude;
}

function decodeA(octet: number): number {
  const value = octet ^ 0x55;
  const segment = (value & 0x70) >> 4;
  const step = ((value & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return value >= 0x80 ? magnitude : -magnitude;
}

function encodeMu(sample: number): number {
  const negative = sample < 0;
  // 14-bit law: the bias of 33 and the clip of 8159 in 16-bit steps (G.711 table 2).
  const magnitude = Math.min(negative ? -sample : sample, 32635) + 0x84;
  const segment = 31 - Math.clz32(magnitude) - 7;
  const octet = (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f);
  return ~(negative ? octet | 0x80 : octet) & 0xff;
}

function encodeA(sample: number): number {
  const negative = sample < 0;
  // One's complement for negatives, so that both signs have the same steps (G.711 table 1).
  const magnitude = (negative ? ~sample : sample) >> 4;
  const segment = magnitude < 16 ? 0 : 31 - Math.clz32(magnitude) - 3;
  const mantissa = segment < 2 ? magnitude & 0x1f : (magnitude >> (segment - 1)) & 0x0f;
  const octet = segment < 2 ? mantissa : (segment << 4) | mantissa;
  return (negative ? octet : octet | 0x80) ^ 0x55;
}
