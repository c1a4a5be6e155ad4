/** Short calls at a growing rate: how many set-ups a second work. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Bed } from './bed.ts';
import type { BenchCall, Callers } from './callers.ts';
import { rounded } from './numbers.ts';
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

export async function ramp(bed: Bed, onStage: (stage: StageResult) => void): Promise<StageResult[]> {
  const { options, rooms, subject, pids } = bed;
  const names = Array.from({ length: roomCount }, (_, i) => `bench-ramp-${i}`);
  if (options.rates.length > 0) await Promise.all(names.map((room) => rooms.add('observer', room)));
  // LiveKit's SIP service lets callers ring until there is somebody to hear. Both are measured in the same rooms.
  if (options.rates.length > 0 && options.livekitSip !== null)
    await Promise.all(names.map((room) => rooms.add('voice', room)));
  const stages: StageResult[] = [];
  for (const perSecond of options.rates) {
    const figures = await runStage(bed, names, perSecond);
    const drained = await subject.untilNoCalls(drainMs);
    const stage = { ...figures, rssMbAfter: rounded(valuesOf(snapshot(pids), 'rssMb'), 1) };
    onStage(stage);
    stages.push(stage);
    if (!drained) break;
  }
  return stages;
}

async function runStage(
  { options, callers, rooms, pids }: Bed,
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
