/** One room of cameras and room systems: what its processes take, and what each further endpoint adds. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { FrameAssembler } from '../../../mcu/video/frame-assembler.ts';
import type { EncodedFrame } from '../../../mcu/video/frame-assembler.ts';
import { decodeVideo } from '../../support/test-video.ts';
import { round, rounded } from '../numbers.ts';
import { coresBetween, snapshot, sumOf } from '../usage.ts';
import { devicePayloadType } from './room-system.ts';
import type { RoomSystem, VideoBed } from './video-bed.ts';

const room = 'bench-video';
const setupsPerSecond = 5;
/** Screens and join tones are over, layers are chosen, and the frame rate is back up if so many at once lowered it. */
const settleMs = 10_000;
const pictureMs = 1500;

export interface VideoHoldOptions {
  readonly senders: number;
  readonly systems: number;
  /** Room systems send no video. */
  readonly camerasOff: boolean;
  /** Room systems that only look, and come later. */
  readonly further: number;
  readonly seconds: number;
  /** Where a picture goes that a room system sees; null: nowhere. */
  readonly pngPath: string | null;
  /** Called while all is up and measured already. */
  readonly meanwhile: () => Promise<void>;
}

export interface VideoHoldResult {
  readonly seconds: number;
  readonly load: readonly number[];
  /** Cores by process, before the further ones. */
  readonly cores: Readonly<Record<string, number>>;
  readonly together: number;
  /** Cores that each further endpoint adds, by process; null: none came. */
  readonly perFurther: Readonly<Record<string, number>> | null;
  readonly perFurtherTogether: number | null;
  /** What each device saw, frames a second: the least and the most. */
  readonly framesPerSecond: readonly [least: number, most: number];
  readonly packetsLost: number;
  /** Times that a device had no frame for more than 100 ms, all together. */
  readonly pauses: number;
}

export async function holdVideo(bed: VideoBed, options: VideoHoldOptions): Promise<VideoHoldResult> {
  const names = Array.from({ length: options.senders }, (_, i) => `camera-${i + 1}`);
  const senders = await Promise.all(names.map((name) => bed.sender(room, name)));
  const systems = await dial(bed, options.systems, !options.camerasOff);
  await pause(settleMs);
  const first = await measure(bed, systems, options.seconds);
  const more = await dial(bed, options.further, false);
  if (more.length > 0) await pause(settleMs);
  const second = more.length > 0 ? await measure(bed, [...systems, ...more], options.seconds) : null;
  await options.meanwhile();
  if (options.pngPath !== null) await writeFile(options.pngPath, await pictureOf(systems[0]));
  await Promise.all([...systems, ...more].map(({ call }) => bed.callers.hangUp(call)));
  await Promise.all(senders.map((sender) => bed.dismiss(sender)));
  const perFurther =
    second &&
    Object.fromEntries(
      Object.entries(second.cores).map(([name, cores]) => [
        name,
        round((cores - (first.cores[name] ?? 0)) / more.length, 5),
      ]),
    );
  return {
    seconds: options.seconds,
    load: [...first.load, ...(second?.load ?? [])],
    cores: rounded(first.cores, 4),
    together: round(first.together, 4),
    perFurther,
    perFurtherTogether: second && round((second.together - first.together) / more.length, 5),
    framesPerSecond: first.framesPerSecond,
    packetsLost: first.packetsLost,
    pauses: first.pauses,
  };
}

async function dial(bed: VideoBed, count: number, sends: boolean): Promise<RoomSystem[]> {
  const dialling: Promise<RoomSystem>[] = [];
  for (let i = 0; i < count; i++) {
    dialling.push(bed.roomSystem(room, { sends }));
    await pause(1000 / setupsPerSecond);
  }
  return Promise.all(dialling);
}

interface Measured {
  readonly load: readonly [number, number];
  readonly cores: Record<string, number>;
  readonly together: number;
  readonly framesPerSecond: readonly [number, number];
  readonly packetsLost: number;
  readonly pauses: number;
}

async function measure(bed: VideoBed, systems: readonly RoomSystem[], seconds: number): Promise<Measured> {
  const pids = bed.pids();
  const costs = [...bed.gateway.pids().keys()];
  for (const { video } of systems) video.forget();
  const before = snapshot(pids);
  await pause(seconds * 1000);
  const after = snapshot(pids);
  const seen = systems.map(({ video }) => video.seen());
  const cores = coresBetween(before, after);
  const took = (after.atMs - before.atMs) / 1000;
  const rates = seen.map(({ frames }) => round(frames / took, 1));
  const sum = (key: 'lost' | 'pauses'): number => seen.reduce((all, one) => all + one[key], 0);
  return {
    load: [before.load, after.load],
    cores,
    together: sumOf(costs, cores),
    framesPerSecond: [Math.min(...rates), Math.max(...rates)],
    packetsLost: sum('lost'),
    pauses: sum('pauses'),
  };
}

/** PNG. */
async function pictureOf({ video }: RoomSystem): Promise<Buffer> {
  const frames: EncodedFrame[] = [];
  const assembler = new FrameAssembler({
    formats: [{ codec: 'H264', payloadType: devicePayloadType }],
    onFrame: (frame) => frames.push(frame),
  });
  video.onPacket = (packet) => assembler.write(Buffer.from(packet), performance.now());
  video.requestKeyFrame();
  await pause(pictureMs);
  video.onPacket = null;
  const size = frames.at(-1)?.size;
  if (!size) throw new Error('a room system gets no pictures');
  const data = frames.map((frame) => frame.data);
  const picture = (await decodeVideo('H264', data, size.width, size.height)).at(-1);
  if (!picture) throw new Error('what a room system gets can’t be decoded');
  return picture.png();
}
