/** One subject, with a LiveKit, people in its rooms and callers around it; and the figures that are taken of it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LiveKit } from '../support/livekit.ts';
import { Callers } from './callers.ts';
import { codings } from './codings.ts';
import { hold } from './hold.ts';
import type { HoldResult } from './hold.ts';
import { mouthToEar } from './mouth-to-ear.ts';
import type { MouthToEar } from './mouth-to-ear.ts';
import type { BenchOptions } from './options.ts';
import { ramp } from './ramp.ts';
import type { StageResult } from './ramp.ts';
import { Rooms } from './rooms.ts';
import { callerSounds } from './sounds.ts';
import type { Subject } from './subject.ts';
import { snapshot } from './usage.ts';
import type { Snapshot } from './usage.ts';

const warmUpCalls = 10;

export type OnClose = (close: () => Promise<void> | void) => void;

export interface Bed {
  readonly options: BenchOptions;
  readonly livekit: LiveKit;
  readonly subject: Subject;
  readonly callers: Callers;
  readonly rooms: Rooms;
  readonly pids: ReadonlyMap<string, number>;
  /** Which of these are the subject's own. */
  readonly costs: readonly string[];
  /** The processes before their first call. */
  readonly unused: Snapshot;
}

export interface Figures {
  /** Null: not asked for. */
  readonly ear: MouthToEar | null;
  readonly hold: HoldResult;
  readonly ramp: readonly StageResult[];
}

export async function openBed(
  { options, livekit, subject }: Pick<Bed, 'options' | 'livekit' | 'subject'>,
  onClose: OnClose,
): Promise<Bed> {
  const rooms = new Rooms(livekit);
  onClose(() => rooms.close());
  const sounds = callerSounds(codings[options.codec], options.quiet);
  const callers = await Callers.open(subject.sipPort, sounds, options.srtp);
  onClose(() => callers.close());
  const pids = subject.pids();
  const costs = [...pids.keys()];
  if (livekit.pid !== null) pids.set('LiveKit', livekit.pid);
  pids.set('callers', process.pid);
  pids.set('room side', rooms.pid);
  return { options, livekit, subject, callers, rooms, pids, costs, unused: snapshot(pids) };
}

/** The first calls load prompts and compile code; nobody's figure should carry that. */
export async function warmUp({ callers, rooms, options }: Bed): Promise<void> {
  const room = 'bench-warm';
  await rooms.add('observer', room);
  if (options.livekitSip !== null) await rooms.add('voice', room);
  const calls = await Promise.all(Array.from({ length: warmUpCalls }, () => callers.call(room)));
  await pause(4000);
  await Promise.all(calls.map((call) => callers.hangUp(call)));
}

/** `meanwhile` is called while the calls are held and measured already. */
export async function takeFigures(
  bed: Bed,
  say: (line: string) => void,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<Figures> {
  const { options, callers, livekit } = bed;
  if (options.marks > 0) say(`${options.marks} sounds are timed in each direction …`);
  const ear = options.marks > 0 ? await mouthToEar(callers, livekit, options.marks) : null;
  say(`${options.calls} calls are held for ${options.holdSeconds} s …`);
  const held = await hold(bed, meanwhile);
  say(`  ${held.cpuPerCallTogether} CPU-seconds per call-second`);
  const stages = await ramp(bed, ({ perSecond, calls, notAnswered, notInRoom }) =>
    say(`  ${perSecond} set-ups/s: ${notAnswered + notInRoom} of ${calls} failed`),
  );
  return { ear, hold: held, ramp: stages };
}
