import type { Coding } from './codings.ts';
import { heardRateHz as rateHz } from './codings.ts';
import { round } from './numbers.ts';
import { speakerHz } from './sounds.ts';

const frame = 160;
const frameMs = 20;
/** A frame in which the tone is weaker than this share of its usual level is one without it. */
const faint = 0.35;
/** Longer than this is heard. */
const gapMs = 40;

const cosine = Float64Array.from({ length: frame }, (_, i) =>
  Math.cos((2 * Math.PI * speakerHz * i) / rateHz),
);
const sine = Float64Array.from({ length: frame }, (_, i) => Math.sin((2 * Math.PI * speakerHz * i) / rateHz));

export interface Continuity {
  readonly heardMs: number;
  /** Times that the speaker was gone for more than 40 ms. */
  readonly gaps: number;
  readonly missingMs: number;
  /** Share of the frames in which the speaker is heard at the usual level, within 3 dB. */
  readonly steady: number;
}

/** Listens to one caller's ear for the WebRTC speaker, who never stops: frame by frame, by correlation with the tone. */
export class ToneWatch {
  readonly #levels: number[] = [];

  readonly #decode: (payload: Buffer) => Int16Array;

  constructor(coding: Coding) {
    this.#decode = coding.newDecoder();
  }

  readonly hear = (payload: Buffer): void => {
    const samples = this.#decode(payload);
    if (samples.length < frame) return;
    let real = 0;
    let imaginary = 0;
    for (let i = 0; i < frame; i++) {
      real += samples[i] * cosine[i];
      imaginary += samples[i] * sine[i];
    }
    this.#levels.push(Math.hypot(real, imaginary) / (frame / 2));
  };

  result(): Continuity {
    const levels = this.#levels;
    const usual = [...levels].sort((a, b) => a - b)[Math.floor(levels.length / 2)] ?? 0;
    let gaps = 0;
    let missing = 0;
    let run = 0;
    const endRun = (): void => {
      if (run * frameMs > gapMs) gaps++;
      run = 0;
    };
    for (const level of levels) {
      if (level >= faint * usual) endRun();
      else {
        run++;
        missing++;
      }
    }
    endRun();
    const steady = levels.filter((level) => level > usual / Math.SQRT2 && level < usual * Math.SQRT2).length;
    return {
      heardMs: levels.length * frameMs,
      gaps,
      missingMs: missing * frameMs,
      steady: levels.length === 0 ? 0 : round(steady / levels.length, 4),
    };
  }
}
