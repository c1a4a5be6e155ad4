import type { SKRSContext2D } from '@napi-rs/canvas';
import { margin } from '../geometry.ts';
import { textSize } from '../text-size.ts';
import type { Drawing, Easel } from './easel.ts';
import { backdrop, ink, line, noticeAmber } from './palette.ts';
import type { Paint } from './paint.ts';
import { drawable } from './text.ts';

/** All in parts of the text's size. */
const height = 1.7;
const padding = 0.7;
const dot = 0.36;
const dotGap = 0.45;
/** Of the canvas. */
const widest = 0.9;

/** A line at the upper edge, over everything. */
export function banner(easel: Easel, text: string): readonly Paint[] {
  const { canvas } = easel;
  const strip = easel.strip(`banner ${text}`, () => drawBanner(easel, text));
  return easel.stamp(strip, (canvas.width - strip.width) / 2, 2 * margin(canvas));
}

function drawBanner(easel: Easel, text: string): Drawing {
  const { canvas } = easel;
  const size = textSize(canvas);
  const style = { size, weight: 500, colour: ink.css };
  const pen = easel.measure(style);
  const before = (padding + dot + dotGap) * size;
  const room = canvas.width * canvas.pixelAspect * widest - before - padding * size;
  const shown = pen.shorten(drawable(text, easel.fonts), room);
  const width = before + Math.ceil(pen.width(shown)) + padding * size;
  const draw = (context: SKRSContext2D): void => {
    context.fillStyle = backdrop.css;
    context.strokeStyle = line.css;
    context.lineWidth = 2;
    context.beginPath();
    context.roundRect(1, 1, width - 2, height * size - 2, 0.4 * size);
    context.fill();
    context.stroke();
    context.fillStyle = noticeAmber.css;
    context.beginPath();
    context.arc((padding + dot / 2) * size, (height * size) / 2, (dot * size) / 2, 0, 2 * Math.PI);
    context.fill();
    easel.pen(context, style).draw(shown, before, (height * size) / 2);
  };
  return { width, height: height * size, draw };
}
