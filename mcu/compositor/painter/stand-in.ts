/** What is seen of somebody whose camera is off, or has not come yet, or has stopped. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Tile } from '../scene.ts';
import { even } from '../geometry.ts';
import type { Easel } from './easel.ts';
import { labelHeight } from './label.ts';
import { personMark, screenMark, waitingMark, withheldMark } from './marks.ts';
import { avatarColour, backdrop, ink, paleInk, tileGround } from './palette.ts';
import type { Paint } from './paint.ts';
import { drawable, splitGraphemes } from './text.ts';

/** Of the tile's height, or width if that is less. */
const discShare = 0.5;
/** Of the height that the name leaves; the rest is above and below the disc. */
const freeShare = 0.8;
/** Of the disc. */
const textShare = 0.42;
const markShare = 0.55;
const badgeShare = 0.34;
/** A larger one would say no more. */
const mostOfCanvas = 1 / 3;

export function standIn(easel: Easel, tile: Tile): readonly Paint[] {
  const { x, y, width, height } = tile;
  const ground: Paint = { kind: 'fill', x, y, width, height, colour: tileGround.yuv };
  // In the middle of the tile, or of what the name leaves of it.
  const taken = labelHeight(easel, tile);
  const least = Math.min(height, width * easel.canvas.pixelAspect);
  const wanted = Math.min(discShare * least, mostOfCanvas * easel.canvas.height);
  const free = height - taken;
  const size = Math.max(2, even(Math.min(wanted, freeShare * free)));
  const middle = height / 2 + size / 2 > ((1 + freeShare) / 2) * free ? free / 2 : height / 2;
  const strip = tile.kind === 'screen' ? waitingScreen(easel, tile, size) : avatar(easel, tile, size);
  return [ground, ...easel.stamp(strip, x + (width - strip.width) / 2, y + middle - strip.height / 2)];
}

const reasonMarks = { waiting: waitingMark, withheld: withheldMark } as const;

/** Why a camera that is there is not seen: it is waited for, or left out; null: there is none. */
function reasonOf({ camera, withheld }: Tile): keyof typeof reasonMarks | null {
  if (withheld) return 'withheld';
  return camera === null ? null : 'waiting';
}

/** A disc of one's own colour with one's initials; at its edge stands why the camera is not seen. */
function avatar(easel: Easel, tile: Tile, size: number) {
  const { identity, name } = tile;
  const { css } = avatarColour(identity);
  const reason = reasonOf(tile);
  const draw = (context: SKRSContext2D): void => {
    const initials = initialsOf(drawable(name, easel.fonts));
    context.fillStyle = css;
    context.beginPath();
    context.arc(size / 2, size / 2, size / 2, 0, 2 * Math.PI);
    context.fill();
    if (initials === '') {
      context.save();
      context.translate(((1 - markShare) * size) / 2, ((1 - markShare) * size) / 2);
      personMark(context, markShare * size, ink.css);
      context.restore();
    } else {
      const style = { size: textShare * size, weight: 600, colour: ink.css };
      easel.pen(context, style).draw(initials, size / 2, size / 2, 'center');
    }
    if (reason) badge(context, size, reason);
  };
  return easel.strip(`avatar ${size} ${css} ${reason ?? ''} ${name}`, () => ({
    width: size,
    height: size,
    draw,
  }));
}

function badge(context: SKRSContext2D, size: number, reason: keyof typeof reasonMarks): void {
  const diameter = badgeShare * size;
  context.translate(size - diameter, size - diameter);
  context.fillStyle = backdrop.css;
  context.beginPath();
  context.arc(diameter / 2, diameter / 2, diameter / 2, 0, 2 * Math.PI);
  context.fill();
  context.translate(0.15 * diameter, 0.15 * diameter);
  reasonMarks[reason](context, 0.7 * diameter, ink.css);
}

function waitingScreen(easel: Easel, tile: Tile, size: number) {
  const reason = reasonOf(tile) ?? 'waiting';
  const draw = (context: SKRSContext2D): void => {
    screenMark(context, size, paleInk.css);
    context.translate(0.35 * size, 0.28 * size);
    reasonMarks[reason](context, 0.3 * size, paleInk.css);
  };
  return easel.strip(`screen ${size} ${reason}`, () => ({ width: size, height: size, draw }));
}

/** One or two letters; none for a name without any. */
export function initialsOf(name: string): string {
  const parts = name.split(/[\s._-]+/u).filter((word) => /^\P{L}*\p{L}/u.test(word));
  const first = firstLetter(parts.at(0) ?? '');
  // Two characters of these are a whole name, and joined letters don't stand side by side.
  if (
    parts.length < 2 ||
    !/^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Armenian}\p{Script=Georgian}]/u.test(
      first,
    )
  )
    return first;
  return first + firstLetter(parts.at(-1) ?? '');
}

function firstLetter(word: string): string {
  const letter = splitGraphemes(word).find((one) => /^\p{L}/u.test(one)) ?? '';
  return letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter;
}
