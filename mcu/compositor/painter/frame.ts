/** A tile's edge: rounded corners, and the frame of who speaks. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Area, CanvasShape, Tile } from '../scene.ts';
import { even, margin } from '../geometry.ts';
import type { Easel } from './easel.ts';
import { backdrop, speakingGreen } from './palette.ts';
import type { PaletteColour } from './palette.ts';
import type { Paint } from './paint.ts';

/** Of the canvas's height. */
const thicknessShare = 1 / 180;

/** `inset`: it lies over another tile, so its corners stay, and a dark frame sets it off. */
export function frame(easel: Easel, tile: Tile, inset: boolean): readonly Paint[] {
  if (isWhole(tile, easel.canvas)) return [];
  const thickness = Math.max(2, even(easel.canvas.height * thicknessShare));
  const ring = tile.speaking ? speakingGreen : inset ? backdrop : null;
  const radius = inset ? 0 : Math.min(margin(easel.canvas), even(Math.min(tile.width, tile.height) / 4));
  const paints = radius > 0 ? corners(easel, tile, radius, ring && thickness, ring) : [];
  return ring ? [...edges(tile, radius, thickness, ring), ...paints] : paints;
}

function isWhole({ width, height }: Area, canvas: CanvasShape): boolean {
  return width === canvas.width && height === canvas.height;
}

function edges(
  { x, y, width, height }: Area,
  radius: number,
  thickness: number,
  { yuv }: PaletteColour,
): Paint[] {
  const areas: readonly Area[] = [
    { x: x + radius, y, width: width - 2 * radius, height: thickness },
    { x: x + radius, y: y + height - thickness, width: width - 2 * radius, height: thickness },
    { x, y: y + radius, width: thickness, height: height - 2 * radius },
    { x: x + width - thickness, y: y + radius, width: thickness, height: height - 2 * radius },
  ];
  return areas.map((area) => ({ kind: 'fill', colour: yuv, ...area }));
}

function corners(
  easel: Easel,
  { x, y, width, height }: Area,
  radius: number,
  thickness: number | null,
  ring: PaletteColour | null,
): Paint[] {
  return [0, 1, 2, 3].flatMap((turn) => {
    const right = turn === 1 || turn === 2;
    const low = turn >= 2;
    const strip = corner(easel, radius, turn, thickness ?? 0, ring);
    return easel.stamp(strip, right ? x + width - radius : x, low ? y + height - radius : y);
  });
}

/** `turn`: quarters from the upper left corner, clockwise. As many pixels wide as high, whatever their shape: edges are as well. */
function corner(easel: Easel, radius: number, turn: number, thickness: number, ring: PaletteColour | null) {
  const { pixelAspect } = easel.canvas;
  const key = `corner ${turn} ${radius} ${thickness} ${ring?.css ?? ''}`;
  const draw = (context: SKRSContext2D): void => {
    context.scale(pixelAspect, 1);
    context.translate(radius / 2, radius / 2);
    context.rotate((turn * Math.PI) / 2);
    context.translate(-radius / 2, -radius / 2);
    context.fillStyle = backdrop.css;
    context.fillRect(0, 0, radius, radius);
    context.globalCompositeOperation = 'destination-out';
    disc(context, radius, radius);
    if (!ring) return;
    context.globalCompositeOperation = 'destination-over';
    context.strokeStyle = ring.css;
    context.lineWidth = thickness;
    context.beginPath();
    context.arc(radius, radius, radius - thickness / 2, Math.PI, 1.5 * Math.PI);
    context.stroke();
  };
  return easel.strip(key, () => ({ width: radius * pixelAspect, height: radius, draw }));
}

function disc(context: SKRSContext2D, centre: number, radius: number): void {
  context.beginPath();
  context.arc(centre, centre, radius, 0, 2 * Math.PI);
  context.fill();
}
