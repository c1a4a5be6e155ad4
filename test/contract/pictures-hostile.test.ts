import { randomFillSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CameraFigures } from '../../mcu/ports.ts';
import { ffmpegMissing } from '../support/coded-video.ts';
import { describeWith } from '../support/needs.ts';
import { PictureRoom, sees } from '../support/picture-room.ts';
import { testVideo } from '../support/test-video.ts';
import { until } from '../support/until.ts';
import type { TestCamera, TestScreen } from '../support/video-ends.ts';

/** The room's two people, side by side. */
const bothSeen = [
  [0.25, 0.5, 'red'],
  [0.75, 0.5, 'lime'],
] as const;
const othersSeen = [[0.75, 0.5, 'lime']] as const;
/** A colour that the first one's camera had not sent before. */
const recovered = [
  [0.25, 0.5, 'blue'],
  [0.75, 0.5, 'lime'],
] as const;

describeWith([ffmpegMissing], 'cameras that send what nobody should', () => {
  let room: PictureRoom;
  let pid: number | null;
  let restarts: number;
  beforeAll(async () => {
    room = await PictureRoom.open();
  });
  beforeEach(() => {
    ({ pid, restarts } = room.pictures.status());
  });
  afterEach(() => room.clear());
  afterAll(() => room.close());

  async function twoCameras(codec: 'H264' | 'VP8' = 'H264'): Promise<[TestCamera, TestScreen, TestCamera]> {
    const red = room.join('red', { codec });
    const lime = room.join('lime');
    const { viewer, screen } = room.watch();
    viewer.setLayout('grid', 'auto');
    await sees(screen, bothSeen);
    return [red, screen, lime];
  }

  /** Whatever happened: the same process shows what both send now, and a figure tells of it. */
  async function recovers(screen: TestScreen, camera: TestCamera, figure: keyof CameraFigures | null) {
    const { codec, width, height } = camera.video;
    const isUsual = (codec === 'H264' || codec === 'VP8') && width <= 640;
    camera.play(testVideo(isUsual ? { codec, width, height, colour: 'blue' } : { colour: 'blue' }));
    await sees(screen, recovered, 20_000);
    if (figure) expect((await camera.camera.figures())[figure]).toBeGreaterThan(0);
    expect(room.pictures.status()).toMatchObject({ restarts, pid });
  }

  it.each(['H264', 'VP8'] as const)('survives broken frames of %s', async (codec) => {
    const [red, screen] = await twoCameras(codec);
    let packets = 0;
    red.onWay = (packet) => {
      packets++;
      // Behind the headers of the payload, so that frames look whole.
      for (let at = 40; at < packet.length; at += 5) packet[at] ^= 0x5a;
      return packet;
    };
    await until('many broken packets', () => packets > 60, 20_000);
    // A VP8 decoder makes a picture of anything.
    if (codec === 'H264') await until('a figure tells', async () => (await red.camera.figures()).broken > 0);
    await sees(screen, othersSeen);
    red.onWay = (packet) => packet;
    await recovers(screen, red, codec === 'H264' ? 'broken' : null);
  });

  it('asks again and again for a key frame that gets lost', async () => {
    const [red, screen] = await twoCameras();
    const asked = red.keyFramesAsked;
    red.onWay = (packet) => (packet.length > 150 || Math.random() < 0.3 ? null : packet);
    await until('asked three times', () => red.keyFramesAsked >= asked + 3, 20_000);
    await sees(screen, othersSeen);
    red.onWay = (packet) => packet;
    await recovers(screen, red, 'packetsLost');
  });

  it('goes on beside a flood of 4K', async () => {
    const [red, screen] = await twoCameras();
    const told: string[] = [];
    red.camera.onSize = ({ width, height }) => told.push(`${width}x${height}`);
    red.play(testVideo({ width: 3840, height: 2160, colour: 'red', frames: 12 }));
    await until('its size is known', () => told.length > 0, 20_000);
    await until('more than can be decoded', async () => {
      for (let i = 0; i < 30; i++) red.sendFrame();
      return (await red.camera.figures()).dropped > 0;
    });
    await sees(screen, othersSeen);
    await recovers(screen, red, 'dropped');
    expect(told.at(-1)).toBe('640x360');
  });

  it('refuses pictures that are larger than any device makes', async () => {
    const [red, screen] = await twoCameras();
    red.play(testVideo({ width: 4096, height: 4096, colour: 'red', frames: 2 }));
    await until('a figure tells', async () => (await red.camera.figures()).broken > 0, 20_000);
    await sees(screen, othersSeen);
    await recovers(screen, red, 'broken');
  });

  it.each([
    ['another size', { width: 320, height: 240 }],
    ['another codec', { codec: 'VP8' }],
    ['an upright picture', { width: 180, height: 320 }],
    ['another SSRC', null],
  ] as const)('takes %s in mid-stream', async (_, other) => {
    const [red, screen] = await twoCameras();
    // Another colour: what came before would be seen for a second.
    if (other) red.play(testVideo({ ...other, colour: 'yellow' }));
    else {
      red.ssrc = 0x7777_7777;
      red.play(testVideo({ colour: 'yellow' }));
    }
    await sees(screen, [[0.25, 0.5, 'yellow'], ...othersSeen], 20_000);
    await recovers(screen, red, null);
  });

  it('leaves out who ends the process again and again, and lets others be seen', async () => {
    const [red, screen, lime] = await twoCameras();
    // So that nobody else is at work by chance.
    lime.pause();
    // More than can be decoded: there is always a frame of it in a decoder.
    red.play(testVideo({ width: 3840, height: 2160, colour: 'red', frames: 12 }));
    const flood = setInterval(() => red.sendFrame(), 10);
    for (const death of [1, 2]) {
      const { frames } = await red.camera.figures();
      await until('it is decoded', async () => (await red.camera.figures()).frames > frames, 20_000);
      process.kill(room.pictures.status().pid ?? 0, 'SIGSEGV');
      await until('another process', () => room.pictures.status().restarts >= restarts + death, 20_000);
    }
    const leftOut = () => room.lines.filter(({ sentence }) => /^camera is left out/.test(sentence));
    await until('it is left out', () => leftOut().length > 0);
    expect(leftOut()[0]).toMatchObject({ level: 'error', facts: { camera: red.camera.id } });
    clearInterval(flood);
    lime.start();
    await sees(screen, othersSeen, 30_000);
    const picture = await screen.now();
    expect(picture?.colourAt(0.25, 0.5)).not.toBe('red');
    red.close();
    room.join('red').play(testVideo({ colour: 'blue' }));
    await sees(screen, [[0.25, 0.5, 'blue'], ...othersSeen], 20_000);
  });

  it('counts what is no video, and goes on', async () => {
    const [red, screen] = await twoCameras();
    for (let i = 0; i < 500; i++) {
      const garbage = randomFillSync(Buffer.alloc(12 + ((i * 37) % 1300)));
      // As far as RTP it is right in half of them.
      if (i % 2 === 0) garbage[0] = 0x80;
      if (i % 4 === 0) garbage[1] = 102;
      red.camera.write(garbage);
    }
    await recovers(screen, red, 'malformed');
  });
});
