/** Composes a scene as the picture process does, slowly and with plain code. */
import { place } from '../../mcu/compositor/fit.ts';
import type { I420 } from '../../mcu/compositor/i420.ts';
import { apply } from '../../mcu/compositor/painter/paint.ts';
import type { Painter } from '../../mcu/compositor/painter/painter.ts';
import type { Area, Scene } from '../../mcu/compositor/scene.ts';
import { newI420 } from './i420.ts';

/** `pictures`: of cameras that send; others are stood in for. */
export function compose(scene: Scene, painter: Painter, pictures: ReadonlyMap<string, I420>): I420 {
  const canvas = newI420(scene.width, scene.height);
  const painted = painter.paint(scene);
  apply(painted.background, canvas);
  scene.tiles.forEach((tile, i) => {
    const picture = tile.camera === null ? undefined : pictures.get(tile.camera);
    const { ground, standIn, over } = painted.tiles[i];
    apply(ground, canvas);
    if (picture) {
      const { from, to } = place(picture, tile, tile.fit, scene.pixelAspect);
      scale(picture, from, canvas, to);
    } else apply(standIn, canvas);
    apply(over, canvas);
  });
  apply(painted.banner, canvas);
  return canvas;
}

function scale(source: I420, from: Area, target: I420, to: Area): void {
  for (let p = 0; p < 3; p++) {
    const shift = p === 0 ? 0 : 1;
    for (let y = 0; y < to.height >> shift; y++)
      for (let x = 0; x < to.width >> shift; x++) {
        const row = (from.y >> shift) + Math.floor((y * from.height) / to.height);
        const column = (from.x >> shift) + Math.floor((x * from.width) / to.width);
        target.data[p][((to.y >> shift) + y) * target.linesize[p] + (to.x >> shift) + x] =
          source.data[p][row * source.linesize[p] + column];
      }
  }
}
