/** Small drawings, in a square whose upper left corner is where the context stands. */
import type { SKRSContext2D } from '@napi-rs/canvas';

/** Lines are this part of the square. */
const stroke = 0.1;

function begin(context: SKRSContext2D, size: number, css: string): void {
  context.save();
  context.scale(size, size);
  context.lineWidth = stroke;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.strokeStyle = css;
  context.fillStyle = css;
}

/** A microphone, struck out. */
export function mutedMark(context: SKRSContext2D, size: number, css: string): void {
  begin(context, size, css);
  context.beginPath();
  context.roundRect(0.35, 0.06, 0.3, 0.5, 0.15);
  context.fill();
  context.beginPath();
  context.arc(0.5, 0.43, 0.29, 0, Math.PI);
  context.moveTo(0.5, 0.72);
  context.lineTo(0.5, 0.9);
  context.moveTo(0.35, 0.9);
  context.lineTo(0.65, 0.9);
  context.stroke();
  strikeOut(context);
  context.restore();
}

/** A camera, struck out. */
export function withheldMark(context: SKRSContext2D, size: number, css: string): void {
  begin(context, size, css);
  context.beginPath();
  context.roundRect(0.08, 0.26, 0.56, 0.48, 0.08);
  context.moveTo(0.7, 0.44);
  context.lineTo(0.92, 0.3);
  context.lineTo(0.92, 0.7);
  context.lineTo(0.7, 0.56);
  context.fill();
  strikeOut(context);
  context.restore();
}

/** A bar, with a gap on both sides that is cut out of what is below. */
function strikeOut(context: SKRSContext2D): void {
  context.globalCompositeOperation = 'destination-out';
  bar(context, stroke * 2.5);
  context.globalCompositeOperation = 'source-over';
  bar(context, stroke);
}

function bar(context: SKRSContext2D, width: number): void {
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(0.14, 0.14);
  context.lineTo(0.86, 0.86);
  context.stroke();
}

/** A screen on its foot. */
export function screenMark(context: SKRSContext2D, size: number, css: string): void {
  begin(context, size, css);
  context.beginPath();
  context.roundRect(0.08, 0.16, 0.84, 0.54, 0.06);
  context.moveTo(0.5, 0.7);
  context.lineTo(0.5, 0.86);
  context.moveTo(0.32, 0.86);
  context.lineTo(0.68, 0.86);
  context.stroke();
  context.restore();
}

/** Head and shoulders, for a name without letters, such as a telephone number. */
export function personMark(context: SKRSContext2D, size: number, css: string): void {
  begin(context, size, css);
  context.beginPath();
  context.arc(0.5, 0.32, 0.2, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.ellipse(0.5, 0.92, 0.36, 0.32, 0, Math.PI, 0);
  context.fill();
  context.restore();
}

/** Three dots: something is waited for. */
export function waitingMark(context: SKRSContext2D, size: number, css: string): void {
  begin(context, size, css);
  context.beginPath();
  for (const x of [0.22, 0.5, 0.78]) {
    context.moveTo(x, 0.5);
    context.arc(x, 0.5, 0.09, 0, 2 * Math.PI);
  }
  context.fill();
  context.restore();
}
