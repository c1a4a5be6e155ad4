/** What fills a canvas instead of a room, or while nobody else is there: a title, lines of text, and the field for a PIN. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Screen } from '../../ports/pictures.ts';
import { canBeRead, textSize } from '../text-size.ts';
import type { Strip } from '../i420.ts';
import { even } from '../geometry.ts';
import type { Easel } from './easel.ts';
import { personMark } from './marks.ts';
import { ink, line, paleInk, speakingGreen, tileGround } from './palette.ts';
import type { Paint } from './paint.ts';
import { drawable, isWhole } from './text.ts';
import type { TextStyle } from './text.ts';

/** Of the canvas's width and height. */
const widest = 0.84;
const tallest = 0.9;
/** All in parts of the text's size. */
const title = { size: 2, lineHeight: 1.25 };
const body = { size: 1.25, lineHeight: 1.4 };
const accent = { width: 2.2, height: 0.18 };
const field = { width: 12, height: 2.4, dot: 0.6, pitch: 1.2, radius: 0.5 };
const gap = 0.9;
const mostTitleLines = 2;
const mostBodyLines = 5;
/** More are counted by nobody. */
const mostDots = 9;

/** On a small canvas, or of much text, all is smaller until it fits. */
const smallerScales = [0.8, 0.64];

/** Of the canvas's height. */
const emptyRoomShare = 0.26;

interface Block {
  readonly strip: Strip;
  /** Above it, in pixels. */
  readonly gap: number;
}

interface Column {
  readonly blocks: readonly Block[];
  readonly height: number;
  /** Some of the text had to be left out. */
  readonly shortened: boolean;
}

/** All in the middle, a little above the centre, where the eye expects it. */
export function screen(easel: Easel, shown: Screen): readonly Paint[] {
  const { canvas } = easel;
  if (isWordless(shown)) return emptyRoom(easel);
  const column = columnFor(easel, shown);
  let y = Math.max(0, (canvas.height - column.height) * 0.46);
  return column.blocks.flatMap((block) => {
    y += block.gap;
    const paints = easel.stamp(block.strip, (canvas.width - block.strip.width) / 2, y);
    y += block.strip.height;
    return paints;
  });
}

function isWordless({ title, lines, digits }: Screen): boolean {
  return title === '' && lines.length === 0 && digits === null;
}

/** In every language: a place where somebody will be. */
function emptyRoom(easel: Easel): readonly Paint[] {
  const { canvas } = easel;
  const size = even(canvas.height * emptyRoomShare);
  const draw = (context: SKRSContext2D): void => {
    context.fillStyle = tileGround.css;
    context.beginPath();
    context.arc(size / 2, size / 2, size / 2, 0, 2 * Math.PI);
    context.fill();
    context.translate(size * 0.225, size * 0.225);
    personMark(context, size * 0.55, line.css);
  };
  const strip = easel.strip('empty room', () => ({ width: size, height: size, draw }));
  return easel.stamp(strip, (canvas.width - strip.width) / 2, (canvas.height - strip.height) / 2);
}

function columnFor(easel: Easel, shown: Screen): Column {
  const { canvas } = easel;
  let column = columnOf(easel, shown, textSize(canvas));
  for (const scale of smallerScales) {
    if (!column.shortened && column.height <= canvas.height * tallest) break;
    if (canBeRead(body.size * scale * textSize(canvas), canvas))
      column = columnOf(easel, shown, scale * textSize(canvas));
  }
  return column;
}

function columnOf(easel: Easel, { title, lines, digits }: Screen, size: number): Column {
  const heading = titleText(easel, title, size);
  const text = bodyText(easel, lines, size);
  const blocks: Block[] = [
    { strip: accentStrip(easel, size), gap: 0 },
    ...heading.blocks,
    ...text.blocks,
    ...(digits === null ? [] : [{ strip: fieldStrip(easel, digits, size), gap: gap * 1.2 * size }]),
  ];
  const height = blocks.reduce((sum, block) => sum + block.gap + block.strip.height, 0);
  return { blocks, height, shortened: heading.shortened || text.shortened };
}

function accentStrip(easel: Easel, size: number): Strip {
  const [width, height] = [accent.width * size, Math.max(2, accent.height * size)];
  const draw = (context: SKRSContext2D): void => {
    context.fillStyle = speakingGreen.css;
    context.beginPath();
    context.roundRect(0, 0, width, height, height / 2);
    context.fill();
  };
  return easel.strip(`accent ${size}`, () => ({ width, height, draw }));
}

type Text = Pick<Column, 'blocks' | 'shortened'>;

function titleText(easel: Easel, text: string, size: number): Text {
  const style = { size: title.size * size, weight: 600, colour: ink.css };
  return paragraph(easel, [text], style, { ...title, most: mostTitleLines, above: gap * size });
}

function bodyText(easel: Easel, texts: readonly string[], size: number): Text {
  const style = { size: body.size * size, weight: 400, colour: paleInk.css };
  return paragraph(easel, texts, style, { ...body, most: mostBodyLines, above: gap * 0.6 * size });
}

function paragraph(
  easel: Easel,
  texts: readonly string[],
  style: TextStyle,
  { lineHeight, most, above }: { readonly lineHeight: number; readonly most: number; readonly above: number },
): Text {
  const { canvas, fonts } = easel;
  const pen = easel.measure(style);
  const room = canvas.width * canvas.pixelAspect * widest;
  const wanted = texts.map((text) => drawable(text, fonts));
  const all = wanted.flatMap((text) => pen.balance(text, room, most));
  const shown = all.slice(0, most);
  const blocks = shown.map((text, index) => {
    const [width, height] = [Math.ceil(pen.width(text)) + 4, lineHeight * style.size];
    const key = `text ${style.size} ${style.weight} ${style.colour} ${text}`;
    const strip = easel.strip(key, () => ({
      width,
      height,
      draw: (context) => easel.pen(context, style).draw(text, width / 2, height / 2, 'center'),
    }));
    return { strip, gap: index === 0 ? above : 0 };
  });
  return { blocks, shortened: !isWhole(shown, wanted) };
}

/** Shows how many digits were typed, and never which; nor how many there will be, as a row of empty places would. */
function fieldStrip(easel: Easel, digits: number, size: number): Strip {
  const { canvas } = easel;
  const width = Math.min(field.width * size, canvas.width * canvas.pixelAspect * widest);
  const height = field.height * size;
  const dots = Math.min(digits, mostDots);
  const draw = (context: SKRSContext2D): void => {
    context.fillStyle = tileGround.css;
    context.strokeStyle = line.css;
    context.lineWidth = 2;
    context.beginPath();
    context.roundRect(1, 1, width - 2, height - 2, field.radius * size);
    context.fill();
    context.stroke();
    const pitch = field.pitch * size;
    const left = (width - dots * pitch) / 2;
    context.fillStyle = ink.css;
    for (let i = 0; i < dots; i++) {
      context.beginPath();
      context.arc(left + (i + 0.5) * pitch, height / 2, (field.dot * size) / 2, 0, 2 * Math.PI);
      context.fill();
    }
    // Where the next digit will be.
    context.fillStyle = speakingGreen.css;
    const caret = { width: Math.max(2, size * 0.1), height: 1.2 * size };
    context.fillRect(
      left + dots * pitch + (dots > 0 ? 0.1 * size : 0),
      (height - caret.height) / 2,
      caret.width,
      caret.height,
    );
  };
  return easel.strip(`field ${size} ${dots}`, () => ({ width, height, draw }));
}
