/** What callers send, coded once: one second of 20 ms payloads each. */
import { joinSamples, measureTone, tone } from '../support/audio.ts';
import { heardRateHz } from './codings.ts';
import type { Coding } from './codings.ts';

/** The WebRTC speaker's tone. */
export const speakerHz = 440;

export interface CallerSounds {
  readonly coding: Coding;
  /** A caller who speaks: a tone at −17 dBov. */
  readonly speech: readonly Buffer[];
  /** What a caller sends while another one of the ten speaks. */
  readonly quiet: readonly Buffer[];
}

/** `noise`: a quiet room at the far end, −60 dBov, which no mixer may take for silence; `silence`: a muted phone. */
export function callerSounds(coding: Coding, quiet: 'noise' | 'silence'): CallerSounds {
  const { rateHz } = coding;
  const range = quiet === 'noise' ? 110 : 0;
  return {
    coding,
    speech: coding.encode(tone(1000, 6500, rateHz, 0, rateHz)),
    quiet: coding.encode(Int16Array.from({ length: rateHz }, () => (Math.random() - 0.5) * range)),
  };
}

/** Whether the WebRTC speaker is heard in a caller's last second. */
export function hearsSpeaker(heard: readonly Buffer[], coding: Coding): boolean {
  const samples = joinSamples(heard.map(coding.newDecoder()));
  const { rms, purity } = measureTone(samples, speakerHz, heardRateHz);
  return rms > 300 && purity > 0.1;
}
