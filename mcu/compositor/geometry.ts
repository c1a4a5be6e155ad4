/** Tiles on a canvas, without a thought of who is in them. All numbers are even pixels. */
import type { Area, CanvasShape } from './scene.ts';

type Size = Pick<Area, 'width' | 'height'>;

/** What cameras send, and so the shape of a tile. */
const cameraAspect = 16 / 9;
/** The margin around and between tiles, of the canvas's height. */
const marginShare = 1 / 60;
/** A strip's tiles are a fifth of a 16:9 canvas both ways, which leaves the big picture four fifths both ways. */
const stripColumns = { least: 3, most: 5 } as const;
/** A small own picture's width, of the canvas's. */
const insetShare = 1 / 5;

export function margin(canvas: CanvasShape): number {
  return Math.max(2, even(canvas.height * marginShare));
}

export function whole({ width, height }: CanvasShape): Area {
  return { x: 0, y: 0, width, height };
}

/** What of a canvas lies inside its margins. */
function inside(canvas: CanvasShape): Area {
  const edge = margin(canvas);
  return { x: edge, y: edge, width: canvas.width - 2 * edge, height: canvas.height - 2 * edge };
}

/** `count` tiles as large as they can be, row by row; the last row is centred. */
export function grid(canvas: CanvasShape, count: number): readonly Area[] {
  return spread(inside(canvas), canvas, count);
}

interface Tiling {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

function spread(area: Area, canvas: CanvasShape, count: number): readonly Area[] {
  if (count === 0) return [];
  const gap = margin(canvas);
  const { columns, rows, width, height } = bestTiling(area, canvas, count);
  const top = area.y + half(area.height - rows * height - (rows - 1) * gap);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = area.x + half(area.width - inRow * width - (inRow - 1) * gap);
    return { x: left + (index % columns) * (width + gap), y: top + row * (height + gap), width, height };
  });
}

/** Wide rather than high where both are of one size, as a screen is. */
function bestTiling(area: Area, canvas: CanvasShape, count: number): Tiling {
  let best: Tiling = tiling(area, canvas, count, count);
  for (let columns = count - 1; columns > 0; columns--) {
    const other = tiling(area, canvas, count, columns);
    if (other.width > best.width) best = other;
  }
  return best;
}

function tiling(area: Area, canvas: CanvasShape, count: number, columns: number): Tiling {
  const gap = margin(canvas);
  const rows = Math.ceil(count / columns);
  const cell = {
    width: (area.width - (columns - 1) * gap) / columns,
    height: (area.height - (rows - 1) * gap) / rows,
  };
  return { columns, rows, ...cameraShape(cell, canvas) };
}

/** The largest camera tile within. */
function cameraShape({ width, height }: Size, { pixelAspect }: CanvasShape): Size {
  const aspect = cameraAspect / pixelAspect;
  return width > height * aspect
    ? { width: atLeast2(height * aspect), height: atLeast2(height) }
    : { width: atLeast2(width), height: atLeast2(width / aspect) };
}

/** A big picture and a strip of small ones beside it. */
export interface Stage {
  readonly big: Area;
  readonly strip: readonly Area[];
}

/** How many a strip has room for. */
export function stripPlaces(canvas: CanvasShape, side: 'below' | 'beside'): number {
  const area = inside(canvas);
  const gap = margin(canvas);
  const tile = stripTile(canvas, side);
  return side === 'below'
    ? Math.floor((area.width + gap) / (tile.width + gap))
    : Math.floor((area.height + gap) / (tile.height + gap));
}

/** `count`: at most `stripPlaces`. With nobody in the strip the big picture has the whole canvas. */
export function stage(canvas: CanvasShape, side: 'below' | 'beside', count: number): Stage {
  if (count === 0) return { big: whole(canvas), strip: [] };
  const area = inside(canvas);
  const gap = margin(canvas);
  const tile = stripTile(canvas, side);
  if (side === 'below') {
    const big = cameraShape({ width: area.width, height: area.height - tile.height - gap }, canvas);
    const y = area.y + half(area.height - big.height - gap - tile.height);
    const strip = { ...area, y: y + big.height + gap, height: tile.height };
    return {
      big: { ...big, x: area.x + half(area.width - big.width), y },
      strip: row(strip, tile.width, gap, count),
    };
  }
  const width = area.width - tile.width - gap;
  const strip = { ...area, x: area.x + width + gap, width: tile.width };
  return { big: { ...area, width }, strip: column(strip, tile.height, gap, count) };
}

function stripTile(canvas: CanvasShape, side: 'below' | 'beside'): Size {
  if (side === 'beside') return stripTileOf(canvas, stripColumns.most, side);
  // Where a canvas is high enough, the strip's tiles are larger, and the big picture is not smaller for it.
  const big = bigAbove(canvas, stripColumns.most);
  let columns: number = stripColumns.most;
  while (columns > stripColumns.least && bigAbove(canvas, columns - 1).width === big.width) columns--;
  return stripTileOf(canvas, columns, side);
}

/** So many side by side fill a canvas to its margins. */
function stripTileOf(canvas: CanvasShape, columns: number, side: 'below' | 'beside'): Size {
  const area = inside(canvas);
  const width = (area.width - (columns - 1) * margin(canvas)) / columns;
  return cameraShape({ width, height: side === 'below' ? canvas.height / columns : area.height }, canvas);
}

function bigAbove(canvas: CanvasShape, columns: number): Size {
  const area = inside(canvas);
  const height = area.height - margin(canvas) - stripTileOf(canvas, columns, 'below').height;
  return cameraShape({ width: area.width, height }, canvas);
}

function row(area: Area, width: number, gap: number, count: number): readonly Area[] {
  const left = area.x + half(area.width - count * width - (count - 1) * gap);
  return Array.from({ length: count }, (_, index) => ({ ...area, x: left + index * (width + gap), width }));
}

function column(area: Area, height: number, gap: number, count: number): readonly Area[] {
  const top = area.y + half(area.height - count * height - (count - 1) * gap);
  return Array.from({ length: count }, (_, index) => ({ ...area, y: top + index * (height + gap), height }));
}

/** In the lower right corner, where no name is. */
export function inset(canvas: CanvasShape): Area {
  const edge = margin(canvas);
  const { width, height } = cameraShape(
    { width: canvas.width * insetShare, height: canvas.height * insetShare },
    canvas,
  );
  return { x: canvas.width - edge - width, y: canvas.height - edge - height, width, height };
}

function half(pixels: number): number {
  return even(pixels / 2);
}

function atLeast2(pixels: number): number {
  return Math.max(2, even(pixels));
}

/** Downwards. */
export function even(pixels: number): number {
  return Math.floor(pixels / 2) * 2;
}
