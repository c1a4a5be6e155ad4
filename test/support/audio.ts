/** Sound for tests: made, coded and measured by the definitions, without any code of the product. */
import { writeFileSync } from 'node:fs';

export type Law = 'PCMU' | 'PCMA';

export function tone(hz: number, amplitude: number, samples: number, from = 0, rateHz = 8000): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * (from + i)) / rateHz)),
  );
}

/** Level of everything, dB of full scale; −Infinity: silence. */
export function levelDb(samples: Int16Array): number {
  let power = 0;
  for (const sample of samples) power += (sample / 32768) ** 2;
  return 10 * Math.log10(power / samples.length);
}

/** Level of one tone, dB of a full-scale sine (Goertzel's sum). */
export function toneDb(samples: Int16Array, hz: number, rateHz = 8000): number {
  let real = 0;
  let imaginary = 0;
  samples.forEach((sample, i) => {
    const angle = (2 * Math.PI * hz * i) / rateHz;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  });
  return 20 * Math.log10((2 * Math.hypot(real, imaginary)) / samples.length / 32768);
}

/**
 * Level of one tone in the middle one of many short parts: a receiver that catches up or waits moves the tone's phase, and
 * over a whole second one part then cancels another.
 */
export function toneDbMostly(samples: Int16Array, hz: number, rateHz: number): number {
  const length = rateHz / 20;
  const levels: number[] = [];
  for (let from = 0; from + length <= samples.length; from += length)
    levels.push(toneDb(samples.subarray(from, from + length), hz, rateHz));
  levels.sort((a, b) => a - b);
  return levels[levels.length >> 1] ?? -Infinity;
}

/** With a tone of this frequency taken out: zeros on the unit circle. Louder above it, which a comparison must allow for. */
export function withoutTone(samples: Int16Array, hz: number, rateHz: number): Int16Array {
  const weight = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  return samples.map((sample, at) =>
    // A quarter, so that nothing overflows.
    at < 2 ? 0 : (sample - weight * samples[at - 1] + samples[at - 2]) / 4,
  );
}

export interface Heard {
  /** Root mean square, 0–32768. */
  readonly rms: number;
  /** Share of the power that lies in the asked tone, 0–1. */
  readonly purity: number;
}

/** How loud the samples are, and how much of that is a tone of the given frequency (Goertzel). */
export function measureTone(samples: Int16Array, hz: number, rateHz: number): Heard {
  let power = 0;
  let real = 0;
  let imaginary = 0;
  for (let index = 0; index < samples.length; index++) {
    const angle = (2 * Math.PI * hz * index) / rateHz;
    power += samples[index] ** 2;
    real += samples[index] * Math.cos(angle);
    imaginary += samples[index] * Math.sin(angle);
  }
  const inTone = (2 * (real ** 2 + imaginary ** 2)) / samples.length ** 2;
  const mean = power / samples.length;
  return { rms: Math.sqrt(mean), purity: mean === 0 ? 0 : inTone / mean };
}

/** Highest normalised cross-correlation of `needle` in `haystack` and where it is, in samples. */
export function findSound(haystack: Int16Array, needle: Int16Array): { correlation: number; at: number } {
  let best = { correlation: 0, at: 0 };
  const needlePower = needle.reduce((sum, x) => sum + x * x, 0);
  for (let at = 0; at + needle.length <= haystack.length; at++) {
    let cross = 0;
    let power = 0;
    for (let i = 0; i < needle.length; i++) {
      cross += haystack[at + i] * needle[i];
      power += haystack[at + i] ** 2;
    }
    const correlation = power === 0 ? 0 : cross / Math.sqrt(power * needlePower);
    if (correlation > best.correlation) best = { correlation, at };
  }
  return best;
}

/** G.711 tables 1 and 2 read the other way round: the value of each octet by segment and step. */
export function decodeOctet(law: Law, octet: number): number {
  if (law === 'PCMU') {
    const bits = octet ^ 0xff;
    const segment = (bits >> 4) & 7;
    const magnitude = (2 * (bits & 15) + 33) * 2 ** segment - 33;
    return (bits & 0x80 && magnitude > 0 ? -magnitude : magnitude) * 4;
  }
  const bits = octet ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = 2 * (bits & 15) + 1;
  const magnitude = segment === 0 ? step : (step + 32) * 2 ** (segment - 1);
  return (bits & 0x80 ? magnitude : -magnitude) * 8;
}

const octets = Array.from({ length: 256 }, (_, octet) => octet);
const decoded = {
  PCMU: octets.map((octet) => decodeOctet('PCMU', octet)),
  PCMA: octets.map((octet) => decodeOctet('PCMA', octet)),
};

export function decodeLaw(law: Law, payload: Uint8Array): Int16Array {
  return Int16Array.from(payload, (octet) => decoded[law][octet]);
}

/** The octet whose value is nearest: slow and sure. */
export function encodeLaw(law: Law, samples: Int16Array): Buffer {
  return Buffer.from(samples.map((sample) => nearestOctet(law, sample)));
}

const nearest = { PCMU: new Map<number, number>(), PCMA: new Map<number, number>() };

function nearestOctet(law: Law, sample: number): number {
  const known = nearest[law].get(sample);
  if (known !== undefined) return known;
  let best = 0;
  for (const octet of octets) {
    if (Math.abs(decoded[law][octet] - sample) < Math.abs(decoded[law][best] - sample)) best = octet;
  }
  nearest[law].set(sample, best);
  return best;
}

/** ITU-T G.711, µ-law, by its segments: quick, and zero is 0xFF, as devices send it. */
export function muLaw(samples: Int16Array): Buffer {
  return Buffer.from(samples.map(muLawByte));
}

function muLawByte(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), 32_635) + 0x84;
  const exponent = 31 - Math.clz32(biased) - 7;
  return ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f)) & 0xff;
}

export function joinSamples(frames: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    all.set(frame, at);
    at += frame.length;
  }
  return all;
}

/** A WAV file's bytes: 16-bit mono PCM. */
export function wavBytes(samples: Int16Array, rateHz: number): Buffer {
  const out = Buffer.alloc(44 + samples.length * 2);
  out.write('RIFF', 0, 'latin1');
  out.writeUInt32LE(36 + samples.length * 2, 4);
  out.write('WAVEfmt ', 8, 'latin1');
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(1, 22);
  out.writeUInt32LE(rateHz, 24);
  out.writeUInt32LE(rateHz * 2, 28);
  out.writeUInt16LE(2, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36, 'latin1');
  out.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, i) => out.writeInt16LE(sample, 44 + i * 2));
  return out;
}

export function writeWav(path: string, samples: Int16Array, rateHz: number): void {
  writeFileSync(path, wavBytes(samples, rateHz));
}
