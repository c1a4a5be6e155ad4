import { createCanvas } from '@napi-rs/canvas';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fonts } from '../../../../../mcu/compositor/painter/fonts.ts';
import { directionOf, drawable, Pen } from '../../../../../mcu/compositor/painter/text.ts';

const fonts = new Fonts();

function pen(size = 30): Pen {
  return new Pen(createCanvas(1, 1).getContext('2d'), fonts, { size, weight: 500, colour: '#fff' });
}

describe('what can be drawn of a name', () => {
  test.each([
    ['a line break', 'Ada\r\nLovelace', 'Ada Lovelace'],
    ['too many blanks', '  Ada \t  Lovelace ', 'Ada Lovelace'],
    ['what turns text around', 'Ada \u202egnp.exe\u202c', 'Ada gnp.exe'],
    ['pictographs that no face has', 'Ada 🎉👩‍👩‍👧', 'Ada'],
    ['half a pictograph', 'Ada \ud83c', 'Ada \ufffd'],
    ['towers of marks', `Z${'\u0300'.repeat(50)}oe`, `Z${'\u0300'.repeat(3)}oe`],
  ])('leaves out %s', (_, name, drawn) => {
    expect(drawable(name, fonts)).toBe(drawn);
  });

  test.each(['Łukasz Żółć', 'Nguyễn Văn', '#1 & 2™', 'क्‍ष', '山田 太郎', 'Ω©'])(
    'leaves %s as it is',
    (name) => {
      expect(drawable(name, fonts)).toBe(name);
    },
  );
});

test.each([
  ['Ada محمد', 'ltr'],
  ['محمد (Ada)', 'rtl'],
  ['(1) דוד', 'rtl'],
  ['+49 30', 'ltr'],
])('%s goes %s', (text, direction) => {
  expect(directionOf(text)).toBe(direction);
});

describe('a line', () => {
  test('that fits stays', () => {
    expect(pen().shorten('Ada', 200)).toBe('Ada');
  });

  test.each([
    'Maximiliane von Hohenstein-Württemberg',
    'محمد بن موسى الخوارزمي',
    'さくら カタカナ 山田太郎',
    'प्रिया शर्मा क्षत्रिय',
  ])('%s that does not fit ends with an ellipsis, and is as long as can be', (name) => {
    for (const width of [60, 100, 140]) {
      const short = pen().shorten(name, width);
      expect(short).toMatch(/…$/);
      expect(name.startsWith(short.slice(0, -1))).toBe(true);
      expect(pen().width(short)).toBeLessThanOrEqual(width);
      expect(pen().width(short)).toBeGreaterThan(width - 60);
    }
  });

  test('is never cut within a letter', () => {
    expect(pen().shorten('e\u0301e\u0301e\u0301e\u0301e\u0301', 50)).toMatch(/^(e\u0301)+…$/);
  });
});

describe('lines', () => {
  test('break between words, each no wider than the room', () => {
    const text = 'You will see others as soon as they come.';
    const lines = pen().wrap(text, 240, 5);
    expect(lines.join(' ')).toBe(text);
    for (const line of lines) expect(pen().width(line)).toBeLessThanOrEqual(240);
  });

  test('of a language without blanks break as well', () => {
    const text = '会議はまだ始まっていません。';
    expect(pen().wrap(text, 240, 5).join('')).toBe(text);
    expect(pen().wrap(text, 240, 5).length).toBeGreaterThan(1);
  });

  test('that are too many end with an ellipsis', () => {
    const lines = pen().wrap('one two three four five six seven', 120, 2);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/…$/);
  });

  test('are balanced: no single word stands under a full line', () => {
    const [first, second] = pen().balance('The connection is too slow for pictures', 520, 2);
    expect(`${first} ${second}`).toBe('The connection is too slow for pictures');
    expect(pen().width(second)).toBeGreaterThan(pen().width(first) * 0.6);
  });
});

describe('fonts', () => {
  test.each([
    ['Ada', 'noto-sans-latin'],
    ['Ελένη', 'noto-sans-greek'],
    ['محمد', 'noto-sans-arabic'],
    ['דוד', 'noto-sans-hebrew'],
    ['สมชาย', 'noto-sans-thai'],
    ['प्रिया', 'noto-sans-devanagari'],
    ['김민수', 'noto-sans-kr'],
    ['さくら山', 'noto-sans-jp'],
    ['张伟', 'noto-sans-sc'],
  ])('%s is drawn by %s, which is loaded for it', (text, family) => {
    expect(fonts.families(text)).toContain(`"${family}`);
    expect(pen().width(text)).toBeGreaterThan(20);
  });
});

test('no text makes it fail', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.integer({ min: 0, max: 400 }),
      (text, width) => {
        const drawn = drawable(text, fonts);
        pen().shorten(drawn, width);
        pen().balance(drawn, width, 3);
      },
    ),
    { numRuns: 60 },
  );
});
