// The little signal processing that make.mjs needs. Samples are numbers in −1…1; nothing is changed in place.

const gainOf = (db) => 10 ** (db / 20);

/** Cuts what is 45 dB below the loudest 10 ms from both ends, keeps 60 ms of air and fades it. */
export function trimSilence(samples, rateHz) {
  const step = rateHz / 100;
  const { levels, floor } = silenceIn(samples, step);
  const first = Math.max(0, levels.findIndex((level) => level > floor) - 6);
  const last = Math.min(levels.length, levels.findLastIndex((level) => level > floor) + 7);
  const cut = samples.slice(first * step, last * step);
  const fade = rateHz / 50;
  for (let i = 0; i < fade; i++) {
    cut[i] *= i / fade;
    cut[cut.length - 1 - i] *= i / fade;
  }
  return cut;
}

/** Pauses within speech last 300 ms at most: on a telephone a longer one sounds like the end. */
export function shortenPauses(samples, rateHz) {
  const step = rateHz / 100;
  const longest = 30;
  const { levels, floor } = silenceIn(samples, step);
  let silent = 0;
  const kept = [];
  levels.forEach((level, i) => {
    silent = level > floor ? 0 : silent + 1;
    if (silent <= longest) kept.push(samples.subarray(i * step, (i + 1) * step));
  });
  const out = new Float64Array(kept.length * step);
  kept.forEach((part, i) => out.set(part, i * step));
  return out;
}

function silenceIn(samples, step) {
  const levels = Array.from({ length: Math.floor(samples.length / step) }, (_, i) =>
    rms(samples.subarray(i * step, (i + 1) * step)),
  );
  return { levels, floor: Math.max(...levels) * gainOf(-45) };
}

export function rms(samples) {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** Level of speech without its pauses: RMS of the 20 ms frames within 20 dB of the loudest, as ITU-T P.56 means it. */
function activeRms(samples, rateHz) {
  const step = rateHz / 50;
  const frames = Array.from({ length: Math.floor(samples.length / step) }, (_, i) =>
    rms(samples.subarray(i * step, (i + 1) * step)),
  );
  const floor = Math.max(...frames) * gainOf(-20);
  return rms(Float64Array.from(frames.filter((level) => level > floor)));
}

/** To this active level, dBFS. */
export function normalise(samples, rateHz, levelDbfs) {
  const gain = gainOf(levelDbfs) / activeRms(samples, rateHz);
  return samples.map((sample) => sample * gain);
}

/** Holds peaks below a ceiling: the gain dips 5 ms ahead of a peak and comes back within 50 ms. */
export function limit(samples, rateHz, ceilingDbfs) {
  const ceiling = gainOf(ceilingDbfs);
  const ahead = rateHz / 200;
  const release = Math.exp(-1 / (0.05 * rateHz));
  const wanted = samples.map((sample) => Math.min(1, ceiling / Math.max(Math.abs(sample), 1e-9)));
  const held = wanted.map((_, i) => Math.min(...wanted.subarray(Math.max(0, i - ahead), i + ahead + 1)));
  let gain = 1;
  const smooth = held.map((target) => (gain = Math.min(target, 1 - (1 - gain) * release)));
  // A mean over the time that the dip came early rounds its edges and never rises above the held gain.
  return samples.map((sample, i) => {
    const window = smooth.subarray(Math.max(0, i - ahead / 2), i + ahead / 2 + 1);
    return sample * (window.reduce((sum, value) => sum + value, 0) / window.length);
  });
}

// Second-order filters after R. Bristow-Johnson's “Cookbook formulae for audio EQ biquad filter coefficients”.
function biquad(samples, [b0, b1, b2, a0, a1, a2]) {
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return samples.map((x) => {
    const y = (b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2) / a0;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}

export function highPass(samples, rateHz, cutHz) {
  const w = (2 * Math.PI * cutHz) / rateHz;
  const alpha = Math.sin(w) / Math.SQRT2;
  const c = Math.cos(w);
  return biquad(samples, [(1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha]);
}

export function lowPass(samples, rateHz, cutHz) {
  const w = (2 * Math.PI * cutHz) / rateHz;
  const alpha = Math.sin(w) / Math.SQRT2;
  const c = Math.cos(w);
  return biquad(samples, [(1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha]);
}

/** Raises the band around a frequency (Q 0.8). */
export function peaking(samples, rateHz, centreHz, gainDb) {
  const w = (2 * Math.PI * centreHz) / rateHz;
  const alpha = Math.sin(w) / (2 * 0.8);
  const a = gainOf(gainDb / 2);
  const c = Math.cos(w);
  return biquad(samples, [1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a]);
}

/** `added` laid over `base` from sample `at` on; the result is as long as both need. */
export function mix(base, added, at) {
  const out = new Float64Array(Math.max(base.length, at + added.length));
  out.set(base);
  added.forEach((sample, i) => (out[at + i] += sample));
  return out;
}

/** RIFF/WAVE: PCM, 16 bit, mono. */
export function wav(samples, rateHz) {
  const data = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, i) => {
    data.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(sample * 32767))), 2 * i);
  });
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rateHz, 24);
  head.writeUInt32LE(rateHz * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
