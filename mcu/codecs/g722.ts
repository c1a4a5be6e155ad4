/**
 * G.722 (ITU-T G.722, 11/1988) at 64 kbit/s: 16 kHz in two bands of adaptive differential PCM. Names of blocks and
 * signals are the recommendation's (§6.2); all arithmetic is that of its 16-bit processor, so octets and samples
 * come out bit for bit.
 */

/** Halves of the 24 coefficients of both filter banks, scaled by 2¹³ (table 11). */
const qmf = Int32Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11);
const qmfTaps = 24;

/** Decision levels of the low band's quantizer (table 14). */
const q6 = Int32Array.of(
  ...[0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650],
  ...[714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
);
/** Output levels: 6 bits for what is heard, 4 bits for what adapts, 2 bits for the high band (tables 14 to 17). */
const qm6 = Int32Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232],
  ...[-9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400],
  ...[-2032, -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232],
  ...[9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688],
  ...[1360, 1040, 728, 432, 136, -432, -136],
);
const qm4 = Int32Array.of(
  ...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200],
  ...[20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
);
const qm2 = Int32Array.of(-7408, -1616, 7408, 1616);
/** How the code drives the logarithmic scale factor of the low band, and of the high band. */
const lowSteps = Int32Array.of(
  -60,
  3042,
  1198,
  538,
  334,
  172,
  58,
  -30,
  3042,
  1198,
  538,
  334,
  172,
  58,
  -30,
  -60,
);
const highSteps = Int32Array.of(798, -214, 798, -214);
/** 2048 · 2^(i/32). */
const antilog = Int32Array.from({ length: 32 }, (_, i) => Math.floor(2048 * 2 ** (i / 32) + 0.5));

function saturate(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value;
}

/** LIMIT: what the filter bank gets has 15 bits. */
function limit(value: number): number {
  return value > 16383 ? 16383 : value < -16384 ? -16384 : value;
}

/** One band's adaptive predictor and scale factor; coder and decoder run the same. */
class Band {
  /** Predicted signal. */
  s = 0;
  /** Scale factor of the quantizer. */
  scale: number;
  #sz = 0;
  #logScale = 0;
  #a1 = 0;
  #a2 = 0;
  #r1 = 0;
  #r2 = 0;
  #p1 = 0;
  #p2 = 0;
  /** Quantized differences d0…d6 and the zeros' coefficients b1…b6. */
  readonly #d = new Int32Array(7);
  readonly #b = new Int32Array(7);
  readonly #ceiling: number;
  readonly #shift: number;

  private constructor(scale: number, ceiling: number, shift: number) {
    this.scale = scale;
    this.#ceiling = ceiling;
    this.#shift = shift;
  }

  static low(): Band {
    return new Band(32, 18432, 8);
  }

  static high(): Band {
    return new Band(8, 22528, 10);
  }

