import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { LegCamera } from '../../../mcu/leg-camera.ts';
import type { SeatInRoom } from '../../../mcu/leg-camera.ts';
import { LinkError } from '../../../mcu/link/errors.ts';
import type { PictureSize, PublishedVideo, PublishedVideoOptions, VideoCodec } from '../../../mcu/ports.ts';
import { FakePictures } from '../../fakes/pictures.ts';
import { madeFrame, packetsOf } from '../../support/made-video.ts';
import { quietLog } from '../../support/quiet-log.ts';
import type { LogLine } from '../../support/quiet-log.ts';
import { videoConfig, viewOf } from '../../support/video-peer.ts';

interface Track extends PublishedVideoOptions {
  readonly packets: Buffer[];
  muted: boolean;
  size: PictureSize;
  /** How often its size was told. */
  sized: number;
  closed: boolean;
}

let nowMs: number;
let engine: FakePictures;
let stream: { receives: boolean; setsInBand: boolean; lastPacketMs: number; requestKeyFrame: () => void };
let keyFramesAsked: number;
let tracks: Track[];
let refused: Set<string>;
let on: boolean[];
let mutes: boolean[];
let lines: LogLine[];
let camera: LegCamera;
let seat: SeatInRoom;

beforeEach(() => {
  [nowMs, keyFramesAsked, tracks, on, mutes] = [100_000, 0, [], [], []];
  [lines, refused] = [[], new Set()];
  engine = new FakePictures();
  stream = {
    ...{ receives: true, setsInBand: true, lastPacketMs: -Infinity },
    requestKeyFrame: () => keyFramesAsked++,
  };
  seat = {
    identity: 'sip_leg',
    room: { name: 'room', pictures: { setOwnCamera: (_identity: string, is: boolean) => on.push(is) } },
    link: { publishVideo: (options: PublishedVideoOptions) => publish(options) },
  } as unknown as SeatInRoom;
  camera = new LegCamera({
    ...{ id: 'leg', pictures: engine, stream, log: quietLog(lines) },
    now: () => nowMs,
    onMutedByHost: (muted) => mutes.push(muted),
  });
});

function publish(options: PublishedVideoOptions): Promise<PublishedVideo> {
  if (refused.has(options.codec)) return Promise.reject(new LinkError('LINK_NO_CODEC', 'not here'));
  const { width, height } = options;
  const track: Track = {
    ...options,
    packets: [],
    muted: false,
    size: { width, height },
    sized: 0,
    closed: false,
  };
  tracks.push(track);
  return Promise.resolve({
    write: (packet) => track.packets.push(Buffer.from(packet)),
    setMuted: (muted) => (track.muted = muted),
    setSize: (size) => {
      track.size = size;
      track.sized++;
    },
    close: () => Promise.resolve(void (track.closed = true)),
  });
}

const wallMs = 1_700_000_000_000;
let sequence = 0;
/** A frame of the device's, as its stream hands it over. */
async function frame(
  codec: VideoCodec = 'H264',
  key = true,
  size: PictureSize | null = hd,
): Promise<Buffer[]> {
  const [packets] = packetsOf({ codec, packetizationMode: 1 }, [madeFrame(codec, key, 3000)], {
    firstSequence: sequence,
    firstTimestamp: nowMs * 90,
  });
  sequence += packets.length;
  if (key) camera.keyFrame(codec, size);
  await nextTurn();
  for (const packet of packets) {
    stream.lastPacketMs = nowMs;
    camera.write(packet, viewOf(packet), codec, wallMs + nowMs);
  }
  return packets;
}
const hd = { width: 1280, height: 720 };
const [firstCamera] = [() => engine.cameras[0]];

async function join(config = videoConfig()): Promise<void> {
  camera.configure(config);
  camera.enter(seat);
  await frame();
  await frame();
}

test('a camera is in the room’s pictures and, untouched, in the room, once a key frame told its size', async () => {
  camera.configure(videoConfig());
  await frame();
  expect([engine.cameras, tracks]).toEqual([[], []]);
  camera.enter(seat);
  expect(keyFramesAsked).toBeGreaterThan(0);
  expect(firstCamera().spec).toMatchObject({ room: 'room', identity: 'sip_leg', kind: 'camera' });
  await frame();
  const payloads = (await frame()).map((packet) => packet.subarray(12));
  expect(tracks).toMatchObject([{ codec: 'H264', width: 1280, height: 720, muted: false }]);
  expect(tracks[0].packets.slice(-payloads.length).map((packet) => packet.subarray(12))).toEqual(payloads);
  expect(
    firstCamera()
      .packets.slice(-payloads.length)
      .map((packet) => packet.subarray(12)),
  ).toEqual(payloads);
  expect(on).toEqual([true]);
  expect(camera.published).toEqual({ codec: 'H264', transcoded: false });
  const sized = tracks[0].sized;
  for (let height = 180; height <= 360; height += 4) await frame('H264', true, { width: 640, height });
  camera.tick();
  camera.tick();
  // Once, for however many.
  expect(tracks).toMatchObject([{ size: { width: 640, height: 360 }, sized: sized + 1 }]);
});

