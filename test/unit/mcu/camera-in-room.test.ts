import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { CameraInRoom } from '../../../mcu/camera-in-room.ts';
import { LinkError } from '../../../mcu/link/errors.ts';
import type { PublishedVideo, PublishedVideoOptions, PublishingLink } from '../../../mcu/ports.ts';
import { FakeCamera } from '../../fakes/pictures.ts';
import { madeFrame, packetsOf } from '../../support/made-video.ts';
import { quietLog } from '../../support/quiet-log.ts';
import type { LogLine } from '../../support/quiet-log.ts';

const hd = { width: 1280, height: 720 };
const cif = { width: 352, height: 288 };
const spec = {
  id: 'camera',
  seat: 'leg',
  room: 'room',
  identity: 'sip_leg',
  kind: 'camera',
  formats: [],
} as const;

/** As rooms' links are: one camera at a time, and publishing and taking out take a while. */
class SlowLink implements Pick<PublishingLink, 'publishVideo'> {
  /** What happened, in order. */
  readonly told: string[] = [];
  /** Codecs that the room takes not at all, and how often a try fails for another reason. */
  readonly refused = new Set<string>();
  failures = 0;
  /** When what was written was taken in. */
  readonly captured: number[] = [];
  /** Lets nothing come to its end. */
  held = false;
  options: PublishedVideoOptions | null = null;
  #busy = false;

