/** The bench's result as a table and as JSON. */
import { columns } from './columns.ts';
import type { Figures } from './bed.ts';
import type { HoldResult } from './hold.ts';
import type { LeakResult } from './leaks.ts';
import { ours } from './usage.ts';
import type { MouthToEar } from './mouth-to-ear.ts';
import type { Spread } from './numbers.ts';
import type { TopFunction } from './profile.ts';
import type { StageResult } from './ramp.ts';
import type { SrtpCost } from './srtp-cost.ts';
import type { VoiceCost } from './voice-cost.ts';

/** LiveKit SIP at commit be5d3f5 (2026-08) with livekit-server 1.11.0, measured on two shared cores, by figure. */
const before: ReadonlyMap<string, string> = new Map([
  ['CPU-s per call-second', '0.031'],
  ['… in the SFU', '0.010'],
  ['memory per call, MB', '4.0'],
  ['INVITE → 180, ms', '3–4'],
  ['INVITE → 200, ms', '28–37 (p95 1042)'],
  ['INVITE → first RTP, ms', '84–93'],
  ['INVITE → track announced, ms', '222–244'],
  ['mouth to ear, SIP → WebRTC, ms', '97'],
  ['mouth to ear, WebRTC → SIP, ms', '122'],
  ['10 set-ups/s', '10; at 20 4 s, at 40 12 % fail'],
]);

export interface BenchResult extends Figures {
  readonly date: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly parameters: object;
  /** LiveKit's SIP service with the same callers; null: not measured. */
  readonly livekitSip: Figures | null;
  readonly leaks: LeakResult;
  readonly voice: readonly VoiceCost[];
  readonly srtp: readonly SrtpCost[];
  readonly threads?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly top?: Readonly<Record<string, readonly TopFunction[]>>;
}

type Line = readonly [figure: string, measured: string, liveKitSip: string, note: string];
type Row = readonly [figure: string, measured: string, note: string];

export function table(result: BenchResult): string {
  const { livekitSip } = result;
  const theirs = livekitSip
    ? new Map(figureRows(livekitSip).map(([figure, measured]) => [figure, measured]))
    : before;
  const own = [
    ...figureRows(result),
    ...leakRows(result.leaks),
    voiceRow(result.voice),
    srtpRow(result.srtp),
  ];
  const rows: Line[] = [
    ['figure', 'measured', livekitSip ? 'LiveKit SIP' : 'LiveKit SIP, once', 'note'],
    ...own.map(([figure, measured, note]): Line => [figure, measured, theirs.get(figure) ?? '', note]),
  ];
  return columns(rows);
}

function figureRows({ hold, ear, ramp }: Figures): Row[] {
  return [...holdRows(hold), ...setupRows(hold), ...(ear ? earRows(ear) : []), ...ramp.map(rampRow)];
}

function holdRows(hold: HoldResult): Row[] {
  const { cpuPerCall, memoryPerCallMb, audio, load } = hold;
  const parts = ours
    .filter((name) => name in cpuPerCall)
    .map((name) => `${name} ${fixed(cpuPerCall[name], 4)}`)
    .join(', ');
  const missing = audio.expectedPackets - audio.packets;
  return [
    ['CPU-s per call-second', fixed(hold.cpuPerCallTogether, 4), parts],
    [
      '… in the SFU',
      fixed(cpuPerCall.LiveKit, 4),
      `${hold.calls} calls, ${hold.rooms} rooms, ${hold.seconds} s`,
    ],
    ['load of the machine meanwhile', `${load.before}–${load.after}`, ''],
    [
      'memory per call, MB',
      fixed(memoryPerCallMb.rss, 2),
      `RSS over that before the first call; PSS ${fixed(memoryPerCallMb.pss, 2)}`,
    ],
    [
      'packets to callers',
      `${audio.packets} of ${audio.expectedPackets}`,
      `${missing > 0 ? missing : 0} fewer than time passed, ${audio.lost} lost on the way, ${audio.gaps} pauses over 40 ms`,
    ],
    ['callers who hear the speaker', `${audio.hearSpeaker} of ${hold.calls}`, ''],
    watchedRow(audio.watched),
  ];
}

function watchedRow(watched: HoldResult['audio']['watched']): Row {
  const sum = (key: 'heardMs' | 'gaps' | 'missingMs'): number =>
    watched.reduce((all, one) => all + one[key], 0);
  const steady = Math.min(...watched.map((one) => one.steady));
  return [
    'gaps in what callers hear',
    `${sum('gaps')} in ${Math.round(sum('heardMs') / 1000)} s`,
    `over 40 ms, by signal, ${watched.length} callers; speaker missing ${sum('missingMs')} ms together, at the usual level in ${fixed(steady * 100, 1)} % of the frames or more`,
  ];
}

