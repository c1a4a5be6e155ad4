import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Tile } from '../scene.ts';
import { leastText, textSize } from '../text-size.ts';
import type { Drawing, Easel } from './easel.ts';
import { mutedMark, screenMark } from './marks.ts';
import { backdrop, ink, mutedRed, paleInk } from './palette.ts';
import type { Paint } from './paint.ts';
import { drawable } from './text.ts';

/** In parts of the text's size, as all that follows. `away`: from the tile's edges. */
const roomy = { height: 1.5, padding: 0.45, away: 0.4 };
/** For tiles lower than `lowTile`, so that faces stay free. */
const tight = { height: 1.3, padding: 0.35, away: 0.2 };
const lowTile = 6;
const markSize = 1.05;
const markGap = 0.22;
const radius = 0.35;
const weight = 500;
/** Of the canvas's width. */
const widestNameplate = 0.45;
/** A name without room is written smaller, and only then cut off. */
const nameScales = [1, 0.88, 0.76];

/**
 * The name in the lower left corner, with a mark for a closed microphone or a shared screen; the mark alone where the
 * name has no room.
 */
export function label(easel: Easel, tile: Tile): readonly Paint[] {
  const size = textSize(easel.canvas);
  const mark = markOf(tile);
  const name = tile.labelled ? tile.name : '';
  const shape = shapeFor(tile, size);
  const room = tile.width * easel.canvas.pixelAspect - 2 * (shape.away + shape.padding) * size;
  if ((name === '' && !mark) || room < markSize * size) return [];
  const key = `label ${mark ?? ''} ${shape.height} ${room} ${name}`;
  const strip = easel.strip(key, () => drawLabel(easel, { name, mark, room, size, ...shape }));
  const x = tile.x + (shape.away * size) / easel.canvas.pixelAspect;
  return easel.stamp(strip, x, tile.y + tile.height - shape.away * size - strip.height);
}

/** A name on its own, with its distance from a tile's lower left corner; null: nothing of it can be drawn. */
export function nameplate(easel: Easel, name: string, muted: boolean): Drawing | null {
  const size = textSize(easel.canvas);
  const away = roomy.away * size;
  const room = easel.canvas.width * easel.canvas.pixelAspect * widestNameplate;
  if (!muted && drawable(name, easel.fonts) === '') return null;
  const label = drawLabel(easel, { name, mark: muted ? 'muted' : null, room, size, ...roomy });
  const draw = (context: SKRSContext2D): void => {
    context.translate(away, 0);
    label.draw(context);
  };
  return { width: label.width + away, height: label.height + away, draw };
}

/** How much of a tile's lower edge its label takes, in pixels. */
export function labelHeight(easel: Easel, tile: Tile): number {
  const size = textSize(easel.canvas);
  const { height, away } = shapeFor(tile, size);
  return tile.labelled ? (height + away) * size : 0;
}

function shapeFor({ height }: Tile, size: number): typeof roomy {
  return height < lowTile * size ? tight : roomy;
}

interface Label {
  readonly name: string;
  readonly mark: Mark | null;
  /** For both, in square pixels. */
  readonly room: number;
  readonly size: number;
  readonly height: number;
  readonly padding: number;
}

function drawLabel(easel: Easel, { name, mark, room, size, ...shape }: Label): Drawing {
  const [padding, height] = [shape.padding * size, shape.height * size];
  const full = drawable(name, easel.fonts);
  const markWidth = mark ? markSize * size : 0;
  const before = markWidth + (mark && full !== '' ? markGap * size : 0);
  const { text, style, ...written } = fitted(easel, full, room - before, size);
  const width = before + written.width + 2 * padding;
  const draw = (context: SKRSContext2D): void => {
    // Of some names nothing can be drawn.
    if (text === '' && !mark) return;
    if (mark) drawMark(context, mark, padding, (height - markWidth) / 2, markWidth);
    easel.pen(context, style).draw(text, padding + before, height / 2);
    // Last, as the mark cuts out of what is below it.
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = backdrop.css;
    context.beginPath();
    context.roundRect(0, 0, width, height, radius * size);
    context.fill();
  };
  return { width, height, draw };
}

/** The name as large as it fits, or the smallest with an ellipsis. */
function fitted(easel: Easel, name: string, room: number, size: number) {
  const sizes = nameScales.map((scale) => scale * size).filter((one) => one >= leastText || one === size);
  const written = sizes.map((one) => {
    const style = { size: one, weight, colour: ink.css };
    const pen = easel.measure(style);
    const text = name === '' ? '' : pen.shorten(name, room);
    return { text, style, width: text === '' ? 0 : Math.ceil(pen.width(text)) };
  });
  return written.find(({ text }) => text === name) ?? written[written.length - 1];
}

type Mark = 'screen' | 'muted';

function markOf({ kind, labelled, muted }: Tile): Mark | null {
  if (kind === 'screen') return labelled ? 'screen' : null;
  return muted ? 'muted' : null;
}

function drawMark(
  context: SKRSContext2D,
  mark: 'screen' | 'muted',
  x: number,
  y: number,
  size: number,
): void {
  context.save();
  context.translate(x, y);
  if (mark === 'muted') mutedMark(context, size, mutedRed.css);
  else screenMark(context, size, paleInk.css);
  context.restore();
}
