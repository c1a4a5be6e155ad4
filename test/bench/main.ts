/**
 * What the gateway costs and how fast it is: real calls over SIP and RTP on loopback, against the built gateway
 * and a LiveKit server of its own. Prints a table and writes `report/bench/bench.json`. See docs/benchmarks.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLiveKit } from '../support/livekit.ts';
import type { LiveKit } from '../support/livekit.ts';
import { Callers } from './callers.ts';
import { codings } from './codings.ts';
import { GatewayProcess } from './gateway-process.ts';
import { hold } from './hold.ts';
import { compareIdle, lookAtIdle } from './leaks.ts';
import { mouthToEar } from './mouth-to-ear.ts';
import type { MouthToEar } from './mouth-to-ear.ts';
import { round } from './numbers.ts';
import { parseOptions, usage } from './options.ts';
import type { BenchOptions } from './options.ts';
import { readThreads } from './processes.ts';
import { profile } from './profile.ts';
import type { TopFunction } from './profile.ts';
import { ramp } from './ramp.ts';
import { table, topTable } from './report.ts';
import type { BenchResult } from './report.ts';
import { Rooms } from './rooms.ts';
import { callerSounds } from './sounds.ts';
import { ours, snapshot } from './usage.ts';
import { srtpCost } from './srtp-cost.ts';
import { voiceCost } from './voice-cost.ts';

const folder = fileURLToPath(new URL('../../report/bench', import.meta.url));
const warmUpCalls = 10;
/** Whatever hangs, nothing of it outlives this. */
const longestMs = 8 * 60_000;

const closers: (() => Promise<void> | void)[] = [];

async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function run(options: BenchOptions): Promise<BenchResult> {
  const livekit = await startLiveKit();
  closers.push(() => livekit.close());
  const gateway = await GatewayProcess.start(livekit, 1000);
  closers.push(() => gateway.close());
  const rooms = new Rooms(livekit);
  closers.push(() => rooms.close());
  const callers = await Callers.open(
    gateway.sipPort,
    callerSounds(codings[options.codec], options.quiet),
    options.srtp,
  );
  closers.push(() => callers.close());
  const pids = allPids(gateway, livekit, rooms);

  const unused = snapshot(pids);
  say('warming up …');
  await warmUp(callers, rooms);
  const idle = await lookAtIdle(gateway, pids);

  const ear = options.marks > 0 ? await timeMarks(callers, livekit, options.marks) : null;
  say(`${options.calls} calls are held for ${options.holdSeconds} s …`);
  const extras: Extras = {};
  const held = await hold({
    ...{ options, callers, rooms, pids, unused },
    meanwhile: () => (options.profile ? takeProfiles(pids, extras) : Promise.resolve()),
  });
  say(`  ${held.cpuPerCallOurs} CPU-seconds per call-second`);
  const stages = await ramp({
    ...{ options, callers, rooms, gateway, pids },
    onStage: ({ perSecond, calls, notAnswered, notInRoom }) =>
      say(`  ${perSecond} set-ups/s: ${notAnswered + notInRoom} of ${calls} failed`),
  });
  say('looking for what is left behind …');
  const leaks = await compareIdle(idle, gateway, livekit, pids);
  return {
    date: new Date().toISOString(),
    machine: machine(),
    parameters: options,
    ear,
    hold: held,
    ramp: stages,
    leaks,
    voice: voiceCost(),
    srtp: srtpCost(),
    ...extras,
  };
}

type Extras = { -readonly [K in 'threads' | 'top']?: BenchResult[K] };

/** The first calls load prompts and compile code; nobody's figure should carry that. */
async function warmUp(callers: Callers, rooms: Rooms): Promise<void> {
  await rooms.add('observer', 'bench-warm');
  const calls = await Promise.all(Array.from({ length: warmUpCalls }, () => callers.call('bench-warm')));
  await pause(4000);
  await Promise.all(calls.map((call) => callers.hangUp(call)));
}

function timeMarks(callers: Callers, livekit: LiveKit, marks: number): Promise<MouthToEar> {
  say(`${marks} sounds are timed in each direction …`);
  return mouthToEar(callers, livekit, marks);
}

async function takeProfiles(pids: ReadonlyMap<string, number>, extras: Extras): Promise<void> {
  const top: Record<string, TopFunction[]> = {};
  const threads: Record<string, Record<string, number>> = {};
  for (const name of ours) {
    const pid = pids.get(name);
    if (pid === undefined) continue;
    const before = readThreads(pid);
    const beganMs = performance.now();
    top[name] = await profile(name, pid, folder);
    const seconds = (performance.now() - beganMs) / 1000;
    threads[name] = Object.fromEntries(
      [...readThreads(pid)]
        .map(([thread, cpu]) => [thread, round((cpu - (before.get(thread) ?? 0)) / seconds, 3)] as const)
        .filter(([, cores]) => cores > 0),
    );
  }
  Object.assign(extras, { top, threads });
}

function allPids(gateway: GatewayProcess, livekit: LiveKit, rooms: Rooms): Map<string, number> {
  const pids = gateway.pids();
  if (livekit.pid !== null) pids.set('LiveKit', livekit.pid);
  pids.set('callers', process.pid);
  pids.set('room side', rooms.pid);
  return pids;
}

function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu.model,
    cores: cpus().length,
    memoryGb: round(totalmem() / 2 ** 30, 1),
    kernel: release(),
    node: process.version,
    load: round(loadavg()[0], 1),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  };
}

async function main(): Promise<void> {
  let options: BenchOptions;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const guard = setTimeout(() => {
    say(`stopped: not finished after ${longestMs / 60_000} minutes`);
    process.exitCode = 1;
    void closeAll().finally(() => process.exit());
  }, longestMs);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void closeAll().finally(() => process.exit(130)));
  try {
    await mkdir(folder, { recursive: true });
    const result = await run(options);
    await writeFile(join(folder, 'bench.json'), `${JSON.stringify(result, null, 2)}\n`);
    console.log(`\n${table(result)}\n`);
    if (result.top) console.log(`${topTable(result.top)}\n`);
    console.log(`All figures: ${join(folder, 'bench.json')}`);
  } finally {
    clearTimeout(guard);
    await closeAll();
  }
}

await main();
