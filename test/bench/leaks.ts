/** Whether everything of the calls is gone when they are over. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LiveKit } from '../support/livekit.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { round } from './numbers.ts';
import { coresBetween, ours, snapshot, sumOfOurs, valuesOf } from './usage.ts';
import type { Snapshot } from './usage.ts';

const drainMs = 20_000;
/** RTP ports rest for ten seconds, LiveKit's rooms live on for five. */
const settleMs = 12_000;
const idleMs = 5000;

export interface Idle {
  readonly snapshot: Snapshot;
  /** Cores of our processes while nothing happens: a timer left behind would show here. */
  readonly cores: number;
}

export interface LeakResult {
  readonly callsLeft: number;
  readonly participantsLeft: number;
  readonly sockets: Readonly<Record<string, { readonly before: number; readonly after: number }>>;
  readonly rssMb: { readonly before: number; readonly after: number };
  readonly cores: { readonly before: number; readonly after: number };
}

/** Waits until nothing happens any more, then looks on for a while. */
export async function lookAtIdle(gateway: GatewayProcess, pids: ReadonlyMap<string, number>): Promise<Idle> {
  await gateway.untilNoCalls(drainMs);
  await pause(settleMs);
  const before = snapshot(pids);
  await pause(idleMs);
  const after = snapshot(pids);
  return { snapshot: after, cores: round(sumOfOurs(coresBetween(before, after)), 4) };
}

export async function compareIdle(
  before: Idle,
  gateway: GatewayProcess,
  livekit: LiveKit,
  pids: ReadonlyMap<string, number>,
): Promise<LeakResult> {
  const after = await lookAtIdle(gateway, pids);
  const [from, to] = [valuesOf(before.snapshot, 'sockets'), valuesOf(after.snapshot, 'sockets')];
  const sum = ({ snapshot: one }: Idle): number => round(sumOfOurs(valuesOf(one, 'rssMb')), 1);
  return {
    callsLeft: (await gateway.calls()).length,
    participantsLeft: await countGatewaysParticipants(livekit),
    sockets: Object.fromEntries(
      ours.map((name) => [name, { before: from[name] ?? 0, after: to[name] ?? 0 }]),
    ),
    rssMb: { before: sum(before), after: sum(after) },
    cores: { before: before.cores, after: after.cores },
  };
}

/** Callers and hidden links that are still in a room; the bench's own people don't count. */
async function countGatewaysParticipants(livekit: LiveKit): Promise<number> {
  const service = livekit.rooms();
  const rooms = await service.listRooms();
  const people = await Promise.all(rooms.map(({ name }) => service.listParticipants(name)));
  return people.flat().filter(({ identity }) => !/^(speaker|observer)-/.test(identity)).length;
}
