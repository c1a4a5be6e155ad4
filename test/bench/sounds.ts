/** What callers send, coded once: one second of 20 ms payloads each. */
import { measureTone, muLaw, sine } from '../support/tone.ts';
import { decodeLaw } from '../support/audio.ts';

const rateHz = 8000;
const frame = 160;

/** The WebRTC speaker's tone. */
export const speakerHz = 440;

function payloads(samples: Int16Array): Buffer[] {
  const octets = muLaw(samples);
  return Array.from({ length: rateHz / frame }, (_, i) => octets.subarray(i * frame, (i + 1) * frame));
}

/** A caller who speaks: a tone at −17 dBov. */
export const speech = payloads(sine(1000, 6500, rateHz, rateHz));

/** A quiet room at the far end: noise at −60 dBov, which no mixer may take for silence. */
export const noise = payloads(Int16Array.from({ length: rateHz }, () => (Math.random() - 0.5) * 110));

/** A muted phone. */
export const silence = payloads(new Int16Array(rateHz));

/** Whether the WebRTC speaker is heard in a caller's last second. */
export function hearsSpeaker(heard: readonly Buffer[]): boolean {
  const samples = decodeLaw('PCMU', Buffer.concat([...heard]));
  const { rms, purity } = measureTone(samples, speakerHz, rateHz);
  return rms > 300 && purity > 0.1;
}
