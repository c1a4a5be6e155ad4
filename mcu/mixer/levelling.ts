import { softLimit } from './mix.ts';

/** Active speech level that everybody is brought to, dB of full scale (RMS). */
const targetDb = -20;
const mostGainDb = 15;
const mostCutDb = 12;
/** Nearer than this nothing is changed; once something is, up to here. */
const tolerableDb = 3;
const exactDb = 0.5;
const upDbPerFrame = 0.08;
const downDbPerFrame = 0.16;
/** Speech stands out of the background by this much, and is never quieter than that. */
const outstandingDb = 9;
const quietestSpeechDb = -55;
/** The background is the quietest of late: it rises by 2 dB a second, and falls at once, as in the first pause. */
const floorRiseDbPerFrame = 0.04;
const quietestFloorDb = -65;
/** The level is averaged over a second of speech, and believed after a quarter of one. */
const averagedFrames = 50;
const believedFrames = 12;
/** Pauses between words and sentences keep the gain; then it fades within half a second. */
const hangoverFrames = 15;
const gateStep = 0.04;
/** −1 dBFS; a gain that is too high for a frame is down when a tenth of it is over. */
const highestPeak = 29_204;
const attackShare = 0.1;
const fullScalePower = 32_768 * 32_768;

/**
 * Brings a voice to the level of all others: slowly, by its active speech level. A background is never raised: in
 * pauses a gain fades to none. Frames are 20 ms at any rate.
 */
export class Leveller {
  #floorDb = 0;
  #power = 0;
  #frames = 0;
  #gainDb = 0;
  #moving = false;
  #sinceSpeech = hangoverFrames;
  /** 0: a pause, nothing is raised; 1: speech. */
  #gate = 0;
  #factor = 1;

  /** Gain for speech at present. */
  get gainDb(): number {
    return this.#gainDb;
  }

  /** A frame of silence, which needs no changing. */
  pause(): void {
    this.#listen(0);
    this.#factor = 1;
  }

  /** In place. */
  level(frame: Int16Array): void {
    let power = 0;
    let peak = 0;
    for (const sample of frame) {
      power += sample * sample;
      if (sample > peak) peak = sample;
      else if (-sample > peak) peak = -sample;
    }
    this.#listen(power / frame.length);
    const gainDb = this.#gainDb > 0 ? this.#gainDb * this.#gate : this.#gainDb;
    const wanted = gainDb === 0 ? 1 : 10 ** (gainDb / 20);
    if (wanted > 1 && peak * wanted > highestPeak)
      this.#apply(frame, Math.max(1, highestPeak / peak), Math.ceil(frame.length * attackShare));
    else this.#apply(frame, wanted, frame.length);
  }

  #listen(power: number): void {
    const levelDb = 10 * Math.log10(power / fullScalePower + 1e-12);
    this.#floorDb = Math.max(quietestFloorDb, Math.min(levelDb, this.#floorDb + floorRiseDbPerFrame));
    if (levelDb < quietestSpeechDb || levelDb < this.#floorDb + outstandingDb) {
      if (++this.#sinceSpeech > hangoverFrames) this.#gate = Math.max(0, this.#gate - gateStep);
      return;
    }
    this.#sinceSpeech = 0;
    this.#gate = 1;
    this.#frames = Math.min(averagedFrames, this.#frames + 1);
    this.#power += (power - this.#power) / this.#frames;
    if (this.#frames >= believedFrames) this.#approach(10 * Math.log10(this.#power / fullScalePower));
  }

  #approach(activeDb: number): void {
    const wantedDb = Math.max(-mostCutDb, Math.min(mostGainDb, targetDb - activeDb));
    const offDb = wantedDb - this.#gainDb;
    if (Math.abs(offDb) > tolerableDb) this.#moving = true;
    else if (Math.abs(offDb) < exactDb) this.#moving = false;
    if (!this.#moving) return;
    this.#gainDb += Math.max(-downDbPerFrame, Math.min(upDbPerFrame, offDb));
  }

  /** The gain goes evenly to `factor` over `ramp` samples; what sticks out until then is bent. */
  #apply(frame: Int16Array, factor: number, ramp: number): void {
    let gain = this.#factor;
    this.#factor = factor;
    if (gain === 1 && factor === 1) return;
    const step = (factor - gain) / ramp;
    for (let i = 0; i < frame.length; i++) {
      gain = i < ramp ? gain + step : factor;
      frame[i] = softLimit(Math.round(frame[i] * gain));
    }
  }
}
