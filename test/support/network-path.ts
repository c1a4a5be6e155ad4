/** A sender, a network that harms, and a playing `Voice`, all on a clock that is only counted. */
import { Voice } from '../../mcu/engines/embedded/voice.ts';
import type { VoiceStats } from '../../mcu/engines/embedded/voice-stats.ts';
import type { VoiceOptions } from '../../mcu/engines/embedded/voice.ts';
import { newRtpView } from '../../mcu/rtp/packet.ts';

/** Numbers 0–1 that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Packet {
  readonly index: number;
  sequence: number;
  timestamp: number;
  marker: boolean;
  /** When the sender let it go, on the receiver's clock. */
  readonly sentMs: number;
  readonly payload: Buffer;
}

/** What sender and receiver make of samples. */
export interface Coder {
  readonly encode: (samples: Int16Array) => Buffer;
  readonly decoder: VoiceOptions['decoder'];
}

/** When a packet arrives after it was sent, in ms; null: never; several numbers: several times. */
export type Network = (
  packet: { readonly index: number },
  random: () => number,
) => number | readonly number[] | null;

const plainDelayMs = 30;

export function loss(share: number): Network {
  return (_, random) => (random() < share ? null : plainDelayMs);
}

/** Losses of so many packets in a row; `starts`: how likely one begins. */
export function bursts(starts: number, packets: number): Network {
  let left = 0;
  return (_, random) => {
    if (left === 0 && random() < starts) left = packets;
    return left > 0 && left-- > 0 ? null : plainDelayMs;
  };
}

export function jitter(ms: number): Network {
  return (_, random) => plainDelayMs + random() * ms;
}

/** So many packets are overtaken by the next one. */
export function reordered(share: number): Network {
  return (_, random) => (random() < share ? plainDelayMs + 25 : plainDelayMs);
}

export interface PathOptions {
  readonly sound: Int16Array;
  readonly rateHz: number;
  readonly packetMs?: number;
  /** How much faster the sender's clock runs than ours. */
  readonly driftPpm?: number;
  readonly network?: Network;
  /** Changes what is sent; false: it isn't. */
  readonly sender?: (packet: Packet) => boolean;
  /** Default: samples as they are (16 bits), so that only the playing is heard. */
  readonly coder?: Coder;
  readonly longestDelayMs?: number;
  readonly seed?: number;
  readonly onFrame?: (voice: Voice, dueMs: number, frame: Int16Array) => void;
}

export interface Played {
  readonly sound: Int16Array;
  readonly stats: VoiceStats;
}

const plain: Coder = {
  encode: (samples) => Buffer.from(new Int16Array(samples).buffer),
  decoder: {
    decode(packet, start, end, out, at) {
      const count = Math.min((end - start) >> 1, out.length - at);
      for (let i = 0; i < count; i++) out[at + i] = packet.readInt16LE(start + 2 * i);
      return count;
    },
  },
};

export function playOver(options: PathOptions): Played {
  const { sound, rateHz, packetMs = 20, driftPpm = 0, seed = 1, network = () => 30, coder = plain } = options;
  const random = seeded(seed);
  const perPacket = (rateHz * packetMs) / 1000;
  const arrivals: { atMs: number; packet: Packet }[] = [];
  const count = Math.floor(sound.length / perPacket);
  for (let index = 0; index < count; index++) {
    const packet: Packet = {
      index,
      sequence: (60_000 + index) & 0xffff,
      timestamp: (4_294_000_000 + index * perPacket) >>> 0,
      marker: index === 0,
      sentMs: ((index + 1) * packetMs) / (1 + driftPpm / 1e6),
      payload: coder.encode(sound.subarray(index * perPacket, (index + 1) * perPacket)),
    };
    if (options.sender && !options.sender(packet)) continue;
    const delays = network(packet, random);
    if (delays === null) continue;
    for (const delayMs of [delays].flat()) arrivals.push({ atMs: packet.sentMs + delayMs, packet });
  }
  arrivals.sort((a, b) => a.atMs - b.atMs);
  return play(arrivals, options);
}

function play(arrivals: readonly { atMs: number; packet: Packet }[], options: PathOptions): Played {
  const { sound, rateHz, longestDelayMs = 300, coder = plain } = options;
  const voice = new Voice({ decoder: coder.decoder, rateHz, clockHz: rateHz, longestDelayMs });
  const frame = new Int16Array(rateHz / 50);
  const frames = Math.ceil((sound.length / frame.length) * 1.01) + 50;
  const out = new Int16Array(frames * frame.length);
  const view = newRtpView();
  let next = 0;
  for (let index = 0; index < frames; index++) {
    const dueMs = index * 20 + 7;
    for (; next < arrivals.length && arrivals[next].atMs <= dueMs; next++) {
      const { packet, atMs } = arrivals[next];
      const { payload } = packet;
      view.sequence = packet.sequence;
      view.timestamp = packet.timestamp;
      view.marker = packet.marker;
      view.payloadStart = 0;
      view.payloadEnd = payload.length;
      voice.put(payload, view, atMs);
    }
    voice.pull(frame, dueMs);
    out.set(frame, index * frame.length);
    options.onFrame?.(voice, dueMs, frame);
  }
  return { sound: out, stats: voice.stats() };
}

