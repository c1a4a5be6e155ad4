import { softLimit } from './mix.ts';

/** −3 dBFS: below it a sum is passed on exactly. */
const threshold = 23_197;
/** −1.5 dBFS: where the highest peak of a louder sum goes. */
const ceiling = 27_571;
/** The whole frame is known before it is played: the gain is down when 2 ms of it are over. */
const attackShare = 0.1;
/** Per frame of 20 ms: back after about 0.3 s. */
const release = 0.15;
const recovered = 0.999;

/**
 * Keeps a sum of voices within full scale by turning it down, not by bending it: looks ahead over the frame that it
 * is given, so it adds no delay. One per listener, as each hears another sum. Frames are 20 ms at any rate.
 */
export class Limiter {
  #gain = 1;

  /** Goes on where another limiter is, for a listener who changes over from its sum. */
  follow(other: Limiter): void {
    this.#gain = other.#gain;
  }

  /** Everything but the listener's own voice; `own` null: everything. */
  mix(total: Int32Array, own: Int16Array | null, out: Int16Array): void {
    const peak = own ? peakWithout(total, own) : peakOf(total);
    const needed = peak > threshold ? Math.min(1, ceiling / peak) : 1;
    const from = this.#gain;
    let to = from + (1 - from) * release;
    if (to > recovered) to = 1;
    if (needed < to) to = needed;
    this.#gain = to;
    const ramp = to < from ? Math.ceil(out.length * attackShare) : out.length;
    const step = (to - from) / ramp;
    let gain = from;
    for (let i = 0; i < out.length; i++) {
      const sample = own ? total[i] - own[i] : total[i];
      gain = i < ramp ? gain + step : to;
      out[i] = gain === 1 ? softLimit(sample) : softLimit(Math.round(sample * gain));
    }
  }
}

function peakOf(total: Int32Array): number {
  let peak = 0;
  for (const sample of total) {
    if (sample > peak) peak = sample;
    else if (-sample > peak) peak = -sample;
  }
  return peak;
}

function peakWithout(total: Int32Array, own: Int16Array): number {
  let peak = 0;
  for (let i = 0; i < total.length; i++) {
    const sample = total[i] - own[i];
    if (sample > peak) peak = sample;
    else if (-sample > peak) peak = -sample;
  }
  return peak;
}