test('the SFU’s and the engine’s wishes for key frames go to the device', async () => {
  await join();
  const before = keyFramesAsked;
  tracks[0].onKeyFrameWanted();
  firstCamera().onKeyFrameNeeded?.();
  expect(keyFramesAsked).toBe(before + 2);
});

test('a device that stops sending has its camera off, and on again when it goes on', async () => {
  await join();
  nowMs += 1500;
  camera.tick();
  expect(tracks[0].muted).toBe(false);
  nowMs += 1000;
  camera.tick();
  expect([tracks[0].muted, on]).toEqual([true, [true, false]]);
  const before = keyFramesAsked;
  await frame('H264', false);
  expect([tracks[0].muted, on, keyFramesAsked]).toEqual([false, [true, false, true], before + 1]);
});

test('a camera that a host mutes is seen nowhere', async () => {
  await join();
  tracks[0].onMuted(true);
  const sent = [tracks[0].packets.length, firstCamera().packets.length];
  await frame();
  expect(on).toEqual([true, false]);
  expect([tracks[0].packets.length, firstCamera().packets.length]).toEqual(sent);
  tracks[0].onMuted(false);
  await frame();
  expect(on).toEqual([true, false, true]);
  const numbers = tracks[0].packets.map((packet) => packet.readUInt16BE(2));
  expect(numbers.every((n, i) => i === 0 || ((n - numbers[i - 1]) & 0xffff) === 1)).toBe(true);
  expect(mutes).toEqual([true, false]);
});

test('a camera that a host had muted in a process that died stays so until it leaves the room', async () => {
  camera.muteByHost(true);
  await join();
  expect(tracks).toMatchObject([{ muted: true, packets: [] }]);
  expect([firstCamera().packets, on]).toEqual([[], []]);
  camera.leave();
  camera.enter(seat);
  await frame();
  await frame();
  expect(tracks).toMatchObject([{ closed: true }, { muted: false }]);
  expect(on).toEqual([true]);
});

test('what browsers can’t take is given back by the engine', async () => {
  camera.configure(videoConfig({ codec: 'H263', payloadType: 34 }));
  camera.enter(seat);
  await frame('H263', true, { width: 352, height: 288 });
  expect(firstCamera().back).toBe('H264');
  expect(tracks).toEqual([]);
  firstCamera().onSize?.({ width: 352, height: 288 });
  await nextTurn();
  expect(tracks).toMatchObject([{ codec: 'H264', width: 352, height: 288 }]);
  firstCamera().onPublish?.(Buffer.from('from the engine'));
  await frame('H263', false);
  expect(tracks[0].packets.map(String)).toEqual(['from the engine']);
  const before = firstCamera().keyFramesRequested;
  tracks[0].onKeyFrameWanted();
  expect(firstCamera().keyFramesRequested).toBe(before + 1);
  expect(camera.published).toEqual({ codec: 'H264', transcoded: true });
});

test('H.264 whose parameter sets came in SDP only is given back: no browser could read it', async () => {
  stream.setsInBand = false;
  await join(videoConfig({ parameterSets: ['Z0LAHtkDxWhAAAADAEAAAAwDxYuS', 'aMuMsg=='] }));
  expect(firstCamera().back).toBe('H264');
});

test('a room that takes no H.264 gets VP8; one that takes nothing is said so in the log', async () => {
  refused.add('H264');
  await join();
  expect(firstCamera().back).toBe('VP8');
  firstCamera().onSize?.(hd);
  await nextTurn();
  expect(tracks.map(({ codec }) => codec)).toEqual(['VP8']);
  camera.leave();
  refused.add('VP8');
  camera.enter(seat);
  await frame();
  await frame();
  firstCamera().onSize?.(hd);
  await nextTurn();
  await frame();
  expect(camera.published).toBe(null);
  expect(firstCamera().back).toBe(null);
  expect(firstCamera().packets.length).toBeGreaterThan(0);
  expect(lines.at(-1)).toMatchObject({ level: 'warn', facts: { leg: 'leg', codec: 'VP8' } });
});

test('a camera that goes into the room may be seen by anybody; one that doesn’t, as large as it is shown here', async () => {
  expect(camera.use).toBe('anybody');
  await join();
  expect(camera.use).toBe('anybody');
  firstCamera().onShown?.({ width: 320, height: 180 });
  expect(camera.use).toBe('anybody');
  camera.leave();
  expect(camera.use).toBe('anybody');
  refused.add('H264').add('VP8');
  camera.enter(seat);
  for (let i = 0; i < 3; i++) await frame();
  expect(camera.use).toBe(null);
  firstCamera().onShown?.({ width: 320, height: 180 });
  expect(camera.use).toEqual({ width: 320, height: 180 });
});

test('hold and leaving take the camera out; who comes back is seen again', async () => {
  await join();
  stream.receives = false;
  camera.configure(videoConfig({ direction: 'inactive' }));
  expect([engine.cameras, tracks[0].closed, on]).toEqual([[], true, [true, false]]);
  stream.receives = true;
  camera.configure(videoConfig());
  await frame();
  await frame();
  expect(engine.cameras).toHaveLength(1);
  expect(tracks).toHaveLength(2);
  camera.leave();
  expect(engine.cameras).toEqual([]);
  expect(on.at(-1)).toBe(false);
  camera.enter(seat);
  await frame();
  expect(engine.cameras).toHaveLength(1);
});
