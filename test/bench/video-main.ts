/**
 * What pictures cost and how late they are: room systems that call, and WebRTC cameras with simulcast, against the
 * built gateway and a LiveKit server of its own. Prints a table and writes `report/bench/video.json`. See
 * docs/benchmarks.md.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLiveKit } from '../support/livekit.ts';
import { GatewayProcess } from './gateway-process.ts';
import { machine } from './machine.ts';
import { wholeOption } from './options.ts';
import { profile } from './profile.ts';
import type { TopFunction } from './profile.ts';
import { folder, onClose, runBench, say } from './program.ts';
import { topTable } from './report.ts';
import type { BenchCodec } from './video/clips.ts';
import { firstPictures } from './video/first-picture.ts';
import { glassToGlass } from './video/glass-to-glass.ts';
import { videoTable } from './video/report.ts';
import type { VideoBenchResult } from './video/report.ts';
import { VideoBed } from './video/video-bed.ts';
import { holdVideo } from './video/video-hold.ts';

const usage = `npm run bench:video -- [options]
  --senders 9       WebRTC cameras of 720p30 with simulcast, all in one room
  --systems 9       room systems there that send 720p30 and look
  --further 9       room systems that only look and come later; 0: none
  --hold 15         seconds in which CPU is counted, twice; 0: not
  --flashes 20      flashes that are timed in each direction; 0: none
  --calls 20        calls whose first picture is timed; 0: none
  --cameras-off     room systems send no video
  --layout auto     who is where in the picture: auto (a speaker large, five small) or grid (all)
  --codec h264      of the cameras: h264 or vp8
  --profile         CPU profiles of media node and picture process into report/bench, top functions on the terminal`;

/** Whatever hangs, nothing of it outlives this. */
const longestMs = 6 * 60_000;
const profiled = ['media node', 'picture process'];

interface Options {
  readonly senders: number;
  readonly systems: number;
  readonly further: number;
  readonly holdSeconds: number;
  readonly flashes: number;
  readonly calls: number;
  readonly camerasOff: boolean;
  readonly layout: 'auto' | 'grid';
  readonly codec: BenchCodec;
  readonly profile: boolean;
}

const top: Record<string, readonly TopFunction[]> = {};

/** Throws with what is wrong. */
function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      senders: { type: 'string', default: '9' },
      systems: { type: 'string', default: '9' },
      further: { type: 'string', default: '9' },
      hold: { type: 'string', default: '15' },
      flashes: { type: 'string', default: '20' },
      calls: { type: 'string', default: '20' },
      'cameras-off': { type: 'boolean', default: false },
      layout: { type: 'string', default: 'auto' },
      codec: { type: 'string', default: 'h264' },
      profile: { type: 'boolean', default: false },
    },
  });
  if (values.codec !== 'h264' && values.codec !== 'vp8') throw new Error('--codec is h264 or vp8');
  if (values.layout !== 'auto' && values.layout !== 'grid') throw new Error('--layout is auto or grid');
  return {
    senders: wholeOption('senders', values.senders, 1, 50),
    systems: wholeOption('systems', values.systems, 1, 100),
    further: wholeOption('further', values.further, 0, 100),
    holdSeconds: wholeOption('hold', values.hold, 0, 120),
    flashes: wholeOption('flashes', values.flashes, 0, 200),
    calls: wholeOption('calls', values.calls, 0, 100),
    camerasOff: values['cameras-off'],
    layout: values.layout,
    codec: values.codec === 'h264' ? 'H264' : 'VP8',
    profile: values.profile,
  };
}

async function run(options: Options): Promise<VideoBenchResult> {
  const livekit = await startLiveKit();
  onClose(() => livekit.close());
  const gateway = await GatewayProcess.start(livekit, 1000, join(folder, 'video-gateway.log'), {
    'video.layout': options.layout,
  });
  onClose(() => gateway.close());
  say('coding what the cameras send …');
  const bed = await VideoBed.open(livekit, gateway, options.codec);
  onClose(() => bed.close());
  const { flashes, calls, holdSeconds } = options;
  if (flashes > 0) say(`${flashes} flashes are timed in each direction …`);
  const glass = flashes > 0 ? await glassToGlass(bed, flashes) : null;
  if (calls > 0) say(`${calls} calls are timed to their first picture …`);
  const first = calls > 0 ? await firstPictures(bed, calls) : null;
  if (holdSeconds > 0) say('the room is held …');
  const hold = holdSeconds > 0 ? await held(bed, options) : null;
  return { date: new Date().toISOString(), machine: machine(), parameters: options, hold, glass, first };
}

function held(bed: VideoBed, options: Options): ReturnType<typeof holdVideo> {
  return holdVideo(bed, {
    ...options,
    seconds: options.holdSeconds,
    pngPath: join(folder, 'video-seen.png'),
    meanwhile: async () => {
      if (!options.profile) return;
      const pids = bed.pids();
      for (const name of profiled) top[name] = await profile(name, pids.get(name) ?? 0, folder);
    },
  });
}

await runBench({
  usage,
  file: 'video.json',
  parse: parseOptions,
  longestMs: () => longestMs,
  run,
  show: (result) => [
    Object.values(result.machine).join(', '),
    videoTable(result),
    ...(Object.keys(top).length > 0 ? [topTable(top)] : []),
  ],
});
