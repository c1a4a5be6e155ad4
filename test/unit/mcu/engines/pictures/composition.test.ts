import { afterAll, afterEach, expect, it } from 'vitest';
import type { Scene, Tile } from '../../../../../mcu/compositor/scene.ts';
import { Canvas } from '../../../../../mcu/engines/embedded/pictures/canvas.ts';
import { memoryOf, newPicture, silence } from '../../../../../mcu/engines/embedded/pictures/codecs/av.ts';
import { Composition } from '../../../../../mcu/engines/embedded/pictures/composition.ts';
import type { CameraPicture } from '../../../../../mcu/engines/embedded/pictures/composition.ts';

silence();

const size = { width: 1280, height: 720 };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A camera whose whole picture has this brightness. */
function cameraOf(value: number): CameraPicture {
  const frame = newPicture(640, 360);
  for (const plane of memoryOf(frame)) plane.fill(value);
  return { frame, serial: value, atMs: 0 };
}

const cameras = new Map([
  ['ada', cameraOf(60)],
  ['bob', cameraOf(120)],
  ['eve', cameraOf(180)],
]);

afterAll(() => {
  for (const { frame } of cameras.values()) frame.free();
});

/** Their tiles in a row. */
function sceneOf(names: readonly string[], speaking: string | null = null): Scene {
  const tiles = names.map((name, i): Tile => ({
    ...{ x: 20 + i * 412, y: 240, width: 398, height: 224, identity: name, name, camera: name },
    ...{ withheld: false, kind: 'camera', fit: 'cover', labelled: false, muted: false },
    speaking: name === speaking,
  }));
  return { ...size, pixelAspect: 1, screen: null, tiles, banner: null };
}

function composed(scene: Scene): Composition {
  const tiles = scene.tiles.map(() => ({ ground: [], standIn: [], over: [] }));
  const composition = new Composition(scene, { background: [], tiles, banner: [] });
  closers.push(() => composition.close());
  return composition;
}

function draw(composition: Composition, canvas: Canvas): void {
  expect(composition.draw(canvas, (camera) => cameras.get(camera) ?? null, 10)).toBe(true);
}

function seen({ planes }: Canvas, scene: Scene): number[] {
  return scene.tiles.map(({ x, y, width, height }) => {
    const centre = (y + height / 2) * planes.linesize[0] + x + width / 2;
    return planes.data[0][centre];
  });
}

it('goes on with what the scene before has ready, wherever its cameras are now', () => {
  const canvas = new Canvas(size);
  closers.push(() => canvas.close());
  const first = composed(sceneOf(['ada', 'bob', 'eve']));
  draw(first, canvas);
  expect(seen(canvas, first.scene)).toEqual([60, 120, 180]);

  const next = composed(sceneOf(['eve', 'bob', 'ada'], 'bob'));
  next.inherit(first);
  first.close();
  const before = process.memoryUsage().external;
  draw(next, canvas);
  expect(seen(canvas, next.scene)).toEqual([180, 120, 60]);
  // Three tiles' worth of benches would be told to V8 with every word that somebody says.
  expect(process.memoryUsage().external - before).toBeLessThan(100_000);
});

it('makes anew what a camera of another size needs', () => {
  const canvas = new Canvas(size);
  closers.push(() => canvas.close());
  const first = composed(sceneOf(['ada', 'bob']));
  draw(first, canvas);
  const { tiles, ...scene } = sceneOf(['bob', 'ada']);
  const larger = tiles.map((tile) => ({ ...tile, width: 400, height: 226 }));
  const next = composed({ ...scene, tiles: larger });
  next.inherit(first);
  first.close();
  draw(next, canvas);
  expect(seen(canvas, next.scene)).toEqual([120, 60]);
});
