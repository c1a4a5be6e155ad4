import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { EmbeddedPictures } from '../../mcu/engines/embedded/pictures/pictures.ts';
import { ffmpegMissing } from '../support/coded-video.ts';
import { describeWith } from '../support/needs.ts';
import { quietLog } from '../support/quiet-log.ts';
import type { LogLine } from '../support/quiet-log.ts';
import { PictureRoom, h264Profile, sees } from '../support/picture-room.ts';
import { colours } from '../support/test-video.ts';
import { until } from '../support/until.ts';
import { TestScreen } from '../support/video-ends.ts';

it('is not there, and says so once, where node-av can not be loaded', async () => {
  // node-av's own switch: use what was built here, and nothing was.
  vi.stubEnv('AV_FROM_SOURCE', '1');
  const lines: LogLine[] = [];
  const pictures = await EmbeddedPictures.start({ log: quietLog(lines), logLevel: 'debug' });
  vi.unstubAllEnvs();
  expect(pictures).toBeNull();
  expect(lines.filter(({ level }) => level === 'warn').map(({ sentence }) => sentence)).toEqual([
    expect.stringMatching(/^calls have sound only.*npm ci/) as string,
  ]);
});

describeWith([ffmpegMissing], 'composed pictures', () => {
  let room: PictureRoom;
  beforeAll(async () => {
    room = await PictureRoom.open();
  });
  afterEach(() => room.clear());
  afterAll(() => room.close());

  const fourTiles = [
    [0.25, 0.25, 'red'],
    [0.75, 0.25, 'lime'],
    [0.25, 0.75, 'blue'],
    [0.75, 0.75, 'yellow'],
  ] as const;

  function fourCameras() {
    return [
      room.join('red'),
      room.join('lime', { codec: 'VP8', width: 320, height: 180 }),
      room.join('blue', { width: 1280, height: 720 }),
      room.join('yellow', { codec: 'VP8' }),
    ];
  }

  it('shows each camera in its tile, whatever its codec and size', async () => {
    fourCameras();
    const { viewer, screen } = room.watch();
    await sees(screen, fourTiles);
    expect(screen.keyFrames).toBe(1);
    const figures = await viewer.figures();
    expect(figures.keyFrames).toBe(1);
    expect(figures.framesSent).toBeGreaterThanOrEqual(screen.frames.length);
  });

  it.each([
    { ...h264Profile, packetizationMode: 0 as const, h264Profile: 'high' as const },
    { ...h264Profile, width: 1920, height: 1080, bitrate: 4_000_000 },
    { codec: 'VP8' as const, width: 640, height: 360, fps: 15, bitrate: 500_000 },
    { codec: 'H263' as const, width: 352, height: 288, fps: 15, bitrate: 384_000 },
    { codec: 'H263-1998' as const, width: 352, height: 288, fps: 15, bitrate: 384_000 },
  ])('is read by a decoder of $codec, $width × $height', async (profile) => {
    fourCameras();
    const { viewer, screen } = room.watch(profile);
    const longest = { bytes: 0 };
    viewer.onPacket = (packet) => {
      longest.bytes = Math.max(longest.bytes, packet.length);
      screen.take(packet);
    };
    await sees(screen, fourTiles);
    // Its groups of blocks can't be cut.
    if (profile.codec !== 'H263') expect(longest.bytes).toBeLessThanOrEqual(12 + 1200);
  });

  it('shows the colours of a camera that sends BT.601, as browsers do', async () => {
    room.join('red', { codec: 'VP8' });
    room.join('lime', { codec: 'VP8' });
    room.join('blue', { codec: 'VP8' });
    room.join('yellow', { codec: 'VP8' });
    const { screen } = room.watch({ ...h264Profile, width: 1280, height: 720, bitrate: 1_500_000 });
    await sees(screen, fourTiles);
    const picture = await screen.now();
    for (const [x, y, colour] of fourTiles) {
      const seen = picture?.at(x, y) ?? [];
      colours[colour].forEach((value, i) => expect(Math.abs(seen[i] - value)).toBeLessThanOrEqual(8));
    }
  });

  it('changes what is seen without a black picture and without a new encoder', async () => {
    fourCameras();
    const { viewer, screen } = room.watch();
    await sees(screen, fourTiles);
    const before = screen.frames.length;
    room.speak('blue');
    viewer.setLayout('lecture', 'auto');
    await sees(screen, [
      [0.25, 0.25, 'blue'],
      [0.75, 0.75, 'blue'],
    ]);
    viewer.setLayout('grid', 'auto');
    await sees(screen, fourTiles);
    const known = Object.keys(colours).filter((name) => name !== 'black');
    const seen = (await screen.pictures()).slice(before);
    for (const picture of seen) {
      for (const [x, y] of fourTiles) expect(known).toContain(picture.colourAt(x, y));
    }
    expect(screen.keyFrames).toBe(1);
  });

  it('gives a key frame when it is asked for', async () => {
    fourCameras();
    const { viewer, screen } = room.watch();
    await sees(screen, fourTiles);
    viewer.requestKeyFrame();
    await until('another key frame', () => screen.keyFrames === 2);
  });

  it('counts what it does, and goes on counting what is closed', async () => {
    fourCameras();
    const { viewer, screen } = room.watch({ ...h264Profile, width: 320, height: 180 });
    await sees(screen, fourTiles);
    const feed = () => room.pictures.status().figures?.feeds.find(({ height }) => height === 180);
    await until('the feed is counted', () => (feed()?.frames ?? 0) > 0 && feed()?.feeds === 1, 20_000);
    const { leftOut, figures } = room.pictures.status();
    expect({ leftOut, cameras: figures?.cameras }).toEqual({ leftOut: 0, cameras: 4 });
    // Fewer than 30 on a machine that is too busy, which is counted.
    if (figures?.slowedDown === 0) expect(figures.fps).toBe(30);
    const frames = feed()?.frames ?? 0;
    viewer.close();
    await until('none is left', () => feed()?.feeds === 0, 20_000);
    expect(feed()?.frames).toBeGreaterThanOrEqual(frames);
    expect(room.pictures.status().figures?.cameras).toBe(0);
    expect(room.pictures.status().figures?.decoded.keyFrames).toBeGreaterThanOrEqual(4);
  });

  it('tells how large cameras are, and at which size they are shown', async () => {
    const [red] = fourCameras();
    const sizes: string[] = [];
    red.camera.onSize = ({ width, height }) => sizes.push(`is ${width}x${height}`);
    red.camera.onShown = (size) => sizes.push(size ? 'shown' : 'not shown');
    const { viewer, screen } = room.watch();
    await sees(screen, fourTiles);
    viewer.close();
    await until('shown nowhere', () => sizes.at(-1) === 'not shown');
    expect(sizes).toEqual(['shown', 'is 640x360', 'not shown']);
  });

  it('stands in for a camera that stops, and shows it again', async () => {
    const [red] = fourCameras();
    const { screen } = room.watch();
    await sees(screen, fourTiles);
    red.pause();
    await until('red is gone', async () => (await screen.now())?.colourAt(0.25, 0.25) !== 'red');
    red.start();
    await sees(screen, fourTiles);
  });

  it('has the picture back, with a key frame, when its process is killed', async () => {
    fourCameras();
    const { screen } = room.watch();
    await sees(screen, fourTiles);
    const before = room.pictures.status();
    process.kill(before.pid ?? 0, 'SIGKILL');
    await until('another process', () => room.pictures.status().restarts > before.restarts, 20_000);
    const from = screen.frames.length;
    await until('a key frame', () => screen.frames.slice(from).some(({ keyFrame }) => keyFrame));
    await sees(screen, fourTiles);
  });

  it('gives a camera back in a codec that browsers take', async () => {
    const source = room.join('red', { codec: 'H263', width: 352, height: 288 });
    for (const codec of ['H264', 'VP8'] as const) {
      const screen = new TestScreen(codec, 352, 288);
      source.camera.onPublish = (packet) => screen.take(packet);
      source.camera.setPictureBack(codec);
      await sees(screen, [[0.5, 0.5, 'red']]);
      source.camera.requestKeyFrame();
      await until('another key frame', () => screen.keyFrames >= 2);
    }
    source.camera.setPictureBack(null);
  });
});
