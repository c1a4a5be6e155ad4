/**
 * The embedded engine and FreeSWITCH side by side: the same rooms of telephones and of room systems against the built
 * gateway and a LiveKit server of its own. Prints a table and writes `report/bench/engines.json`. See docs/engines.md.
 */
import { parseArgs } from 'node:util';
import { missingForFreeSwitch, startFreeSwitch } from '../support/freeswitch.ts';
import type { TestFreeSwitch } from '../support/freeswitch.ts';
import { startLiveKit } from '../support/livekit.ts';
import { Callers } from './callers.ts';
import { codings } from './codings.ts';
import { columns } from './columns.ts';
import { EngineBed } from './engines/bed.ts';
import type { EngineName } from './engines/bed.ts';
import { holdRoom } from './engines/hold.ts';
import type { RoomCost } from './engines/hold.ts';
import { GatewayProcess } from './gateway-process.ts';
import { machine } from './machine.ts';
import { mouthToEar } from './mouth-to-ear.ts';
import type { MouthToEar } from './mouth-to-ear.ts';
import { wholeOption } from './options.ts';
import { closeAll, onClose, runBench, say } from './program.ts';
import { callerSounds } from './sounds.ts';
import { VideoBed } from './video/video-bed.ts';

const usage = `npm run bench:engines -- [options]
  --voices 10,50,100   members of rooms of telephones
  --parties 3,6,9      room systems that send 720p30 and look, in a room
  --hold 8             seconds in which CPU is counted for each room
  --marks 10           sounds that are timed in each direction
  --engine both        embedded, freeswitch or both`;

/** Whatever hangs, nothing of it outlives this. */
const longestMs = 10 * 60_000;

interface Options {
  readonly voices: readonly number[];
  readonly parties: readonly number[];
  readonly holdSeconds: number;
  readonly marks: number;
  readonly engines: readonly EngineName[];
}

interface EngineFigures {
  readonly engine: EngineName;
  readonly rooms: readonly RoomCost[];
  readonly ear: MouthToEar | null;
}

interface Result {
  readonly date: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly parameters: Options;
  readonly engines: readonly EngineFigures[];
}

/** Throws with what is wrong. */
function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      voices: { type: 'string', default: '10,50,100' },
      parties: { type: 'string', default: '3,6,9' },
      hold: { type: 'string', default: '8' },
      marks: { type: 'string', default: '10' },
      engine: { type: 'string', default: 'both' },
    },
  });
  const sizes = (name: string, text: string): number[] =>
    text.split(',').flatMap((one) => (one === '' ? [] : [wholeOption(name, one, 1, 200)]));
  const { engine } = values;
  if (engine !== 'both' && engine !== 'embedded' && engine !== 'freeswitch')
    throw new Error('--engine is embedded, freeswitch or both');
  const missing = engine === 'embedded' ? null : missingForFreeSwitch();
  if (missing !== null) throw new Error(`${missing}; or --engine embedded`);
  return {
    voices: sizes('voices', values.voices),
    parties: sizes('parties', values.parties),
    holdSeconds: wholeOption('hold', values.hold, 1, 120),
    marks: wholeOption('marks', values.marks, 0, 100),
    engines: engine === 'both' ? ['embedded', 'freeswitch'] : [engine],
  };
}

async function run(options: Options): Promise<Result> {
  const engines: EngineFigures[] = [];
  for (const engine of options.engines) engines.push(await figuresOf(engine, options));
  return { date: new Date().toISOString(), machine: machine(), parameters: options, engines };
}

async function figuresOf(engine: EngineName, options: Options): Promise<EngineFigures> {
  const { voices, parties, holdSeconds, marks } = options;
  const livekit = await startLiveKit();
  onClose(() => livekit.close());
  const mixer: TestFreeSwitch | null = engine === 'freeswitch' ? await startFreeSwitch() : null;
  onClose(() => mixer?.close());
  const gateway = await GatewayProcess.start(livekit, 1000, undefined, mixer ? mixerOptions(mixer) : {});
  onClose(() => gateway.close());
  const callers = await Callers.open(gateway.sipPort, callerSounds(codings.pcmu, 'noise'));
  onClose(() => callers.close());
  const video = await VideoBed.open(livekit, gateway, 'H264');
  onClose(() => video.close());
  const bed = new EngineBed({ gateway, callers, video, mixer });
  const rooms: RoomCost[] = [];
  for (const size of voices) {
    say(`${engine}: ${size} voices …`);
    rooms.push(await holdRoom(bed, 'voices', size, holdSeconds));
  }
  for (const size of parties) {
    say(`${engine}: ${size} room systems …`);
    rooms.push(await holdRoom(bed, 'room systems', size, holdSeconds));
  }
  say(`${engine}: ${marks} sounds are timed in each direction …`);
  const ear = marks > 0 ? await mouthToEar(callers, livekit, marks) : null;
  await closeAll();
  return { engine, rooms, ear };
}

function mixerOptions({ host, port, secret }: TestFreeSwitch): Record<string, string | number> {
  return {
    'mixing.engine': 'freeswitch',
    'freeswitch.host': host,
    'freeswitch.port': port,
    'freeswitch.secret': secret,
  };
}

function roomTable({ engines }: Result): string {
  const head = ['room', 'engine', 'cores', 'of them mixing', 'MB', 'answered ms', 'sound ms', 'fps', 'load'];
  const rows = engines.flatMap(({ engine, rooms }) =>
    rooms.map((room) => [
      `${room.size} ${room.kind}`,
      engine,
      room.cores.toFixed(2),
      room.mixingCores.toFixed(2),
      room.memoryMb.toFixed(0),
      String(room.answeredMs),
      String(room.firstSoundMs),
      room.fps === null ? '' : room.fps.join('–'),
      room.load.join('–'),
    ]),
  );
  const key = ([room]: readonly string[]): number =>
    engines[0].rooms.findIndex((one) => `${one.size} ${one.kind}` === room);
  return columns([head, ...rows.sort((a, b) => key(a) - key(b))]);
}

function earTable({ engines }: Result): string {
  const rows = engines.flatMap(({ engine, ear }) =>
    ear === null
      ? []
      : [
          [
            engine,
            ...[ear.sipToWebRtc, ear.webRtcToSip].map(({ p50, p95, count }) => `${p50} / ${p95} (${count})`),
          ],
        ],
  );
  return columns([
    ['ms, half of them / 95 % (heard)', 'telephone to browser', 'browser to telephone'],
    ...rows,
  ]);
}

await runBench({
  usage,
  file: 'engines.json',
  parse: parseOptions,
  longestMs: () => longestMs,
  run,
  show: (result) => [Object.values(result.machine).join(', '), roomTable(result), earTable(result)],
});
