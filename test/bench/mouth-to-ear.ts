/**
 * How long a sound takes from a telephone to a browser's ear and back. A chirp is said and found again by correlation;
 * both ends are in this process, so both times are on one monotonic clock. From the packet or frame that holds the first
 * sample leaving its source, to that sample being heard; a phone's own jitter buffer comes on top.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { LiveKit } from '../support/livekit.ts';
import { RTC_RATE_HZ, RtcParticipant } from '../support/rtc-participant.ts';
import type { BenchCall, Callers } from './callers.ts';
import { heardRateHz as phoneHz } from './codings.ts';
import { spread } from './numbers.ts';
import type { Spread } from './numbers.ts';

const room = 'bench-ear';
const chirpMs = 40;
const amplitude = 9000;
/** What comes later than this is somebody else's. */
const latestMs = 600;
/** Normalised correlation from which on it is our chirp; noise stays below 0.3. */
const recognised = 0.6;
/** Jitter buffers have found their delay. */
const settleMs = 4000;

export interface MouthToEar {
  readonly marks: number;
  /** ms; `count` is how many were heard. */
  readonly sipToWebRtc: Spread;
  readonly webRtcToSip: Spread;
}

/** `marks`: in each direction. */
export async function mouthToEar(callers: Callers, livekit: LiveKit, marks: number): Promise<MouthToEar> {
  const person = await RtcParticipant.join(livekit.url, await livekit.token('ada', room));
  const microphone = new Microphone();
  await person.publishLive(microphone.next);
  const { coding } = callers.sounds;
  const decode = coding.newDecoder();
  const spoken = coding.encode(chirp(coding.rateHz));
  const call = await callers.call(room);
  const browserEar = new Ear();
  const phoneEar = new Ear();
  try {
    if (call.status !== 200) throw new Error(`the call was not answered: ${call.status}`);
    call.media.onPayload = (payload, atMs) => phoneEar.hear(decode(payload), atMs);
    const deafen = await person.listen(`sip_${call.number}`, phoneHz, (samples) =>
      browserEar.hear(samples, performance.now()),
    );
    await pause(settleMs);
    const there = await measure(marks, browserEar, () => call.media.say(spoken));
    const back = await measure(marks, phoneEar, () => microphone.say());
    await deafen();
    return { marks, sipToWebRtc: spread(there), webRtcToSip: spread(back) };
  } finally {
    await end(callers, call, person);
  }
}

async function end(callers: Callers, call: BenchCall, person: RtcParticipant): Promise<void> {
  await callers.hangUp(call);
  await person.close();
}

/** Null for a mark that was not heard. */
async function measure(marks: number, ear: Ear, say: () => Promise<number>): Promise<(number | null)[]> {
  const delays: (number | null)[] = [];
  for (let mark = 0; mark < marks; mark++) {
    // Marks that keep step with a packet clock would all meet the same phase of it.
    await pause(100 + Math.random() * 40);
    ear.open();
    const saidMs = await say();
    await pause(latestMs);
    const heardMs = ear.find();
    delays.push(heardMs === null ? null : heardMs - saidMs);
  }
  return delays;
}

/** 500 to 2500 Hz, within what a telephone carries, faded at both ends. */
function chirp(rateHz: number): Int16Array {
  const length = (rateHz * chirpMs) / 1000;
  return Int16Array.from({ length }, (_, i) => {
    const s = i / rateHz;
    const phase = 2 * Math.PI * (500 * s + (2000 / (chirpMs / 1000)) * (s * s) * 0.5);
    return amplitude * Math.sin((Math.PI * i) / length) * Math.sin(phase);
  });
}

const template = chirp(phoneHz);

/** A browser's microphone: silent, but for chirps. */
class Microphone {
  readonly #silence = new Int16Array(RTC_RATE_HZ / 100);
  readonly #frames: Int16Array[] = [];
  #onSaid: ((atMs: number) => void) | null = null;

  readonly next = (): Int16Array => {
    const frame = this.#frames.shift();
    if (frame === undefined) return this.#silence;
    this.#onSaid?.(performance.now());
    this.#onSaid = null;
    return frame;
  };

  say(): Promise<number> {
    const samples = chirp(RTC_RATE_HZ);
    const size = this.#silence.length;
    for (let at = 0; at < samples.length; at += size) this.#frames.push(samples.slice(at, at + size));
    return new Promise((resolve) => {
      this.#onSaid = resolve;
    });
  }
}

/** Keeps what is heard since `open`, with the time of each piece. */
class Ear {
  readonly #samples = new Int16Array(phoneHz);
  readonly #pieces: { readonly from: number; readonly atMs: number }[] = [];
  #filled = 0;

  open(): void {
    this.#filled = 0;
    this.#pieces.length = 0;
  }

  hear(samples: Int16Array, atMs: number): void {
    if (this.#filled + samples.length > this.#samples.length) return;
    this.#pieces.push({ from: this.#filled, atMs });
    this.#samples.set(samples, this.#filled);
    this.#filled += samples.length;
  }

  /** When the chirp's first sample was heard; null: it was not. */
  find(): number | null {
    let best = recognised;
    let at = -1;
    for (let from = 0; from + template.length <= this.#filled; from++) {
      const alike = correlation(this.#samples, from);
      if (alike <= best) continue;
      best = alike;
      at = from;
    }
    const piece = this.#pieces.findLast(({ from }) => from <= at);
    return piece === undefined ? null : piece.atMs + ((at - piece.from) * 1000) / phoneHz;
  }
}

function correlation(samples: Int16Array, from: number): number {
  let cross = 0;
  let power = 0;
  let own = 0;
  for (let i = 0; i < template.length; i++) {
    const sample = samples[from + i];
    cross += sample * template[i];
    power += sample * sample;
    own += template[i] * template[i];
  }
  return power === 0 ? 0 : cross / Math.sqrt(power * own);
}
