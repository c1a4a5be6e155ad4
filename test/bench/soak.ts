/**
 * Calls that come and go for minutes while processes are killed: `npm run soak -- [minutes] [calls] [room systems]`; with
 * `MIXING=freeswitch` on two FreeSWITCHes, which are killed too. Prints what is left behind and ends with 1 when it is more than the bounds below. No time is judged. See
 * docs/benchmarks.md.
 */
import { mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { mixesFreeSwitch } from '../support/chosen-parts.ts';
import { startLiveKit } from '../support/livekit.ts';
import type { BenchCall } from './callers.ts';
import { GatewayProcess } from './gateway-process.ts';
import { activeTimers } from './inspector.ts';
import { compareIdle, lookAtIdle } from './leaks.ts';
import type { BeforeAfter, Idle, LeakResult } from './leaks.ts';
import { round } from './numbers.ts';
import { Rooms } from './rooms.ts';
import { SoakMixers } from './soak-mixers.ts';
import { ours, snapshot, sumOf, valuesOf } from './usage.ts';
import { VideoBed } from './video/video-bed.ts';

const roomSize = 10;
/** Room systems have one of their own, with a camera in it. */
const videoRoom = 'bench-soak-video';
/** Says why a call was not answered, or cut off. */
const logFile = 'report/bench/soak-gateway.log';
const shortestCallMs = 5000;
const longestCallMs = 25_000;
/** Set-ups are spread, as callers' are. */
const firstCallsMs = 5000;
/** By turns: processes of the gateway, and `FreeSWITCH`. */
const victims = mixesFreeSwitch() ? ['FreeSWITCH', 'drawing process'] : ['engine', 'picture process'];
const oneDiesEveryMs = 45_000;
const sampleEveryMs = 30_000;
/** SIP transactions are remembered for 32 s (RFC 3261 §17), RTP ports rest for ten. */
const forgetMs = 34_000;

/** More than this at the end is a leak. */
const bounds = { sockets: 2, timers: 5, heapMb: 6, rssMb: 60, cores: 0.05 } as const;

const closers: (() => Promise<void> | void)[] = [];

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

interface Counts {
  calls: number;
  notAnswered: number;
  cutOff: number;
  /** Room systems whose video was declined, as while there are no pictures. */
  withoutVideo: number;
  deaths: Record<string, number>;
}

/** Who comes and goes: called again and again. */
interface Person {
  dial(): Promise<BenchCall>;
}

interface Look {
  readonly idle: Idle;
  readonly timers: Readonly<Record<string, number>>;
}

async function soak(minutes: number, calls: number, systems: number): Promise<number> {
  mkdirSync('report/bench', { recursive: true });
  const livekit = await startLiveKit();
  closers.push(() => livekit.close());
  const mixers = mixesFreeSwitch() ? await SoakMixers.start() : null;
  closers.push(() => mixers?.close());
  const gateway = await GatewayProcess.start(livekit, 1000, logFile, mixers?.options);
  closers.push(() => gateway.close());
  const rooms = new Rooms(livekit);
  closers.push(() => rooms.close());
  const bed = await VideoBed.open(livekit, gateway, 'H264');
  closers.push(() => bed.close());
  const names = Array.from({ length: Math.ceil(calls / roomSize) }, (_, i) => `bench-soak-${i}`);
  await Promise.all(names.map((room) => rooms.add('speaker', room)));
  if (systems > 0) await bed.sender(videoRoom, 'camera-1');

  const none = { calls: 0, notAnswered: 0, cutOff: 0, withoutVideo: 0 };
  const counts: Counts = { ...none, deaths: {} };
  const people = [...phones(bed, names, calls), ...roomSystems(bed, systems, counts)];
  say('warming up …');
  await comeAndGo(bed, people, 20_000, counts);
  const before = await look(gateway);
  Object.assign(counts, none);
  say(`${calls} calls and ${systems} room systems come and go for ${minutes} minutes …`);
  const over = new AbortController();
  const meanwhile = [
    watchMemory(gateway, over.signal),
    killNow({ gateway, mixers }, minutes, counts, over.signal),
  ];
  await comeAndGo(bed, people, minutes * 60_000, counts);
  over.abort();
  await Promise.all(meanwhile);

  say('looking for what is left behind …');
  await gateway.untilNoCalls(20_000);
  await gateway.untilComplete();
  const after = await compareIdle(before.idle, gateway, livekit, gateway.pids());
  const timers = await timersOf(gateway.pids());
  const rows = judge(before, after, timers, (await mixers?.left()) ?? null);
  console.log(`\n${JSON.stringify(counts)}\n`);
  for (const row of rows) console.log(row.text);
  return rows.filter(({ leaks }) => leaks).length;
}

function phones(bed: VideoBed, names: readonly string[], count: number): Person[] {
  return Array.from({ length: count }, (_, index) => ({
    dial: () => bed.callers.call(names[index % names.length]),
  }));
}

function roomSystems(bed: VideoBed, count: number, counts: Counts): Person[] {
  return Array.from({ length: count }, () => ({
    dial: async () => {
      const { call, video } = await bed.dial(videoRoom);
      if (video.declined) counts.withoutVideo++;
      return call;
    },
  }));
}

/** People call, each again and again. */
async function comeAndGo(
  { callers }: VideoBed,
  people: readonly Person[],
  forMs: number,
  counts: Counts,
): Promise<void> {
  const endMs = performance.now() + forMs;
  const live = async (person: Person, index: number): Promise<void> => {
    await pause((index * firstCallsMs) / people.length);
    while (performance.now() < endMs) {
      const call = await person.dial();
      counts.calls++;
      if (call.status !== 200) {
        counts.notAnswered++;
        say(`  not answered: ${call.callId} got ${call.status}`);
      }
      const talkMs = shortestCallMs + Math.random() * (longestCallMs - shortestCallMs);
      await pause(Math.min(talkMs, Math.max(0, endMs - performance.now())));
      if (call.cutOff) {
        counts.cutOff++;
        say(`  cut off: ${call.callId}`);
      }
      await callers.hangUp(call);
    }
  };
  await Promise.all(people.map(live));
}

/** Victims by turns, the media node once in the first half: what replaces it serves the rest. */
async function killNow(
  { gateway, mixers }: { readonly gateway: GatewayProcess; readonly mixers: SoakMixers | null },
  minutes: number,
  { deaths }: Counts,
  over: AbortSignal,
): Promise<void> {
  const nodeDiesMs = performance.now() + minutes * 20_000;
  for (let turn = 0; await paused(oneDiesEveryMs, over); turn++) {
    const isNodesTurn = !('media node' in deaths) && performance.now() > nodeDiesMs;
    const name = isNodesTurn ? 'media node' : victims[turn % victims.length];
    if (name === 'FreeSWITCH') mixers?.killOne();
    else {
      const pid = gateway.pids().get(name);
      if (pid === undefined) continue;
      process.kill(pid, 'SIGKILL');
    }
    deaths[name] = (deaths[name] ?? 0) + 1;
    say(`  ${name} killed`);
  }
}

async function watchMemory(gateway: GatewayProcess, over: AbortSignal): Promise<void> {
  while (await paused(sampleEveryMs, over)) {
    const rss = valuesOf(snapshot(gateway.pids()), 'rssMb');
    // A machine that is far too busy may let it wait; that ends no soak.
    const calls = await gateway.calls().catch(() => null);
    say(
      `  ${calls?.length ?? '?'} calls, ${round(sumOf(ours, rss), 0)} MB RSS together, gateway ${round(rss.gateway, 0)} MB`,
    );
  }
}

async function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

async function look(gateway: GatewayProcess): Promise<Look> {
  const pids = gateway.pids();
  return { idle: await lookAtIdle(gateway, pids, forgetMs), timers: await timersOf(pids) };
}

async function timersOf(pids: ReadonlyMap<string, number>): Promise<Record<string, number>> {
  const timers: Record<string, number> = {};
  for (const [name, pid] of pids) if (ours.includes(name)) timers[name] = await activeTimers(pid);
  return timers;
}

interface Row {
  readonly text: string;
  readonly leaks: boolean;
}

/** @param onMixers channels and conferences that FreeSWITCH still has; null: there is none */
function judge(
  before: Look,
  after: LeakResult,
  timers: Readonly<Record<string, number>>,
  onMixers: number | null,
): Row[] {
  const row = (what: string, unit: string, pair: BeforeAfter, bound: number): Row => {
    const leaks = pair.after - pair.before > bound;
    const verdict = leaks ? '  LEAK' : '';
    const text = `${what.padEnd(32)} ${pair.before} → ${pair.after}${unit} (bound +${bound})${verdict}`;
    return { text, leaks };
  };
  return [
    row('calls left', '', { before: 0, after: after.callsLeft }, 0),
    row('participants left', '', { before: 0, after: after.participantsLeft }, 0),
    ...(onMixers === null ? [] : [row('left on FreeSWITCH', '', { before: 0, after: onMixers }, 0)]),
    row('cores while idle, together', '', after.cores, bounds.cores),
    ...Object.keys(after.heapMb).flatMap((name) => [
      row(`${name}: sockets`, '', after.sockets[name], bounds.sockets),
      row(`${name}: timers`, '', { before: before.timers[name], after: timers[name] }, bounds.timers),
      row(`${name}: heap`, ' MB', after.heapMb[name], bounds.heapMb),
      row(`${name}: RSS`, ' MB', after.rssMb[name], bounds.rssMb),
    ]),
  ];
}

function wholeNumber(text: string | undefined, otherwise: number, least = 1): number {
  const value = Number(text ?? otherwise);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error('npm run soak -- [minutes] [calls] [room systems]: whole numbers; room systems may be 0');
}

async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeAll().finally(() => process.exit(130)));
try {
  const [minutes, calls, systems] = process.argv.slice(2);
  const leaks = await soak(wholeNumber(minutes, 5), wholeNumber(calls, 30), wholeNumber(systems, 3, 0));
  if (leaks > 0) process.exitCode = 1;
} finally {
  await closeAll();
}
