import { place } from '../../../compositor/fit.ts';
import type { Placement } from '../../../compositor/fit.ts';
import { apply } from '../../../compositor/painter/paint.ts';
import type { PaintedScene } from '../../../compositor/painter/paint.ts';
import { overlap } from '../../../compositor/scene.ts';
import type { Area, Scene, Tile } from '../../../compositor/scene.ts';
import type { Canvas } from './canvas.ts';
import type { Frame } from './codecs/av.ts';
import { Scaler } from './codecs/scaler.ts';

/** A camera's latest picture. */
export interface CameraPicture {
  readonly frame: Frame;
  /** Another one for each picture. */
  readonly serial: number;
  /** When it was decoded, in ms of `performance.now()`. */
  readonly atMs: number;
}

/** Null: there is none yet. */
export type LookUp = (camera: string) => CameraPicture | null;

/** What an unmoving camera may leave a tile with. A shared screen may well stand still: browsers send one a second then. */
const staleMs = { camera: 1000, screen: 5000 } as const;

interface PlacedTile {
  readonly tile: Tile;
  /** Tiles that lie over this one, by index. */
  readonly above: readonly number[];
  scaler: Scaler;
  placement: Placement | null;
  placedFor: string;
  /** What is seen now: a picture's serial, the stand-in, or nothing. */
  shown: number | 'stand-in' | 'nothing';
  dirty: boolean;
}

/** A scene on its way onto a canvas: draws what has changed, and all of it when the scene is new. */
export class Composition {
  readonly scene: Scene;
  readonly #painted: PaintedScene;
  readonly #tiles: readonly PlacedTile[];
  #whole = true;

  constructor(scene: Scene, painted: PaintedScene) {
    this.scene = scene;
    this.#painted = painted;
    this.#tiles = scene.tiles.map((tile, index) => ({
      tile,
      above: scene.tiles.flatMap((other, i) => (i > index && overlap(tile, other) ? [i] : [])),
      scaler: new Scaler(),
      placement: null,
      placedFor: '',
      shown: 'nothing',
      dirty: true,
    }));
  }

  /** True: the canvas has changed. It holds another scene's pixels at first, and this one's later. */
  draw(canvas: Canvas, look: LookUp, nowMs: number): boolean {
    let changed = this.#whole;
    this.#tiles.forEach((placed, index) => {
      const wanted = wantedIn(placed.tile, look, nowMs);
      placed.dirty ||= (wanted?.serial ?? 'stand-in') !== placed.shown;
      if (!placed.dirty) return;
      changed = true;
      // Tiles come in the order in which they lie over each other, so these are still to come.
      for (const above of this.#tiles[index].above) this.#tiles[above].dirty = true;
    });
    if (!changed) return false;
    // What is blended over several tiles may be laid over fresh pixels only.
    if (this.#whole || this.#painted.banner.length > 0) this.#drawAll(canvas, look, nowMs);
    else this.#tiles.forEach((_, index) => this.#drawTile(index, canvas, look, nowMs));
    return true;
  }

  /**
   * Takes over what the one before has ready for the same cameras at the same size: scenes change with every word that
   * somebody says. Both are to be closed.
   */
  inherit(before: Composition): void {
    for (const placed of this.#tiles) {
      const same = before.#tiles.find(({ tile }) => isSameCamera(tile, placed.tile));
      if (same) [placed.scaler, same.scaler] = [same.scaler, placed.scaler];
    }
  }

  /** Whether all cameras that it shows have a picture, but those that the scene before has waited for already. */
  isReadyAfter({ scene }: Composition, look: LookUp): boolean {
    return this.scene.tiles.every(
      ({ camera }) =>
        camera === null || look(camera) !== null || scene.tiles.some((before) => before.camera === camera),
    );
  }

  close(): void {
    for (const { scaler } of this.#tiles) scaler.close();
  }

  #drawAll(canvas: Canvas, look: LookUp, nowMs: number): void {
    this.#whole = false;
    apply(this.#painted.background, canvas.planes);
    this.#tiles.forEach((placed, index) => {
      placed.dirty = true;
      this.#drawTile(index, canvas, look, nowMs);
    });
    apply(this.#painted.banner, canvas.planes);
  }

  #drawTile(index: number, canvas: Canvas, look: LookUp, nowMs: number): void {
    const placed = this.#tiles[index];
    if (!placed.dirty) return;
    placed.dirty = false;
    const paints = this.#painted.tiles[index];
    const picture = wantedIn(placed.tile, look, nowMs);
    if (picture) {
      const { from, to } = this.#placementOf(placed, picture.frame);
      if (!covers(to, placed.tile)) apply(paints.ground, canvas.planes);
      if (placed.scaler.scale(picture.frame, from, canvas, to)) {
        placed.shown = picture.serial;
        apply(paints.over, canvas.planes);
        return;
      }
    }
    placed.shown = picture?.serial ?? 'stand-in';
    apply(paints.ground, canvas.planes);
    apply(paints.standIn, canvas.planes);
    apply(paints.over, canvas.planes);
  }

  #placementOf(placed: PlacedTile, { width, height }: Frame): Placement {
    const shape = `${width}x${height}`;
    if (!placed.placement || placed.placedFor !== shape) {
      placed.placedFor = shape;
      placed.placement = place({ width, height }, placed.tile, placed.tile.fit, this.scene.pixelAspect);
    }
    return placed.placement;
  }
}

/** Null: a stand-in. */
function wantedIn({ camera, kind }: Tile, look: LookUp, nowMs: number): CameraPicture | null {
  const picture = camera === null ? null : look(camera);
  return picture && nowMs - picture.atMs < staleMs[kind] ? picture : null;
}

function isSameCamera(a: Tile, b: Tile): boolean {
  return a.camera !== null && a.camera === b.camera && a.width === b.width && a.height === b.height;
}

function covers(a: Area, b: Area): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}
