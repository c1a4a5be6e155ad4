/**
 * Whether calls notice that a large plan is reloaded, published or tried: calls that hear themselves, each packet
 * timed to the gateway and back, while an admin works. Prints a table and writes `report/bench/reload.json`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startLiveKit } from '../support/livekit.ts';
import { Callers } from './callers.ts';
import type { BenchCall } from './callers.ts';
import { codings } from './codings.ts';
import { columns } from './columns.ts';
import { GatewayProcess } from './gateway-process.ts';
import { machine } from './machine.ts';
import { between, spread } from './numbers.ts';
import type { Spread } from './numbers.ts';
import { wholeOption } from './options.ts';
import { onClose, runBench, say } from './program.ts';
import { Admin } from './reload/admin.ts';
import type { Deed } from './reload/admin-side.ts';
import { EchoWatch } from './reload/echo-watch.ts';
import type { Echoes } from './reload/echo-watch.ts';
import { LoopWatch } from './reload/loop-watch.ts';
import type { Stall } from './reload/loop-watch.ts';
import { callerSounds } from './sounds.ts';

const usage = `npm run bench:reload -- [options]
  --calls 200       calls that hear themselves
  --rules 10000     of the plan
  --times 3         how often each thing is done
  --calm 15         seconds without anything, before and after`;

/** Whatever hangs, nothing of it outlives this. */
const longestMs = 8 * 60_000;
const dialsPerSecond = 20;
/** The words before the echo are over, heaps have settled. */
const settleMs = 12_000;
/** Another call comes as often. */
const furtherMs = 500;
/** Between two things that an admin does. */
const restMs = 1000;
/**
 * A packet is late when it comes back by more than this later than the latest of the calm periods of the same run:
 * half of what it lasts.
 */
const lateMs = 10;

interface Options {
  readonly calls: number;
  readonly rules: number;
  readonly times: number;
  readonly calmSeconds: number;
}

interface Period {
  readonly name: string;
  /** What was done, each time, ms. */
  readonly tookMs: readonly number[];
  readonly packets: number;
  readonly missing: number;
  readonly roundTripMs: Spread;
  /** See `lateMs`. */
  readonly late: number;
  /** INVITE → 200 of further calls, ms. */
  readonly setupMs: Spread;
  /** Calls that were not answered. */
  readonly refused: number;
  /** Of the event loops; the bench's own makes packets late that are not. */
  readonly loops: { readonly gateway: Stall; readonly mediaNode: Stall; readonly bench: Stall };
}

interface Result {
  readonly date: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly parameters: Options;
  readonly periods: readonly Period[];
}

function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      calls: { type: 'string', default: '200' },
      rules: { type: 'string', default: '10000' },
      times: { type: 'string', default: '3' },
      calm: { type: 'string', default: '15' },
    },
  });
  return {
    calls: wholeOption('calls', values.calls, 1, 500),
    rules: wholeOption('rules', values.rules, 200, 15_000),
    times: wholeOption('times', values.times, 1, 10),
    calmSeconds: wholeOption('calm', values.calm, 1, 60),
  };
}

async function run(options: Options): Promise<Result> {
  const { calls: count, rules, times, calmSeconds } = options;
  const livekit = await startLiveKit();
  onClose(() => livekit.close());
  const gateway = await GatewayProcess.start(livekit, 1000);
  onClose(() => gateway.close());
  const callers = await Callers.open(gateway.sipPort, callerSounds(codings.pcmu, 'noise'));
  onClose(() => callers.close());
  const admin = new Admin(gateway.door, rules);
  onClose(() => admin.close());
  await admin.does('addEcho');
  say(`${count} calls …`);
  const calls = await dial(callers, count);
  await pause(settleMs);
  const watch = await Watch.begin(gateway, callers, calls);
  // Code is warm then, as it is in a gateway that has been up for a while.
  await admin.does('save');
  const again = (deed: Deed) => async (): Promise<number[]> => {
    const tookMs: number[] = [];
    for (let time = 0; time < times; time++) {
      tookMs.push(await admin.does(deed));
      await pause(restMs);
    }
    return tookMs;
  };
  const calm = async (): Promise<number[]> => {
    await pause(calmSeconds * 1000);
    return [];
  };
  await watch.during('calm', calm);
  await watch.during('file saved', again('save'));
  await admin.does('remove');
  await watch.during('published', again('publish'));
  await watch.during('checked and tried', again('type'));
  await watch.during('calm', calm);
  const periods = await watch.periods();
  await Promise.all(calls.map((call) => callers.hangUp(call)));
  return { date: new Date().toISOString(), machine: machine(), parameters: options, periods };
}

async function dial(callers: Callers, count: number): Promise<BenchCall[]> {
  const dialling: Promise<BenchCall>[] = [];
  for (let i = 0; i < count; i++) {
    dialling.push(callers.call('echo'));
    await pause(1000 / dialsPerSecond);
  }
  const calls = await Promise.all(dialling);
  const refused = calls.filter(({ status }) => status !== 200);
  if (refused.length > 0) throw new Error(`${refused.length} calls were not answered`);
  return calls;
}

