/** From a scene to what is put into a canvas: text, marks, frames, avatars and screens. */
import { overlap } from '../scene.ts';
import type { CanvasShape, Scene, Tile } from '../scene.ts';
import { banner } from './banner.ts';
import { Easel } from './easel.ts';
import type { Drawing } from './easel.ts';
import { Fonts } from './fonts.ts';
import { frame } from './frame.ts';
import { label, nameplate } from './label.ts';
import { backdrop, tileGround } from './palette.ts';
import type { PaintedScene, PaintedTile } from './paint.ts';
import { screen } from './screen.ts';
import { standIn } from './stand-in.ts';
import { StripCache } from './strip-cache.ts';

/** Some 500 names at 1080p. */
const cachedBytes = 24 << 20;

/** Has the scripts of most names. */
const firstScene: Scene = {
  width: 640,
  height: 360,
  pixelAspect: 1,
  screen: { title: 'Aä', lines: ['Яя Ωω'], digits: 0 },
  tiles: [],
  banner: 'Aä Яя Ωω',
};

/** One for a process: it keeps the fonts, and what it drew lately. */
export class Painter {
  readonly #fonts = new Fonts();
  readonly #strips: StripCache;

  /** Takes 150 ms: what is slow the first time is done here, not in a call's first picture. */
  constructor(mostBytes = cachedBytes) {
    this.#strips = new StripCache(mostBytes);
    this.paint(firstScene);
  }

  /** Some 2 ms for each name that was not drawn lately, 20 for the first of a script; else 0.03 for each tile. */
  paint(scene: Scene): PaintedScene {
    const { width, height, tiles } = scene;
    const easel = new Easel(scene, this.#fonts, this.#strips);
    return {
      background: [
        { kind: 'fill', x: 0, y: 0, width, height, colour: backdrop.yuv },
        ...(scene.screen ? screen(easel, scene.screen) : []),
      ],
      tiles: tiles.map((tile, index) => paintTile(easel, tile, tiles.slice(0, index))),
      banner: scene.banner === null ? [] : banner(easel, scene.banner),
    };
  }

  /** A name to be laid over a tile of such a canvas by somebody else. */
  nameplate(
    canvas: CanvasShape,
    { name, muted }: { readonly name: string; readonly muted: boolean },
  ): Drawing | null {
    return nameplate(new Easel(canvas, this.#fonts, this.#strips), name, muted);
  }
}

function paintTile(easel: Easel, tile: Tile, below: readonly Tile[]): PaintedTile {
  const { x, y, width, height } = tile;
  const inset = below.some((other) => overlap(other, tile));
  // Bars beside a big picture are no part of it.
  const ground = tile.fit === 'contain' ? backdrop : tileGround;
  return {
    ground: [{ kind: 'fill', x, y, width, height, colour: ground.yuv }],
    standIn: standIn(easel, tile),
    over: [...frame(easel, tile, inset), ...label(easel, tile)],
  };
}
