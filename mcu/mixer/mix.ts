/** Sums of voices. All buffers belong to the caller; a frame is 20 ms. */

const ceiling = 32767;
/** Above this (−2.5 dBFS) a sum is bent instead of cut off. */
const knee = 24576;
const room = ceiling - knee;

/** Exact up to the knee, then a curve of slope 1 that approaches full scale: loud sums stay speech. */
export function softLimit(sample: number): number {
  if (sample > knee) {
    const over = sample - knee;
    return knee + Math.trunc((room * over) / (over + room));
  }
  if (sample < -knee) {
    const over = -knee - sample;
    return -knee - Math.trunc((room * over) / (over + room));
  }
  return sample;
}

export function addTo(total: Int32Array, voice: Int16Array): void {
  for (let i = 0; i < voice.length; i++) total[i] = total[i] + voice[i];
}

/** Lays a prompt over a frame whose gain goes evenly from one value to the other. */
export function layOver(frame: Int16Array, fromGain: number, toGain: number, prompt: Int16Array): void {
  const step = (toGain - fromGain) / frame.length;
  let gain = fromGain;
  for (let i = 0; i < frame.length; i++) {
    gain += step;
    frame[i] = softLimit(Math.round(frame[i] * gain) + prompt[i]);
  }
}

/** The loudest idle octet of A-law decodes to ±8: such a frame adds nothing. */
const idleSample = 8;

export function isSilent(frame: Int16Array): boolean {
  for (const sample of frame) if (sample > idleSample || sample < -idleSample) return false;
  return true;
}