interface Seen {
  readonly name: string;
  readonly tookMs: readonly number[];
  readonly echoes: Echoes;
  readonly further: readonly BenchCall[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What calls and event loops see of each period. */
class Watch {
  readonly #callers: Callers;
  readonly #echo: EchoWatch;
  readonly #gateway: LoopWatch;
  readonly #mediaNode: LoopWatch;
  readonly #bench: LoopWatch;
  readonly #seen: Seen[] = [];

  private constructor(
    callers: Callers,
    echo: EchoWatch,
    loops: Readonly<Record<'gateway' | 'mediaNode' | 'bench', LoopWatch>>,
  ) {
    this.#callers = callers;
    this.#echo = echo;
    this.#gateway = loops.gateway;
    this.#mediaNode = loops.mediaNode;
    this.#bench = loops.bench;
  }

  static async begin(gateway: GatewayProcess, callers: Callers, calls: readonly BenchCall[]): Promise<Watch> {
    const pids = gateway.pids();
    const loops = {
      gateway: await LoopWatch.begin(pids.get('gateway') ?? 0),
      mediaNode: await LoopWatch.begin(pids.get('media node') ?? 0),
      bench: await LoopWatch.begin(process.pid),
    };
    return new Watch(callers, new EchoWatch(calls), loops);
  }

  async during(name: string, work: () => Promise<number[]>): Promise<void> {
    say(`${name} …`);
    const over = new AbortController();
    const fromMs = Date.now();
    this.#echo.begin();
    const calling = this.#furtherCalls(over.signal);
    const tookMs = await work().finally(async () => {
      over.abort();
      await calling;
    });
    const untilMs = Date.now();
    const echoes = await this.#echo.end();
    this.#seen.push({ name, tookMs, echoes, further: await calling, fromMs, untilMs });
  }

  async periods(): Promise<Period[]> {
    const gateway = await this.#gateway.read();
    const mediaNode = await this.#mediaNode.read();
    const bench = await this.#bench.read();
    const calm = this.#seen.filter(({ name }) => name === 'calm');
    const latestMs = Math.max(...calm.map(({ echoes }) => echoes.roundTripsMs.at(-1) ?? 0));
    return this.#seen.map(({ name, tookMs, echoes, further, fromMs, untilMs }) => ({
      name,
      tookMs: tookMs.map(Math.round),
      packets: echoes.roundTripsMs.length,
      missing: echoes.sent - echoes.roundTripsMs.length,
      roundTripMs: spread(echoes.roundTripsMs),
      late: echoes.roundTripsMs.filter((ms) => ms > latestMs + lateMs).length,
      setupMs: spread(further.map(({ times }) => between(times.inviteMs, times.answeredMs))),
      refused: further.filter(({ status }) => status !== 200).length,
      loops: {
        gateway: gateway(fromMs, untilMs),
        mediaNode: mediaNode(fromMs, untilMs),
        bench: bench(fromMs, untilMs),
      },
    }));
  }

  async #furtherCalls(signal: AbortSignal): Promise<BenchCall[]> {
    const calling: Promise<BenchCall>[] = [];
    while (!signal.aborted) {
      const call = this.#callers.call('echo').then(async (call) => {
        await this.#callers.hangUp(call);
        return call;
      });
      calling.push(call);
      await pause(furtherMs);
    }
    return Promise.all(calling);
  }
}

function table({ periods }: Result): string {
  const times = ({ p50, p99, max }: Spread): string => [p50, p99, max].map((ms) => ms ?? '–').join(' / ');
  const loop = ({ stallMs, workMs }: Stall): string => `${Math.round(stallMs)} / ${Math.round(workMs)}`;
  return columns([
    [
      ...['', 'took, ms', 'packets', 'missing', 'there and back, ms', 'late', 'INVITE → 200, ms', 'refused'],
      ...['gateway, ms', 'media node, ms', 'bench, ms'],
    ],
    ...periods.map(({ name, tookMs, packets, missing, roundTripMs, late, setupMs, refused, loops }) => [
      ...[name, tookMs.join(', '), String(packets), String(missing), times(roundTripMs), String(late)],
      ...[times(setupMs), String(refused)],
      ...[loop(loops.gateway), loop(loops.mediaNode), loop(loops.bench)],
    ]),
  ]);
}

const legend = `Times: p50 / p99 / longest. Late: later by ${lateMs} ms than the latest of the calm periods.
Event loops: the longest stall / the longest work of their own.`;

await runBench({
  usage,
  file: 'reload.json',
  parse: parseOptions,
  longestMs: () => longestMs,
  run,
  show: (result) => [Object.values(result.machine).join(', '), table(result), legend],
});
