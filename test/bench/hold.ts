/** Calls that are held together: what a second of a call costs, and whether it sounds right meanwhile. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Bed } from './bed.ts';
import type { BenchCall, Callers } from './callers.ts';
import type { Coding } from './codings.ts';
import { round } from './numbers.ts';
import type { BenchOptions } from './options.ts';
import type { Rooms } from './rooms.ts';
import { setupTimes } from './setup-times.ts';
import type { SetupTimes } from './setup-times.ts';
import { hearsSpeaker } from './sounds.ts';
import { ToneWatch } from './tone-watch.ts';
import type { Continuity } from './tone-watch.ts';
import { coresBetween, snapshot, sumOf, valuesOf } from './usage.ts';

/** Slow enough that no set-up waits for another one. */
const setupsPerSecond = 5;
const inRoomMs = 20_000;
/** Greetings and join tones are over, heaps have settled. */
const settleMs = 4000;
const watchedCalls = 10;

export interface HoldResult {
  readonly calls: number;
  readonly rooms: number;
  readonly seconds: number;
  readonly load: { readonly before: number; readonly after: number };
  readonly setup: SetupTimes;
  /** CPU-seconds per call-second, by process. */
  readonly cpuPerCall: Readonly<Record<string, number>>;
  /** The subject's processes together: gateway, edge, media node and engine. */
  readonly cpuPerCallTogether: number;
  /** MB more than before the first call, shared among the calls; the subject's processes together. */
  readonly memoryPerCallMb: { readonly rss: number; readonly pss: number };
  readonly audio: {
    readonly expectedPackets: number;
    readonly packets: number;
    readonly lost: number;
    readonly gaps: number;
    /** Callers in whose last second the WebRTC speaker is heard. */
    readonly hearSpeaker: number;
    /** Of some callers, spread evenly: whether what they hear goes on without a break. */
    readonly watched: readonly Continuity[];
  };
}

/** `meanwhile` is called while the calls are up and measured already. */
export async function hold(bed: Bed, meanwhile: () => Promise<void>): Promise<HoldResult> {
  const { options, callers, rooms, pids, costs, unused } = bed;
  const names = roomNames(options.calls, options.roomSize);
  await Promise.all(names.map((room) => rooms.add('speaker', room)));
  await Promise.all(names.map((room) => rooms.add('observer', room)));
  const calls = await dial(callers, names, options);
  await untilInRoom(calls, rooms);
  await pause(settleMs);
  for (const { media } of calls) media.forget();
  const watches = watchSome(calls, callers.sounds.coding);
  const before = snapshot(pids);
  await pause(options.holdSeconds * 1000);
  const after = snapshot(pids);
  const heard = calls.map(({ media }) => media.heard());
  for (const { media } of calls) media.onPayload = null;
  const hearSpeaker = calls.filter(({ media }) =>
    hearsSpeaker(media.lastSecond(), callers.sounds.coding),
  ).length;
  await meanwhile();
  await Promise.all(calls.map((call) => callers.hangUp(call)));
  const seconds = (after.atMs - before.atMs) / 1000;
  const cpu = perCall(coresBetween(before, after), options.calls);
  const perCallMb = (key: 'rssMb' | 'pssMb'): number => {
    const [from, to] = [unused, after].map((at) => sumOf(costs, valuesOf(at, key)));
    return round((to - from) / options.calls, 2);
  };
  const sum = (key: 'packets' | 'lost' | 'gaps'): number => heard.reduce((all, one) => all + one[key], 0);
  return {
    calls: options.calls,
    rooms: names.length,
    seconds: round(seconds, 1),
    load: { before: before.load, after: after.load },
    setup: setupTimes(calls, rooms),
    cpuPerCall: cpu,
    cpuPerCallTogether: round(sumOf(costs, cpu), 5),
    memoryPerCallMb: {
      rss: perCallMb('rssMb'),
      pss: perCallMb('pssMb'),
    },
    audio: {
      expectedPackets: Math.round(seconds * 50) * options.calls,
      packets: sum('packets'),
      lost: sum('lost'),
      gaps: sum('gaps'),
      hearSpeaker,
      watched: watches.map((watch) => watch.result()),
    },
  };
}

function watchSome(calls: readonly BenchCall[], coding: Coding): ToneWatch[] {
  const every = Math.ceil(calls.length / watchedCalls);
  return calls
    .filter((_, index) => index % every === 0)
    .map(({ media }) => {
      const watch = new ToneWatch(coding);
      media.onPayload = watch.hear;
      return watch;
    });
}

function roomNames(calls: number, roomSize: number): string[] {
  return Array.from({ length: Math.ceil(calls / roomSize) }, (_, i) => `bench-hold-${i}`);
}

async function dial(callers: Callers, names: readonly string[], options: BenchOptions): Promise<BenchCall[]> {
  const dialling: Promise<BenchCall>[] = [];
  for (let i = 0; i < options.calls; i++) {
    dialling.push(callers.call(names[i % names.length]));
    await pause(1000 / setupsPerSecond);
  }
  const calls = await Promise.all(dialling);
  const refused = calls.filter(({ status }) => status !== 200);
  const answers = [...new Set(refused.map(({ statusLine }) => statusLine))].join(', ');
  if (refused.length > 0) throw new Error(`${refused.length} calls were not answered: ${answers}`);
  return calls;
}

async function untilInRoom(calls: readonly BenchCall[], rooms: Rooms): Promise<void> {
  const deadline = AbortSignal.timeout(inRoomMs);
  const missing = () => calls.filter(({ number }) => rooms.announcedMs(number) === null);
  while (missing().length > 0) {
    if (deadline.aborted) throw new Error(`${missing().length} callers are not in their room`);
    await pause(50);
  }
}

function perCall(cores: Readonly<Record<string, number>>, calls: number): Record<string, number> {
  return Object.fromEntries(Object.entries(cores).map(([name, value]) => [name, round(value / calls, 5)]));
}