function setupRows({ setup }: HoldResult): Row[] {
  const row = (figure: string, { p50, p95, p99 }: Spread): Row => [
    `${figure}, ms`,
    `${ms(p50)} / ${ms(p95)} / ${ms(p99)}`,
    'p50 / p95 / p99, 5 set-ups a second',
  ];
  return [
    row('INVITE → 100', setup.trying),
    row('INVITE → 180', setup.ringing),
    row('INVITE → 200', setup.answered),
    row('INVITE → first RTP', setup.firstPacket),
    row('INVITE → track announced', setup.inRoom),
  ];
}

function earRows({ marks, sipToWebRtc, webRtcToSip }: MouthToEar): Row[] {
  const row = (figure: string, { count, p50, p95, max }: Spread): Row => [
    `mouth to ear, ${figure}, ms`,
    `${ms(p50)} / ${ms(p95)} / ${ms(max)}`,
    `p50 / p95 / max, one call; ${count} of ${marks} sounds were heard`,
  ];
  return [row('SIP → WebRTC', sipToWebRtc), row('WebRTC → SIP', webRtcToSip)];
}

function rampRow(stage: StageResult): Row {
  const { setup, cores, calls } = stage;
  const failed = stage.notAnswered + stage.notInRoom;
  const all = Object.entries(cores).map(([name, value]) => `${name} ${value}`);
  return [
    `${stage.perSecond} set-ups/s`,
    `${failed} of ${calls} failed, 200 ${ms(setup.answered.p50)} / ${ms(setup.answered.p99)} ms, in room ${ms(setup.inRoom.p50)} / ${ms(setup.inRoom.p99)} ms`,
    `p50 / p99; cores: ${all.join(', ')}`,
  ];
}

function voiceRow(costs: readonly VoiceCost[]): Row {
  return [
    'CPU per voice and frame, µs',
    costs.map(({ usPerFrame }) => fixed(usPerFrame, 1)).join(' / '),
    `jitter buffer, concealment, levelling, limiter at ${costs.map(({ rateHz }) => rateHz / 1000).join(' / ')} kHz, 5 % loss`,
  ];
}

function srtpRow(costs: readonly SrtpCost[]): Row {
  return [
    'CPU per SRTP packet, µs',
    costs
      .map(({ protectUs, unprotectUs }) => `${fixed(protectUs, 1)} + ${fixed(unprotectUs, 1)}`)
      .join(' / '),
    `out + in, G.711 of 20 ms: ${costs.map(({ profile }) => profile).join(' / ')}`,
  ];
}

function leakRows({ callsLeft, participantsLeft, sockets, rssMb, heapMb, cores }: LeakResult): Row[] {
  const pairs = (of: LeakResult['sockets']): string =>
    Object.entries(of)
      .map(([name, { before, after }]) => `${name} ${before} → ${after}`)
      .join(', ');
  const sum = (of: LeakResult['sockets'], when: 'before' | 'after'): number =>
    Object.values(of).reduce((all, one) => all + one[when], 0);
  return [
    [
      'left behind',
      `${callsLeft} calls, ${participantsLeft} participants, ${sum(sockets, 'after') - sum(sockets, 'before')} sockets`,
      `sockets: ${pairs(sockets)}`,
    ],
    [
      'idle RSS, MB',
      `${sum(rssMb, 'before')} → ${sum(rssMb, 'after')}`,
      `after the warm-up → at the end: ${pairs(rssMb)}`,
    ],
    [
      'idle heap, MB',
      `${fixed(sum(heapMb, 'before'), 1)} → ${fixed(sum(heapMb, 'after'), 1)}`,
      `JavaScript after a full collection: ${pairs(heapMb)}`,
    ],
    ['idle cores', `${fixed(cores.before, 3)} → ${fixed(cores.after, 3)}`, 'the same'],
  ];
}

export function topTable(top: NonNullable<BenchResult['top']>): string {
  return Object.entries(top)
    .map(([name, functions]) =>
      [
        `${name}: own time of its functions`,
        ...functions.map((one) => `  ${fixed(one.share * 100, 1).padStart(5)} %  ${one.name}`),
      ].join('\n'),
    )
    .join('\n');
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits);
}

function ms(value: number | null): string {
  return value === null ? '–' : String(Math.round(value));
}
