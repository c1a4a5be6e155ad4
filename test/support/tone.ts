/** Tones for tests: made, coded, and measured, without any code of the product. */

export function sine(hz: number, amplitude: number, rateHz: number, samples: number, from = 0): Int16Array {
  return Int16Array.from({ length: samples }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * (from + index)) / rateHz)),
  );
}

/** ITU-T G.711, µ-law. */
export function muLaw(samples: Int16Array): Buffer {
  return Buffer.from(samples.map(muLawByte));
}

function muLawByte(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), 32_635) + 0x84;
  const exponent = 31 - Math.clz32(biased) - 7;
  return ~(sign | (exponent << 4) | ((biased >> (exponent + 3)) & 0x0f)) & 0xff;
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
  const tone = (2 * (real ** 2 + imaginary ** 2)) / samples.length ** 2;
  const mean = power / samples.length;
  return { rms: Math.sqrt(mean), purity: mean === 0 ? 0 : tone / mean };
}
