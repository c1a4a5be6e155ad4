/** A sound that no prompt and no voice is like, so that it is known again after codecs, mixing and networks. */
const amplitude = 8_000;
const frameSeconds = 0.02;
/** Of a frame's power, so much has to be the tone's. */
const share = 0.6;
/** Below this a frame is silence, whatever it is made of. */
const leastPower = 200 ** 2;
/** 0.3 s in all. */
const framesWanted = 15;

/** Gives the next samples of a tone, without a click between them. */
export function toneSource(hz: number, rateHz: number): (count: number) => Int16Array {
  let at = 0;
  return (count) => {
    const samples = new Int16Array(count);
    for (let i = 0; i < count; i++, at++) samples[i] = amplitude * Math.sin((2 * Math.PI * hz * at) / rateHz);
    return samples;
  };
}

/** Listens for one tone. */
export class ToneEar {
  readonly #hz: number;
  readonly #rateHz: number;
  readonly #frame: Int16Array;
  #filled = 0;
  #frames = 0;

  constructor(hz: number, rateHz: number) {
    this.#hz = hz;
    this.#rateHz = rateHz;
    this.#frame = new Int16Array(Math.round(rateHz * frameSeconds));
  }

  /** True once the tone was heard for long enough. */
  get heard(): boolean {
    return this.#frames >= framesWanted;
  }

  hear(samples: Int16Array): void {
    for (const sample of samples) {
      this.#frame[this.#filled++] = sample;
      if (this.#filled < this.#frame.length) continue;
      this.#filled = 0;
      if (this.#isTone()) this.#frames++;
    }
  }

  /** Goertzel’s algorithm: the power at one frequency. */
  #isTone(): boolean {
    const count = this.#frame.length;
    const factor = 2 * Math.cos((2 * Math.PI * this.#hz) / this.#rateHz);
    let [before, last, power] = [0, 0, 0];
    for (const sample of this.#frame) {
      const next = sample + factor * last - before;
      before = last;
      last = next;
      power += sample * sample;
    }
    const atTone = (2 * (last * last + before * before - factor * last * before)) / count;
    return power / count > leastPower && atTone > share * power;
  }
}
