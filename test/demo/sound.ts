/** Recordings for the demo: read, brought to another rate, measured. Samples are 16-bit mono. */
import { readFileSync } from 'node:fs';
import { levelDb } from '../support/audio.ts';

export interface Sound {
  readonly samples: Int16Array;
  readonly rateHz: number;
}

/** Telephone rate: both recordings are compared and kept at it. */
export const PHONE_RATE_HZ = 8000;

/**
 * A 16-bit mono WAV file, also one that is still being written: then its header knows no length yet, so that
 * everything behind it counts. Throws when it is no such file.
 */
export function readWav(path: string): Sound & { readonly channels: number } {
  const bytes = readFileSync(path);
  const data = bytes.indexOf('data', 12, 'latin1');
  if (data < 0 || bytes.toString('latin1', 0, 4) !== 'RIFF') throw new Error(`no WAV file: ${path}`);
  const said = bytes.readUInt32LE(data + 4);
  const length = said === 0 ? bytes.length - data - 8 : Math.min(said, bytes.length - data - 8);
  return {
    samples: Int16Array.from({ length: length >> 1 }, (_, i) => bytes.readInt16LE(data + 8 + i * 2)),
    rateHz: bytes.readUInt32LE(24),
    channels: bytes.readUInt16LE(22),
  };
}

/** Half the width of the low-pass, in samples of the lower rate. */
const REACH = 12;

/** Between rates of which one is a multiple of the other: a sinc under a Hann window. */
export function resample({ samples, rateHz }: Sound, toHz: number): Int16Array {
  const step = rateHz / toHz;
  const cut = Math.min(1, 1 / step);
  const reach = REACH / cut;
  return Int16Array.from({ length: Math.floor(samples.length / step) }, (_, i) => {
    const at = i * step;
    let sum = 0;
    for (let n = Math.max(0, Math.ceil(at - reach)); n < at + reach && n < samples.length; n++) {
      const t = n - at;
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * cut * t) / (Math.PI * cut * t);
      sum += samples[n] * sinc * cut * (0.5 + 0.5 * Math.cos((Math.PI * t) / reach));
    }
    return Math.max(-32768, Math.min(32767, Math.round(sum)));
  });
}

/** Level of speech without its pauses, dB of full scale: the 20 ms within 20 dB of the loudest, as ITU-T P.56 means it. */
export function activeSpeechDb(samples: Int16Array, rateHz: number): number {
  const step = rateHz / 50;
  const frames = Array.from({ length: Math.floor(samples.length / step) }, (_, i) =>
    levelDb(samples.subarray(i * step, (i + 1) * step)),
  );
  const floor = Math.max(...frames) - 20;
  const active = frames.filter((level) => level > floor).map((level) => 10 ** (level / 10));
  return 10 * Math.log10(active.reduce((sum, power) => sum + power, 0) / active.length);
}

export function silence(seconds: number, rateHz: number): Int16Array {
  return new Int16Array(Math.round(seconds * rateHz));
}
