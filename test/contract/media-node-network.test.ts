/**
 * What is heard of speech through bad networks, between callers of every codec, people in browsers and the room: real
 * processes and UDP; only the SFU is a fake. The networks are the same in every run.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWav } from '../../mcu/prompts/wav.ts';
import type { AudioCodec } from '../../mcu/ports.ts';
import { newRtpPacket, rewriteRtp } from '../../mcu/rtp/packet.ts';
import { levelDb } from '../support/audio.ts';
import { clocksHz, encodeSpeech, payloadTypes, speechIn } from '../support/codec-phone.ts';
import type { CodecPhone } from '../support/codec-phone.ts';
import {
  arrivalsOf,
  bursts,
  delayOf,
  gaps,
  jitter,
  likeness,
  loss,
  reordered,
} from '../support/network-path.ts';
import type { Network } from '../support/network-path.ts';
import { NodeUnderTest } from '../support/node-under-test.ts';
import type { NodeCaller } from '../support/node-under-test.ts';
import { sendOnTime } from '../support/send-on-time.ts';
import type { Departure } from '../support/send-on-time.ts';
import { until } from '../support/until.ts';

const codecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
const rateHz = 8000;
const said = readWav(readFileSync('test/fixtures/speech/phone.wav'), 'phone.wav').samples.subarray(
  0,
  3 * rateHz,
);
let on: NodeUnderTest;
let nextRoom = 1;
/** A machine that stands still for longer adds an impairment of its own, and what failed then is tried again, … */
const longestStandstillMs = 150;
/** … so many times in all. */
let repeats = 3;

beforeAll(async () => {
  on = await NodeUnderTest.open({ sound: { levelling: false, comfortNoise: false } });
  // Their start takes the machine for seconds.
  await on.standsBy('media node');
  await on.standsBy('mixing engine');
});
afterAll(() => on.close());

interface Way {
  readonly name: string;
  /** One for each packet of the speech. */
  readonly sends: readonly (() => void)[];
  readonly listener: CodecPhone;
  readonly heard: () => Int16Array;
}

async function fromCaller(
  codec: AudioCodec,
  to: AudioCodec,
): Promise<{ way: Way; speaker: NodeCaller<CodecPhone> }> {
  const room = `network-${nextRoom++}`;
  const { phone: listener } = await on.codecCallIntoRoom(room, to);
  const speaker = await on.codecCallIntoRoom(room, codec);
  const { phone } = speaker.phone;
  const sends = speaker.phone.packetsOf(said).map((packet) => () => phone.sendRaw(packet));
  return { speaker, way: { name: `${codec} → ${to}`, sends, listener, heard: () => heardBy(listener) } };
}

async function fromBrowser(to: AudioCodec): Promise<Way> {
  const room = `network-${nextRoom++}`;
  const { phone: listener } = await on.codecCallIntoRoom(room, to);
  const track = on.sfu.enter(room, 'browser');
  const sends = encodeSpeech('opus', said).map((payload, index) => {
    const packet = newRtpPacket(payload.length, payloadTypes.opus, 77);
    payload.copy(packet, 12);
    rewriteRtp(packet, payloadTypes.opus, false, index, (index * clocksHz.opus) / 50);
    return () => on.sfu.sendRtp(track, packet);
  });
  return { name: `WebRTC → ${to}`, sends, listener, heard: () => heardBy(listener) };
}

function heardBy({ codec, phone }: CodecPhone): Int16Array {
  return speechIn(codec, phone.packets);
}

/** What the room gets of a caller whose codec it doesn't take: the engine's Opus. */
function heardInRoom(identity: string): Int16Array {
  const packets = on.sfu.publisher(identity)?.packets ?? [];
  return speechIn(
    'opus',
    packets.map(({ packet }) => ({ timestamp: packet.readUInt32BE(4), payload: packet.subarray(12) })),
  );
}

/** Each codec speaks and hears once, other ones together in each turn; somebody in a browser, and the room. */
async function waysOf(turn: number): Promise<Way[]> {
  const ways: Way[] = [];
  for (const [i, codec] of codecs.entries()) {
    const { way, speaker } = await fromCaller(codec, codecs[(i + turn) % codecs.length]);
    ways.push(way);
    if (codec === 'G722')
      ways.push({ ...way, name: 'G722 → WebRTC', sends: [], heard: () => heardInRoom(speaker.identity) });
  }
  ways.push(await fromBrowser(codecs[turn % codecs.length]));
  for (const { listener } of ways)
    await until('the listener is connected', () => listener.phone.packets.length > 5);
  return ways;
}

