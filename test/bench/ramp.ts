/** Short calls at a growing rate: how many set-ups a second work. */
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchCall, Callers } from './callers.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { rounded } from './numbers.ts';
import type { BenchOptions } from './options.ts';
import type { Rooms } from './rooms.ts';
import { setupTimes } from './setup-times.ts';
import type { SetupTimes } from './setup-times.ts';
import { coresBetween, snapshot, valuesOf } from './usage.ts';

const roomCount = 6;
/** A call hangs up this long after its answer; who isn't in the room by then never got there. */
const talkMs = 3000;
const drainMs = 20_000;

export interface StageResult {
  readonly perSecond: number;
  readonly calls: number;
  /** Refused, or not answered at all. */
  readonly notAnswered: number;
  /** Answered, but not in the room within three seconds. */
  readonly notInRoom: number;
  readonly setup: SetupTimes;
  /** Cores that were busy meanwhile, by process. */
  readonly cores: Readonly<Record<string, number>>;
  /** RSS when its calls were over, by process: whether it grows from stage to stage. */
  readonly rssMbAfter: Readonly<Record<string, number>>;
}

export interface RampBed {
  readonly options: BenchOptions;
  readonly callers: Callers;
  readonly rooms: Rooms;
  readonly gateway: GatewayProcess;
  readonly pids: ReadonlyMap<string, number>;
  readonly onStage: (stage: StageResult) => void;
}

export async function ramp(bed: RampBed): Promise<StageResult[]> {
  const names = Array.from({ length: roomCount }, (_, i) => `bench-ramp-${i}`);
  if (bed.options.rates.length > 0) await Promise.all(names.map((room) => bed.rooms.add('observer', room)));
  const stages: StageResult[] = [];
  for (const perSecond of bed.options.rates) {
    const figures = await runStage(bed, names, perSecond);
    const drained = await bed.gateway.untilNoCalls(drainMs);
    const stage = { ...figures, rssMbAfter: rounded(valuesOf(snapshot(bed.pids), 'rssMb'), 1) };
    bed.onStage(stage);
    stages.push(stage);
    if (!drained) break;
  }
  return stages;
}

async function runStage(
  { options, callers, rooms, pids }: RampBed,
  names: readonly string[],
  perSecond: number,
): Promise<Omit<StageResult, 'rssMbAfter'>> {
  const before = snapshot(pids);
  const begin = performance.now();
  const count = perSecond * options.stageSeconds;
  const running: Promise<BenchCall>[] = [];
  for (let i = 0; i < count; i++) {
    running.push(shortCall(callers, names[i % names.length]));
    await pause(Math.max(0, begin + ((i + 1) * 1000) / perSecond - performance.now()));
  }
  const after = snapshot(pids);
  const calls = await Promise.all(running);
  const answered = calls.filter(({ status }) => status === 200);
  return {
    perSecond,
    calls: count,
    notAnswered: count - answered.length,
    notInRoom: answered.filter(({ number }) => rooms.announcedMs(number) === null).length,
    setup: setupTimes(calls, rooms),
    cores: rounded(coresBetween(before, after), 2),
  };
}

async function shortCall(callers: Callers, room: string): Promise<BenchCall> {
  const call = await callers.call(room);
  if (call.status === 200) await pause(talkMs);
  await callers.hangUp(call);
  return call;
}
