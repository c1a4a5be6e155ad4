import { afterEach, expect, it } from 'vitest';
import type { Scene, Tile } from '../../../../../mcu/compositor/scene.ts';
import { Canvas } from '../../../../../mcu/engines/embedded/pictures/canvas.ts';
import { newPicture, silence } from '../../../../../mcu/engines/embedded/pictures/codecs/av.ts';
import type { CameraPicture } from '../../../../../mcu/engines/embedded/pictures/composition.ts';
import { Feed } from '../../../../../mcu/engines/embedded/pictures/feed.ts';
import { Governor } from '../../../../../mcu/engines/embedded/pictures/governor.ts';
import { Picture } from '../../../../../mcu/engines/embedded/pictures/picture.ts';
import type { FeedProfile } from '../../../../../mcu/ports.ts';
import { quietLog } from '../../../../support/quiet-log.ts';
import { until } from '../../../../support/until.ts';

silence();

const profile: FeedProfile = { codec: 'VP8', width: 320, height: 180, fps: 30, bitrate: 200_000 };

function sceneOf(camera: string): Scene {
  const tile: Tile = {
    ...{ x: 0, y: 0, width: 320, height: 180, identity: camera, name: camera, camera },
    ...{ withheld: false, kind: 'camera', fit: 'cover', labelled: false, muted: false, speaking: false },
  };
  return { width: 320, height: 180, pixelAspect: 1, screen: null, tiles: [tile], banner: null };
}

const open: Picture[] = [];
afterEach(() => {
  for (const picture of open.splice(0)) picture.close();
});

/** Writes down how large its frames are. */
function newFeed(sent: number[]): Feed {
  const packetizer = { packetize: (frame: Buffer) => sent.push(frame.length) };
  const way = { isOpen: () => true, send: () => undefined, flush: () => undefined };
  return new Feed(profile, profile.bitrate, packetizer, { log: quietLog(), ...way });
}

/** A picture with a feed, whose cameras have what stands in `pictures`. */
function picture(scene: Scene) {
  const pictures = new Map<string, CameraPicture>();
  const sent: number[] = [];
  const made = new Picture(1, scene, {
    governor: new Governor(() => undefined),
    paint: ({ tiles }) => ({
      background: [],
      tiles: tiles.map(() => ({ ground: [], standIn: [], over: [] })),
      banner: [],
    }),
    look: (camera) => pictures.get(camera) ?? null,
    camerasChanged: () => undefined,
  });
  made.addFeed(1, newFeed(sent));
  open.push(made);
  const show = (camera: string) =>
    pictures.set(camera, { frame: newPicture(320, 180), serial: 1, atMs: performance.now() });
  return { made, sent, show };
}

it('waits with a new scene for the cameras that it adds', async () => {
  const { made, show, sent } = picture(sceneOf('ada'));
  made.setScene(sceneOf('bob'));
  const before = sent.length;
  await until('some frames', () => sent.length > before + 2);
  expect(made.cameras).toEqual(['ada', 'bob']);
  show('bob');
  await until('the other scene', () => made.cameras.join() === 'bob');
});

it('shows scenes that change all the time, though their cameras never come', async () => {
  const { made } = picture(sceneOf('ada'));
  let scenes = 0;
  const changing = setInterval(() => made.setScene(sceneOf(`camera ${++scenes}`)), 50);
  await until('another scene', () => !made.cameras.includes('ada'));
  clearInterval(changing);
});

it('sends a picture in which nothing moves five times a second, and at once when it moves or a key frame is wanted', async () => {
  const feed = newFeed([]);
  const canvas = new Canvas(profile);
  await canvas.whileRead(feed.encode(canvas, 30, 1, 1000));
  const wants = (drawing: number, nowMs: number) => feed.wants(31, 30, drawing, nowMs);
  expect([1033, 1199, 1200].map((nowMs) => wants(1, nowMs))).toEqual([false, false, true]);
  expect(wants(2, 1033)).toBe(true);
  feed.requestKeyFrame();
  expect(wants(1, 1033)).toBe(true);
  feed.close();
  canvas.close();
});