interface Impairment {
  readonly name: string;
  readonly network: () => Network;
  readonly driftPpm?: number;
  readonly leastLikeness: number;
  readonly mostGaps: number;
}

async function listen(ways: readonly Way[], { network, driftPpm }: Impairment): Promise<number> {
  const departures: Departure[] = ways.flatMap(({ sends }, i) =>
    arrivalsOf(sends.length, network(), i + 1, driftPpm).map(({ index, atMs }) => ({
      atMs,
      send: sends[index],
    })),
  );
  const lateMs = await sendOnTime(departures);
  const ends = ways.map(({ listener }) => listener.phone.packets.length + 50);
  for (const [i, { listener }] of ways.entries())
    await until('a second more was heard', () => listener.phone.packets.length >= ends[i], 20_000);
  return lateMs;
}

function judge(heard: Int16Array) {
  return {
    // Jitter moves the delay by 200 ms within the speech.
    likeness: likeness(said, heard, rateHz, delayOf(said, heard, rateHz), 250),
    levelDb: levelDb(heard) + 10 * Math.log10(heard.length / said.length) - levelDb(said),
    newGaps: gaps(heard, rateHz, 15) - gaps(said, rateHz, 15),
  };
}

const overtaken = reordered(0.1);
const mixedUp: Network = (packet, random) => (random() < 0.05 ? [30, 41] : overtaken(packet, random));

const impairments: readonly Impairment[] = [
  { name: 'no fault', network: () => loss(0), leastLikeness: 0.92, mostGaps: 4 },
  { name: '1 % loss', network: () => loss(0.01), leastLikeness: 0.9, mostGaps: 4 },
  { name: '10 % loss', network: () => loss(0.1), leastLikeness: 0.84, mostGaps: 6 },
  { name: 'bursts of 3, 3 %', network: () => bursts(0.01, 3), leastLikeness: 0.88, mostGaps: 4 },
  { name: '20 ms jitter', network: () => jitter(20), leastLikeness: 0.9, mostGaps: 4 },
  { name: '200 ms jitter', network: () => jitter(200), leastLikeness: 0.85, mostGaps: 6 },
  { name: '10 % reordered, 5 % twice', network: () => mixedUp, leastLikeness: 0.9, mostGaps: 4 },
  { name: 'a clock 100 ppm fast', network: () => loss(0), driftPpm: 100, leastLikeness: 0.9, mostGaps: 4 },
  { name: 'a clock 100 ppm slow', network: () => loss(0), driftPpm: -100, leastLikeness: 0.9, mostGaps: 4 },
];

/** Whose arrivals show that the machine stood still meanwhile; how long, in ms. */
function stoodStillMs({ codec, phone: { packets } }: CodecPhone): number {
  return packets.reduce((longest, { atMs, timestamp }, i) => {
    if (i === 0) return longest;
    const sentMs = ((timestamp - packets[i - 1].timestamp) >>> 0) / (clocksHz[codec] / 1000);
    return Math.max(longest, atMs - packets[i - 1].atMs - sentMs);
  }, 0);
}

interface Judgement {
  readonly faults: readonly string[];
  /** The machine was another impairment. */
  readonly disturbed: boolean;
}

async function tryOnce(impairment: Impairment, turn: number): Promise<Judgement> {
  const { leastLikeness, mostGaps } = impairment;
  const ways = await waysOf(turn);
  const lateMs = await listen(ways, impairment);
  const stillMs = Math.max(lateMs, ...ways.map(({ listener }) => stoodStillMs(listener)));
  const faults = ways.flatMap(({ name, heard }) => {
    const { likeness, levelDb, newGaps } = judge(heard());
    const well = likeness > leastLikeness && Math.abs(levelDb) < 1 && newGaps <= mostGaps;
    if (well) return [];
    return `${name}: likeness ${likeness.toFixed(3)}, ${levelDb.toFixed(1)} dB, ${newGaps} new gaps`;
  });
  await on.clear();
  return { faults, disturbed: stillMs > longestStandstillMs };
}

test.each(impairments.map((impairment, turn) => ({ ...impairment, turn })))(
  'speech through $name',
  async ({ turn, ...impairment }) => {
    let judgement = await tryOnce(impairment, turn);
    while (judgement.faults.length > 0 && judgement.disturbed && repeats-- > 0)
      judgement = await tryOnce(impairment, turn);
    expect(judgement.faults).toEqual([]);
  },
);
