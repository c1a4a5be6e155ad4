/** Cross-correlation by the Fourier transform: a minute against a second in milliseconds instead of minutes. */

/** Highest normalised correlation of `needle` in `haystack`, and where, in samples. */
export function correlate(haystack: Int16Array, needle: Int16Array): { correlation: number; at: number } {
  const places = haystack.length - needle.length + 1;
  if (places < 1) return { correlation: 0, at: 0 };
  const cross = crossCorrelation(haystack, needle);
  const needlePower = powerOf(needle);
  // Where the recording is next to silent, chance correlates with anything.
  const leastPower = needlePower / 1000;
  let power = powerOf(haystack.subarray(0, needle.length));
  let best = { correlation: 0, at: 0 };
  for (let at = 0; at < places; at++) {
    if (at > 0) power += haystack[at + needle.length - 1] ** 2 - haystack[at - 1] ** 2;
    if (power < leastPower) continue;
    const correlation = cross[at] / Math.sqrt(power * needlePower);
    if (correlation > best.correlation) best = { correlation, at };
  }
  return best;
}

function powerOf(samples: Int16Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0);
}

/** Both signals go through one complex transform: the one as its real, the other as its imaginary part. */
function crossCorrelation(haystack: Int16Array, needle: Int16Array): Float64Array {
  const size = 2 ** Math.ceil(Math.log2(haystack.length + needle.length));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  real.set(haystack);
  imaginary.set(needle);
  transform(real, imaginary);
  const outReal = new Float64Array(size);
  const outImaginary = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const mirror = (size - k) % size;
    // H = (Z(k) + Z*(−k)) / 2, N = (Z(k) − Z*(−k)) / 2i; the product is H · N*.
    const [hr, hi] = [(real[k] + real[mirror]) / 2, (imaginary[k] - imaginary[mirror]) / 2];
    const [nr, ni] = [(imaginary[k] + imaginary[mirror]) / 2, (real[mirror] - real[k]) / 2];
    outReal[k] = hr * nr + hi * ni;
    // Conjugate: transforming once more then gives the inverse.
    outImaginary[k] = -(hi * nr - hr * ni);
  }
  transform(outReal, outImaginary);
  return outReal.map((value) => value / size);
}

/** Cooley and Tukey, radix 2, in place. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  reverseBits(real, imaginary);
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const angle = (-Math.PI * k) / half;
      const [wr, wi] = [Math.cos(angle), Math.sin(angle)];
      for (let i = k; i < size; i += 2 * half) {
        const j = i + half;
        const tr = real[j] * wr - imaginary[j] * wi;
        const ti = real[j] * wi + imaginary[j] * wr;
        real[j] = real[i] - tr;
        imaginary[j] = imaginary[i] - ti;
        real[i] += tr;
        imaginary[i] += ti;
      }
    }
  }
}

function reverseBits(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [real[i], real[j]] = [real[j], real[i]];
    [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
  }
}
