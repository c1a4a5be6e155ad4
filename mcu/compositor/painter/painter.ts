/** Text, marks, avatars and screens of a scene. */
import type { Scene } from '../scene.ts';
import { backdrop, tileGround } from './palette.ts';
import type { PaintedScene } from './paint.ts';

export class Painter {
  paint(scene: Scene): PaintedScene {
    return {
      background: [
        { kind: 'fill', x: 0, y: 0, width: scene.width, height: scene.height, colour: backdrop.yuv },
      ],
      tiles: scene.tiles.map(({ x, y, width, height }) => {
        const ground = [{ kind: 'fill', x, y, width, height, colour: tileGround.yuv }] as const;
        return { ground, standIn: [], over: [] };
      }),
      banner: [],
    };
  }
}