  async publishVideo(options: PublishedVideoOptions, signal?: AbortSignal): Promise<PublishedVideo> {
    if (this.#busy) throw new LinkError('LINK_REFUSED', 'one camera is published at a time');
    this.#busy = true;
    try {
      do await nextTurn();
      while (this.held && signal?.aborted !== true);
      signal?.throwIfAborted();
      if (this.refused.has(options.codec)) throw new LinkError('LINK_NO_CODEC', 'not here');
      if (this.failures-- > 0) throw new LinkError('LINK_LOST', 'the link is lost at the moment');
    } catch (error) {
      await nextTurn();
      this.#busy = false;
      throw error;
    }
    const { codec, width, height } = options;
    this.told.push(`${codec} ${width}x${height}`);
    this.options = options;
    return {
      write: (packet, capturedMs) => {
        this.told.push(String(packet));
        this.captured.push(capturedMs ?? NaN);
      },
      setMuted: () => undefined,
      setSize: (size) => void this.told.push(`is ${size.width}x${size.height}`),
      close: async () => {
        await nextTurn();
        this.#busy = false;
        this.told.push(`${codec} gone`);
      },
    };
  }
}

let nowMs: number;
let link: SlowLink;
let camera: FakeCamera;
let keyFramesAsked: number;
let lines: LogLine[];
let published: CameraInRoom;
const stream = { setsInBand: true, requestKeyFrame: () => keyFramesAsked++ };

beforeEach(() => {
  [nowMs, keyFramesAsked, lines] = [100_000, 0, []];
  link = new SlowLink();
  camera = new FakeCamera(spec);
  const deps = { id: 'leg', now: () => nowMs, stream, log: quietLog(lines), onMuted: () => undefined };
  published = new CameraInRoom(deps);
  published.follow(camera, link as unknown as PublishingLink);
});

/** All that is under way comes to its end. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

async function pass(ms: number): Promise<void> {
  nowMs += ms;
  published.tick();
  await settled();
}

test('a camera that has to be given back in another codec is there at once, its size being known', async () => {
  link.refused.add('H264');
  // Somebody here sees it: the engine has told its size, once and for all.
  camera.onSize?.(hd);
  published.keyFrame('H264', hd);
  await settled();
  expect(camera.back).toBe('VP8');
  expect(link.told).toEqual(['VP8 1280x720']);
  expect(published.how).toEqual({ codec: 'VP8', transcoded: true });
});

test('the room is told when a picture was taken, of what the engine gives back too', async () => {
  const [packet] = packetsOf({ codec: 'H264' }, [madeFrame('H264', true, 50)], { firstTimestamp: 90_000 })[0];
  published.keyFrame('H264', hd);
  await settled();
  published.write(packet, 'H264', 5000);
  published.keyFrame('H263', null);
  published.write(packet, 'H263', 7000);
  camera.onSize?.(cif);
  await pass(100);
  // Of a picture 30 ms before the one that came last, and of one whose timestamps jumped.
  packet.writeUInt32BE(90_000 - 30 * 90, 4);
  camera.onPublish?.(packet);
  packet.writeUInt32BE(4_000_000, 4);
  camera.onPublish?.(packet);
  expect(link.captured).toEqual([5000, 6970, NaN]);
});

test('a device that changes over to what has to be transcoded keeps its track, which goes on', async () => {
  published.keyFrame('H264', hd);
  await settled();
  published.write(Buffer.from('of the device'), 'H264', 0);
  published.keyFrame('H263', null);
  published.write(Buffer.from('for no browser'), 'H263', 0);
  expect(camera.back).toBe('H264');
  await pass(100);
  camera.onPublish?.(Buffer.from('of the engine'));
  camera.onSize?.(cif);
  await pass(100);
  const wanted = camera.keyFramesRequested;
  link.options?.onKeyFrameWanted();
  expect(camera.keyFramesRequested).toBe(wanted + 1);
  published.keyFrame('H264', hd);
  camera.onPublish?.(Buffer.from('too late'));
  published.write(Buffer.from('of the device again'), 'H264', 0);
  await pass(100);
  expect(camera.back).toBe(null);
  expect(link.told).toEqual([
    ...['H264 1280x720', 'of the device', 'of the engine', 'is 352x288'],
    ...['of the device again', 'is 1280x720'],
  ]);
});

test('what can not be published is tried again, also without another size, and ever more rarely', async () => {
  link.failures = 3;
  published.keyFrame('H263', null);
  camera.onSize?.(cif);
  await settled();
  const tries = () => lines.filter(({ level }) => level === 'warn').length;
  expect([tries(), published.how]).toEqual([1, null]);
  await pass(1900);
  camera.onSize?.(cif);
  await settled();
  expect(tries()).toBe(1);
  await pass(100);
  expect(tries()).toBe(2);
  await pass(3900);
  expect(tries()).toBe(2);
  await pass(100);
  expect(tries()).toBe(3);
  expect(lines.at(-1)?.facts).toMatchObject({ leg: 'leg', codec: 'H264', againInMs: 8000 });
  await pass(8000);
  expect(link.told).toEqual(['H264 352x288']);
  expect(tries()).toBe(3);
});

test('a codec that changes while the last one is being published is there next, and nothing is refused', async () => {
  link.held = true;
  published.keyFrame('H264', hd);
  await settled();
  published.keyFrame('VP8', hd);
  published.keyFrame('H264', hd);
  published.keyFrame('VP8', cif);
  link.held = false;
  await settled();
  expect(link.told).toEqual(['VP8 352x288']);
  expect(lines).toEqual([]);
});

test('a device that changes its codec all the time has few tracks made of it', async () => {
  for (let change = 0; change < 100; change++) {
    published.keyFrame(change % 2 === 0 ? 'H264' : 'VP8', hd);
    await pass(99);
  }
  published.keyFrame('H264', hd);
  await pass(2000);
  expect(link.told.filter((one) => one.endsWith('gone')).length).toBeLessThanOrEqual(5);
  expect(link.told.at(-1)).toBe('H264 1280x720');
  expect(lines).toEqual([]);
});

test('who leaves while it is being published is not there, and who comes back is', async () => {
  link.held = true;
  published.keyFrame('H264', hd);
  await settled();
  published.leave();
  await settled();
  link.held = false;
  published.follow(camera, link as unknown as PublishingLink);
  await settled();
  expect(link.told).toEqual([]);
  published.keyFrame('H264', hd);
  await settled();
  expect(link.told).toEqual(['H264 1280x720']);
  published.leave();
  await settled();
  expect([link.told, published.how, lines]).toEqual([['H264 1280x720', 'H264 gone'], null, []]);
});
