/** What the bench of video found, as a table. */
import { columns } from '../columns.ts';
import type { Spread } from '../numbers.ts';
import type { FirstPictures } from './first-picture.ts';
import { lateJoiners } from './glass-to-glass.ts';
import type { GlassToGlass } from './glass-to-glass.ts';
import type { VideoHoldResult } from './video-hold.ts';

/** FreeSWITCH 1.11, 720p30 mux of nine parties who all send 720p and watch, on two shared cores: one encoder for all, as ours. */
const freeSwitchCores = '0.75: nine send and watch';

export interface VideoBenchResult {
  readonly date: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly parameters: {
    readonly senders: number;
    readonly systems: number;
    readonly further: number;
    readonly camerasOff: boolean;
    readonly codec: string;
    readonly layout: string;
  };
  /** Null: not asked for. */
  readonly hold: VideoHoldResult | null;
  readonly glass: GlassToGlass | null;
  readonly first: FirstPictures | null;
}

type Row = readonly [figure: string, measured: string, freeSwitch: string, goal: string, note: string];

export function videoTable(result: VideoBenchResult): string {
  const rows: Row[] = [
    ['figure', 'measured', 'FreeSWITCH', 'goal', 'note'],
    ...(result.hold ? holdRows(result.hold, result.parameters) : []),
    ...(result.glass ? glassRows(result.glass) : []),
    ...(result.first ? firstRows(result.first) : []),
  ];
  return columns(rows);
}

function holdRows(hold: VideoHoldResult, parameters: VideoBenchResult['parameters']): Row[] {
  const { senders, systems, camerasOff, further, codec, layout } = parameters;
  const off = camerasOff ? ' without cameras' : '';
  const { LiveKit: sfu = 0, load: generator = 0, ...own } = hold.cores;
  const [least, most] = hold.framesPerSecond;
  const rows: Row[] = [
    [
      'cores, gateway and media',
      fixed(hold.together, 3),
      freeSwitchCores,
      '0.45',
      `${senders} cameras (${codec}, simulcast) and ${systems} room systems${off}, layout ${layout}, ${hold.seconds} s: ${parts(own)}`,
    ],
    ['… in the SFU', fixed(sfu, 3), '', '', `load generator ${fixed(generator, 3)}`],
    ['load of the machine meanwhile', hold.load.join(', '), '', '', ''],
    [
      'frames a second that devices get',
      `${least}–${most}`,
      '24–26 with an encoder each',
      '30',
      `${hold.packetsLost} packets lost, ${hold.pauses} pauses over 100 ms`,
    ],
  ];
  if (hold.perFurther && hold.perFurtherTogether !== null)
    rows.push([
      'cores per further endpoint',
      fixed(hold.perFurtherTogether, 4),
      '',
      '0.01',
      `${further} that look on and speak, their sound included: ${parts(hold.perFurther)}`,
    ]);
  return rows;
}

function glassRows({ flashes, webRtcToDevice, deviceToWebRtc, lateJoiner }: GlassToGlass): Row[] {
  const row = (figure: string, { count, p50, p95, max }: Spread, goal: string): Row => [
    `glass to glass, ${figure}, ms`,
    `${ms(p50)} / ${ms(p95)} / ${ms(max)}`,
    '',
    goal,
    `p50 / p95 / max; ${count} of ${flashes} flashes were seen`,
  ];
  return [
    row('WebRTC → device', webRtcToDevice, '200 (p50)'),
    row('device → WebRTC', deviceToWebRtc, '120 (p50)'),
    [
      'joining late → the device’s picture, ms',
      `${ms(lateJoiner.p50)} / ${ms(lateJoiner.p95)} / ${ms(lateJoiner.max)}`,
      '',
      '1000',
      `p50 / p95 / max; ${lateJoiner.count} of ${lateJoiners} saw it`,
    ],
  ];
}

function firstRows({ calls, answered, firstFrame, room }: FirstPictures): Row[] {
  const row = (figure: string, { count, p50, p95, max }: Spread, goal: string): Row => [
    `INVITE → ${figure}, ms`,
    `${ms(p50)} / ${ms(p95)} / ${ms(max)}`,
    '',
    goal,
    `p50 / p95 / max; ${count} of ${calls} calls`,
  ];
  return [
    row('200', answered, ''),
    row('first frame, a screen of ours', firstFrame, ''),
    row('first frame with the room in it', room, '700 (p50)'),
  ];
}

function parts(cores: Readonly<Record<string, number>>): string {
  return Object.entries(cores)
    .filter(([, value]) => Math.abs(value) >= 0.0005)
    .map(([name, value]) => `${name} ${fixed(value, 4)}`)
    .join(', ');
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits);
}

function ms(value: number | null): string {
  return value === null ? '–' : String(Math.round(value));
}