/** When packets of 20 ms arrive in such a network, the earliest first; a lost one never does. */
export function arrivalsOf(
  packets: number,
  network: Network,
  seed: number,
  driftPpm = 0,
): { readonly index: number; readonly atMs: number }[] {
  const random = seeded(seed);
  const arrivals = Array.from({ length: packets }, (_, index) => {
    const sentMs = (index * 20) / (1 + driftPpm / 1e6);
    return [network({ index }, random) ?? []].flat().map((delayMs) => ({ index, atMs: sentMs + delayMs }));
  });
  return arrivals.flat().sort((a, b) => a.atMs - b.atMs);
}

/** Largest step between neighbouring samples. */
export function largestStep(sound: Int16Array, from = 0, to = sound.length): number {
  let largest = 0;
  for (let i = from + 1; i < to; i++) largest = Math.max(largest, Math.abs(sound[i] - sound[i - 1]));
  return largest;
}

/** Stretches of at least `ms` in which nothing is louder than `quiet`, between the first sound and the last. */
export function gaps(sound: Int16Array, rateHz: number, ms = 10, quiet = 20): number {
  const loud = (sample: number) => Math.abs(sample) > quiet;
  const last = sound.findLastIndex(loud);
  let count = 0;
  let since = sound.findIndex(loud);
  for (let i = since; i <= last && since >= 0; i++) {
    if (!loud(sound[i])) continue;
    if (i - since > (ms * rateHz) / 1000) count++;
    since = i;
  }
  return count;
}

/**
 * How much later a sound is in the second recording than in the first, in ms, by where it is loud and where it isn't:
 * exact to 5 ms, however long the recordings are.
 */
export function delayOf(said: Int16Array, heard: Int16Array, rateHz: number): number {
  const [loud, heardLoud] = [loudness(said, rateHz), loudness(heard, rateHz)];
  let best = { at: 0, sum: -Infinity };
  for (let at = -loud.length; at < heardLoud.length; at++) {
    let sum = 0;
    for (let i = Math.max(0, -at); i < loud.length && at + i < heardLoud.length; i++)
      sum += loud[i] * heardLoud[at + i];
    if (sum > best.sum) best = { at, sum };
  }
  return best.at * envelopeMs;
}

const envelopeMs = 5;

/** Of each 5 ms; the mean is 0. */
function loudness(sound: Int16Array, rateHz: number): Float64Array {
  const size = (rateHz * envelopeMs) / 1000;
  const levels = Float64Array.from({ length: Math.floor(sound.length / size) }, (_, i) =>
    levelOf(sound.subarray(i * size, (i + 1) * size)),
  );
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  return levels.map((level) => level - mean);
}

/**
 * How alike two recordings are: each 100 ms of the first with sound in it is looked for in the second within
 * ±`searchMs` of `delayMs`; the mean of the best normalised correlations, 0–1.
 */
export function likeness(
  said: Int16Array,
  heard: Int16Array,
  rateHz: number,
  delayMs: number,
  searchMs: number,
): number {
  const size = rateHz / 10;
  const middle = Math.round((delayMs * rateHz) / 1000);
  const reach = Math.round((searchMs * rateHz) / 1000);
  let sum = 0;
  let pieces = 0;
  for (let at = 0; at + size <= said.length; at += size) {
    const piece = said.subarray(at, at + size);
    if (levelOf(piece) < 200) continue;
    const coarse = bestMatch(piece, heard, at + middle - reach, at + middle + reach, 3);
    sum += bestMatch(piece, heard, coarse.at - 3, coarse.at + 3, 1).correlation;
    pieces++;
  }
  return pieces === 0 ? 0 : sum / pieces;
}

function levelOf(sound: Int16Array): number {
  return Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);
}

function bestMatch(
  piece: Int16Array,
  heard: Int16Array,
  from: number,
  to: number,
  step: number,
): { at: number; correlation: number } {
  let best = { at: from, correlation: 0 };
  for (let at = Math.max(0, from); at <= to && at + piece.length <= heard.length; at += step) {
    let [own, cross, power] = [0, 0, 0];
    // Every other sample tells enough.
    for (let i = 0; i < piece.length; i += 2) {
      const sample = heard[at + i];
      own += piece[i] * piece[i];
      cross += piece[i] * sample;
      power += sample * sample;
    }
    const correlation = power === 0 ? 0 : cross / Math.sqrt(own * power);
    if (correlation > best.correlation) best = { at, correlation };
  }
  return best;
}
