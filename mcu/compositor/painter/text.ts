/** Text of any script on one line, or a few. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Fonts } from './fonts.ts';

export interface TextStyle {
  /** Pixels. */
  readonly size: number;
  /** Of the variable faces, 100 to 900. */
  readonly weight: number;
  /** As CSS has it. */
  readonly colour: string;
}

/** A capital's height, of the size, in Noto Sans. */
const capitalShare = 0.714;
/** Nobody needs more marks on one letter; names made of hundreds are a joke at others' expense. */
const tooManyMarks = /(\p{M}{3})\p{M}+/gu;
const longestText = 400;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** What of a name or a sentence can be drawn on a line: without controls, what would turn the text around, and pictographs without a face. */
export function drawable(text: string, fonts: Fonts): string {
  const plain = text
    .slice(0, longestText)
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/(?![\u200c\u200d])[\p{Cf}\p{Variation_Selector}]/gu, '')
    .replace(tooManyMarks, '$1');
  const known = splitGraphemes(plain).filter((one) => !isPictograph(one) || fonts.covers(one));
  return known.join('').replace(/\s+/gu, ' ').trim();
}

export function splitGraphemes(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

function isPictograph(grapheme: string): boolean {
  return (
    /^[\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(grapheme) &&
    !/^[\u0020-\u00ff]/u.test(grapheme)
  );
}

/** By the first letter that has one (UAX #9, P2). */
export function directionOf(text: string): 'ltr' | 'rtl' {
  const letter = /\p{L}/u.exec(text)?.[0] ?? '';
  return /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(letter)
    ? 'rtl'
    : 'ltr';
}

/** Whether all of the texts is in the lines. */
export function isWhole(lines: readonly string[], texts: readonly string[]): boolean {
  const [a, b] = [lines, texts].map((parts) => parts.join('').replace(/\s/gu, ''));
  return a === b;
}

/** Draws with one style; what it is given is `drawable`. */
export class Pen {
  readonly #context: SKRSContext2D;
  readonly #fonts: Fonts;
  readonly #style: TextStyle;

  constructor(context: SKRSContext2D, fonts: Fonts, style: TextStyle) {
    this.#context = context;
    this.#fonts = fonts;
    this.#style = style;
  }

  width(text: string): number {
    this.#prepare(text);
    return this.#context.measureText(text).width;
  }

  /** In the middle of a line's height. `x`: its left edge, or its middle. */
  draw(text: string, x: number, middle: number, align: 'left' | 'center' = 'left'): void {
    this.#prepare(text);
    this.#context.textAlign = align;
    this.#context.fillText(text, x, middle + (this.#style.size * capitalShare) / 2);
  }

  /** With an ellipsis where it doesn't fit. */
  shorten(text: string, width: number): string {
    if (this.width(text) <= width) return text;
    const all = splitGraphemes(text);
    let fits = 0;
    for (let over = all.length; over - fits > 1;) {
      const middle = (fits + over) >> 1;
      if (this.width(ellipsed(all, middle)) <= width) fits = middle;
      else over = middle;
    }
    return ellipsed(all, fits);
  }

  /** Into lines no wider than this; of more than `most` the last is shortened. */
  wrap(text: string, width: number, most: number): string[] {
    const lines: string[] = [];
    let rest = text;
    while (rest !== '' && lines.length < most - 1) {
      const line = this.#lineOf(rest, width);
      lines.push(this.shorten(line.trimEnd(), width));
      rest = rest.slice(line.length).trimStart();
    }
    return rest === '' ? lines : [...lines, this.shorten(rest, width)];
  }

  /** As `wrap`, with lines about equally long: none of a single word under a full one. */
  balance(text: string, width: number, most: number): string[] {
    const lines = this.wrap(text, width, most);
    if (lines.length < 2 || !isWhole(lines, [text])) return lines;
    let [narrow, wide] = [width / lines.length, width];
    while (wide - narrow > this.#style.size / 4) {
      const middle = (narrow + wide) / 2;
      const tried = this.wrap(text, middle, most);
      if (tried.length === lines.length && isWhole(tried, [text])) wide = middle;
      else narrow = middle;
    }
    return this.wrap(text, wide, most);
  }

  /** At least a word, however wide. Dots and commas stay with it. */
  #lineOf(text: string, width: number): string {
    let line = '';
    for (const { segment, isWordLike } of words.segment(text)) {
      if (line !== '' && isWordLike && this.width((line + segment).trimEnd()) > width) break;
      line += segment;
    }
    return line;
  }

  #prepare(text: string): void {
    const { size, weight, colour } = this.#style;
    this.#context.font = `${size}px ${this.#fonts.families(text)}`;
    // The weight in `font` would only make the default instance bolder, which for some faces is the thinnest.
    this.#context.fontVariationSettings = `"wght" ${weight}`;
    this.#context.fillStyle = colour;
    this.#context.direction = directionOf(text);
  }
}

function ellipsed(all: readonly string[], count: number): string {
  return `${all.slice(0, count).join('').trimEnd()}…`;
}
