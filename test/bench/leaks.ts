/** Whether everything of the calls is gone when they are over. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LiveKit } from '../support/livekit.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { round, rounded } from './numbers.ts';
import { usedHeapMb } from './inspector.ts';
import { coresBetween, ours, snapshot, sumOf, valuesOf } from './usage.ts';
import type { Snapshot } from './usage.ts';

const drainMs = 20_000;
/** RTP ports rest for ten seconds, LiveKit's rooms live on for five. */
const settleMs = 12_000;
/** SIP transactions are remembered for 32 s after the last message (RFC 3261 §17, 64 × T1). */
const transactionsMs = 34_000;
const idleMs = 5000;

export interface Idle {
  readonly snapshot: Snapshot;
  /** Cores of our processes while nothing happens: a timer left behind would show here. */
  readonly cores: number;
  /** JavaScript's memory after a full collection, MB, by process. */
  readonly heapMb: Readonly<Record<string, number>>;
}

export interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

export interface LeakResult {
  readonly callsLeft: number;
  readonly participantsLeft: number;
  /** By process. */
  readonly sockets: Readonly<Record<string, BeforeAfter>>;
  readonly rssMb: Readonly<Record<string, BeforeAfter>>;
  /** JavaScript's memory after a full collection. */
  readonly heapMb: Readonly<Record<string, BeforeAfter>>;
  /** Of all our processes together. */
  readonly cores: BeforeAfter;
}

/** Waits until nothing happens any more, then looks on for a while. */
export async function lookAtIdle(
  gateway: GatewayProcess,
  pids: ReadonlyMap<string, number>,
  waitMs = settleMs,
): Promise<Idle> {
  await gateway.untilNoCalls(drainMs);
  await pause(waitMs);
  const before = snapshot(pids);
  await pause(idleMs);
  const after = snapshot(pids);
  const heapMb: Record<string, number> = {};
  for (const [name, pid] of pids) if (ours.includes(name)) heapMb[name] = round(await usedHeapMb(pid), 1);
  return { snapshot: after, cores: round(sumOf(ours, coresBetween(before, after)), 4), heapMb };
}

export async function compareIdle(
  before: Idle,
  gateway: GatewayProcess,
  livekit: LiveKit,
  pids: ReadonlyMap<string, number>,
): Promise<LeakResult> {
  const after = await lookAtIdle(gateway, pids, transactionsMs);
  const names = Object.keys(before.heapMb).filter((name) => name in after.heapMb);
  const pairs = (key: 'sockets' | 'rssMb'): Record<string, BeforeAfter> => {
    const [from, to] = [before, after].map(({ snapshot: one }) => rounded(valuesOf(one, key), 0));
    return Object.fromEntries(names.map((name) => [name, { before: from[name], after: to[name] }]));
  };
  return {
    callsLeft: (await gateway.calls()).length,
    participantsLeft: await countParticipantsLeft(livekit),
    sockets: pairs('sockets'),
    rssMb: pairs('rssMb'),
    heapMb: Object.fromEntries(
      names.map((name) => [name, { before: before.heapMb[name], after: after.heapMb[name] }]),
    ),
    cores: { before: before.cores, after: after.cores },
  };
}

/** Callers and hidden links that are still in a room; the bench's own people don't count. */
export async function countParticipantsLeft(livekit: LiveKit): Promise<number> {
  const service = livekit.rooms();
  const rooms = await service.listRooms();
  const people = await Promise.all(rooms.map(({ name }) => service.listParticipants(name)));
  return people.flat().filter(({ identity }) => !/^(speaker|voice|observer|camera)-/.test(identity)).length;
}