  /** LOGSCL and SCALEL, or LOGSCH and SCALEH. */
  adaptScale(step: number): void {
    const log = Math.max(0, Math.min(this.#ceiling, ((this.#logScale * 127) >> 7) + step));
    this.#logScale = log;
    const down = this.#shift - (log >> 11);
    const value = antilog[(log >> 6) & 31];
    this.scale = (down < 0 ? value << -down : value >> down) << 2;
  }

  /** Blocks 4: from a quantized difference to the next predicted sample. */
  predict(difference: number): void {
    const r0 = saturate(this.s + difference);
    const p0 = saturate(this.#sz + difference);
    this.#adaptPoles(p0);
    this.#adaptZeros(difference);
    this.#p2 = this.#p1;
    this.#p1 = p0;
    this.#r2 = this.#r1;
    this.#r1 = r0;
    // FILTEP, FILTEZ, PREDIC.
    const poles = saturate(
      ((this.#a1 * saturate(2 * this.#r1)) >> 15) + ((this.#a2 * saturate(2 * this.#r2)) >> 15),
    );
    let zeros = 0;
    for (let i = 6; i > 0; i--) zeros += (this.#b[i] * saturate(2 * this.#d[i])) >> 15;
    this.#sz = saturate(zeros);
    this.s = saturate(poles + this.#sz);
  }

  /** UPPOL2, UPPOL1. */
  #adaptPoles(p0: number): void {
    const like1 = p0 < 0 === this.#p1 < 0;
    const like2 = p0 < 0 === this.#p2 < 0;
    const a1by4 = saturate(4 * this.#a1);
    let a2 = (like1 ? saturate(-a1by4) : a1by4) >> 7;
    a2 += like2 ? 128 : -128;
    a2 += (this.#a2 * 32512) >> 15;
    a2 = Math.max(-12288, Math.min(12288, a2));
    const a1 = saturate((like1 ? 192 : -192) + ((this.#a1 * 32640) >> 15));
    const most = 15360 - a2;
    this.#a2 = a2;
    this.#a1 = Math.max(-most, Math.min(most, a1));
  }

  /** UPZERO and the delay line behind it. */
  #adaptZeros(d0: number): void {
    const d = this.#d;
    const b = this.#b;
    const step = d0 === 0 ? 0 : 128;
    d[0] = d0;
    for (let i = 6; i > 0; i--) {
      b[i] = saturate((d[i] < 0 === d0 < 0 ? step : -step) + ((b[i] * 32640) >> 15));
      d[i] = d[i - 1];
    }
  }
}

/** The delay line of a filter bank: 24 samples, and a copy beside them so that a window is always in one piece. */
class Window {
  readonly samples = new Int32Array(2 * qmfTaps);
  at = 0;

  push(older: number, newer: number): void {
    const { samples, at } = this;
    samples[at] = samples[at + qmfTaps] = older;
    samples[at + 1] = samples[at + 1 + qmfTaps] = newer;
    this.at = at + 2 === qmfTaps ? 0 : at + 2;
  }

  /** Sum over every second sample from the oldest (0) or the one after (1). */
  sum(from: 0 | 1): number {
    const { samples, at } = this;
    let sum = 0;
    if (from === 0) for (let i = 0; i < 12; i++) sum += samples[at + 2 * i] * qmf[i];
    else for (let i = 0; i < 12; i++) sum += samples[at + 2 * i + 1] * qmf[11 - i];
    return sum;
  }
}

/** Samples at 16 kHz → octets, two samples each. */
export class G722Encoder {
  readonly #low = Band.low();
  readonly #high = Band.high();
  readonly #window = new Window();

  /** Encodes `count` samples (an even number) into `out` from `at`; returns the number of octets. */
  encode(samples: Int16Array, count: number, out: Uint8Array, at: number): number {
    const window = this.#window;
    for (let i = 0; i + 1 < count; i += 2) {
      window.push(samples[i], samples[i + 1]);
      const even = window.sum(0);
      const odd = window.sum(1);
      out[at + (i >> 1)] =
        (this.#encodeHigh(limit((odd - even) >> 14)) << 6) | this.#encodeLow(limit((odd + even) >> 14));
    }
    return count >> 1;
  }

  /** Blocks 1L to 4L. */
  #encodeLow(xl: number): number {
    const band = this.#low;
    const difference = saturate(xl - band.s);
    const magnitude = difference >= 0 ? difference : -(difference + 1);
    // QUANTL: the first level that is above.
    let interval = 1;
    while (interval < 30 && magnitude >= (q6[interval] * band.scale) >> 12) interval++;
    const code = difference >= 0 ? 62 - interval : interval < 3 ? 64 - interval : 34 - interval;
    const index = code >> 2;
    const quantized = (band.scale * qm4[index]) >> 15;
    band.adaptScale(lowSteps[index]);
    band.predict(quantized);
    return code;
  }

  /** Blocks 1H to 4H. */
  #encodeHigh(xh: number): number {
    const band = this.#high;
    const difference = saturate(xh - band.s);
    const magnitude = difference >= 0 ? difference : -(difference + 1);
    const outer = magnitude >= (564 * band.scale) >> 12;
    const code = difference >= 0 ? (outer ? 2 : 3) : outer ? 0 : 1;
    const quantized = (band.scale * qm2[code]) >> 15;
    band.adaptScale(highSteps[code]);
    band.predict(quantized);
    return code;
  }
}

/** Octets → samples at 16 kHz. */
export class G722Decoder {
  readonly #low = Band.low();
  readonly #high = Band.high();
  readonly #window = new Window();

  /** Decodes octets `start`–`end` into `out` from `at`: two samples each. */
  decode(octets: Uint8Array, start: number, end: number, out: Int16Array, at: number): void {
    const window = this.#window;
    for (let i = start, o = at; i < end; i++, o += 2) {
      const low = this.#decodeLow(octets[i] & 0x3f);
      const high = this.#decodeHigh(octets[i] >> 6);
      window.push(saturate(low + high), saturate(low - high));
      out[o] = saturate(window.sum(1) >> 11);
      out[o + 1] = saturate(window.sum(0) >> 11);
    }
  }

  #decodeLow(code: number): number {
    const band = this.#low;
    // Six bits are heard, four adapt the predictor: the same as in the encoder, whatever the mode.
    const heard = limit(band.s + ((band.scale * qm6[code]) >> 15));
    const index = code >> 2;
    const quantized = (band.scale * qm4[index]) >> 15;
    band.adaptScale(lowSteps[index]);
    band.predict(quantized);
    return heard;
  }

  #decodeHigh(code: number): number {
    const band = this.#high;
    const quantized = (band.scale * qm2[code]) >> 15;
    const heard = limit(band.s + quantized);
    band.adaptScale(highSteps[code]);
    band.predict(quantized);
    return heard;
  }
}
