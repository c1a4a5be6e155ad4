/** One room: what it costs while it is held, and how long its members waited. */
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchCall } from '../callers.ts';
import { round, spread } from '../numbers.ts';
import { coresBetween, snapshot, sumOf, valuesOf } from '../usage.ts';
import type { RoomSystemVideo } from '../video/room-system.ts';
import type { EngineBed } from './bed.ts';

export type RoomKind = 'voices' | 'room systems';

export interface RoomCost {
  readonly kind: RoomKind;
  readonly size: number;
  /** CPU seconds per second of all processes, and of those that mix. */
  readonly cores: number;
  readonly mixingCores: number;
  /** Of all processes, shared pages once. */
  readonly memoryMb: number;
  /** From INVITE, ms, of half of them. */
  readonly answeredMs: number | null;
  readonly firstSoundMs: number | null;
  /** What devices saw: the least and the most; null: nobody looks. */
  readonly fps: readonly [number, number] | null;
  /** Of the machine, before and after. */
  readonly load: readonly [number, number];
}

const setupsPerSecond = { voices: 20, 'room systems': 3 } as const;
/** Prompts are over, and frame rates where they stay. */
const settleMs = { voices: 4000, 'room systems': 8000 } as const;

interface Guest {
  readonly call: BenchCall;
  readonly video: RoomSystemVideo | null;
}

export async function holdRoom(
  bed: EngineBed,
  kind: RoomKind,
  size: number,
  seconds: number,
): Promise<RoomCost> {
  const guests = await dial(bed, kind, size);
  await pause(settleMs[kind]);
  for (const { video } of guests) video?.forget();
  const before = snapshot(bed.pids());
  await pause(seconds * 1000);
  const after = snapshot(bed.pids());
  const cores = coresBetween(before, after);
  const took = (after.atMs - before.atMs) / 1000;
  const rates = guests.flatMap(({ video }) => (video ? [round(video.seen().frames / took, 1)] : []));
  const waited = (of: (call: BenchCall) => number | null): number | null =>
    spread(guests.map(({ call }) => sinceInvite(call, of(call)))).p50;
  await Promise.all(
    guests.map(({ call }) => (kind === 'voices' ? bed.callers : bed.video.callers).hangUp(call)),
  );
  await bed.untilNoCalls();
  return {
    ...{ kind, size },
    cores: round(sumOf([...after.processes.keys()], cores), 3),
    mixingCores: round(sumOf(bed.mixing(), cores), 3),
    memoryMb: round(sumOf([...after.processes.keys()], valuesOf(after, 'pssMb')), 0),
    answeredMs: waited(({ times }) => times.answeredMs),
    firstSoundMs: waited(({ media }) => media.firstPacketMs),
    fps: rates.length > 0 ? [Math.min(...rates), Math.max(...rates)] : null,
    load: [before.load, after.load],
  };
}

async function dial(bed: EngineBed, kind: RoomKind, size: number): Promise<Guest[]> {
  const room = `bench-${kind === 'voices' ? 'voices' : 'pictures'}-${size}`;
  const dialling: Promise<Guest>[] = [];
  for (let i = 0; i < size; i++) {
    dialling.push(
      kind === 'voices'
        ? bed.callers.call(room).then((call) => ({ call, video: null }))
        : bed.video.roomSystem(room),
    );
    await pause(1000 / setupsPerSecond[kind]);
  }
  const guests = await Promise.all(dialling);
  const refused = guests.find(({ call }) => call.status !== 200);
  if (refused) throw new Error(`a call got “${refused.call.statusLine}”`);
  return guests;
}

function sinceInvite({ times }: BenchCall, atMs: number | null): number | null {
  return atMs === null ? null : round(atMs - times.inviteMs, 0);
}
