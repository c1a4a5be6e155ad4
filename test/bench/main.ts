/**
 * What the gateway costs and how fast it is: real calls over SIP and RTP on loopback, against the built gateway
 * and a LiveKit server of its own. Prints a table and writes `report/bench/bench.json`. See docs/benchmarks.md.
 */
import { messageOf } from '../../gateway/errors.ts';
import { startLiveKit } from '../support/livekit.ts';
import { openBed, takeFigures, warmUp } from './bed.ts';
import type { Figures } from './bed.ts';
import { GatewayProcess } from './gateway-process.ts';
import { compareIdle, lookAtIdle } from './leaks.ts';
import { LiveKitSip, missingForLiveKitSip } from './livekit-sip.ts';
import { machine } from './machine.ts';
import { round } from './numbers.ts';
import { parseOptions, usage } from './options.ts';
import type { BenchOptions } from './options.ts';
import { readThreads } from './processes.ts';
import { profile } from './profile.ts';
import type { TopFunction } from './profile.ts';
import { closeAll, folder, onClose, runBench, say } from './program.ts';
import { table, topTable } from './report.ts';
import type { BenchResult } from './report.ts';
import { ours } from './usage.ts';
import { srtpCost } from './srtp-cost.ts';
import { voiceCost } from './voice-cost.ts';

const drainMs = 20_000;
/** Whatever hangs, nothing of it outlives this, for each that is measured. */
const longestMs = 8 * 60_000;

async function run(options: BenchOptions): Promise<BenchResult> {
  const livekit = await startLiveKit();
  onClose(() => livekit.close());
  const gateway = await GatewayProcess.start(livekit, 1000);
  onClose(() => gateway.close());
  const bed = await openBed({ options, livekit, subject: gateway }, onClose);
  const { pids } = bed;
  say('warming up …');
  await warmUp(bed);
  const idle = await lookAtIdle(gateway, pids);
  const extras: Extras = {};
  const figures = await takeFigures(bed, say, () =>
    options.profile ? takeProfiles(pids, extras) : Promise.resolve(),
  );
  say('looking for what is left behind …');
  const leaks = await compareIdle(idle, gateway, livekit, pids);
  // Nothing of ours takes the peer's time.
  await closeAll();
  return {
    date: new Date().toISOString(),
    machine: machine(),
    parameters: options,
    ...figures,
    livekitSip: options.livekitSip === null ? null : await measureLiveKitSip(options, options.livekitSip),
    leaks,
    voice: voiceCost(),
    srtp: srtpCost(),
    ...extras,
  };
}

/** Null, and the reason said, when it fails: our own figures are worth printing all the same. */
async function measureLiveKitSip(options: BenchOptions, binary: string): Promise<Figures | null> {
  say('LiveKit’s SIP service in the gateway’s place …');
  try {
    const subject = await LiveKitSip.start(binary, onClose);
    const bed = await openBed({ options, livekit: subject.livekit, subject }, onClose);
    await warmUp(bed);
    await subject.untilNoCalls(drainMs);
    return await takeFigures(bed, say);
  } catch (error) {
    say(`  not measured: ${messageOf(error)}`);
    process.exitCode = 1;
    return null;
  }
}

type Extras = { -readonly [K in 'threads' | 'top']?: BenchResult[K] };

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

await runBench({
  usage,
  file: 'bench.json',
  parse: (argv) => {
    const options = parseOptions(argv);
    const missing = options.livekitSip === null ? null : missingForLiveKitSip(options.livekitSip);
    if (missing !== null) throw new Error(missing);
    return options;
  },
  longestMs: ({ livekitSip }) => longestMs * (livekitSip === null ? 1 : 2),
  run,
  show: (result) => [table(result), ...(result.top ? [topTable(result.top)] : [])],
});
// rtc-node's threads can hold a process in which a participant has been, though nothing is open any more.
process.exit();
