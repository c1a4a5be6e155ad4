import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Floor } from '../../../../../mcu/compositor/floor.ts';
import type { I420 } from '../../../../../mcu/compositor/i420.ts';
import { Director } from '../../../../../mcu/compositor/layout.ts';
import { avatarColour } from '../../../../../mcu/compositor/painter/palette.ts';
import type { Paint } from '../../../../../mcu/compositor/painter/paint.ts';
import { Painter } from '../../../../../mcu/compositor/painter/painter.ts';
import { initialsOf } from '../../../../../mcu/compositor/painter/stand-in.ts';
import type { Area, Scene, Tile } from '../../../../../mcu/compositor/scene.ts';
import { compose } from '../../../../support/compose-scene.ts';
import { canvases, crowd } from '../crowd.ts';
import type { Crowd } from '../crowd.ts';

const painter = new Painter();

function sceneOf(view: Crowd): Scene {
  const whole = crowd(view);
  const floor = new Floor();
  floor.update(whole.room, 0);
  return new Director().direct(whole, floor);
}

/** How many pixels of an area are as light as text. */
function light({ data, linesize }: I420, { x, y, width, height }: Area): number {
  let count = 0;
  for (let row = y; row < y + height; row++)
    for (let column = x; column < x + width; column++) if (data[0][row * linesize[0] + column] > 180) count++;
  return count;
}

function lowerLeft({ x, y, width, height }: Tile): Area {
  return { x: x + 8, y: y + height - 60, width: width / 2, height: 50 };
}

describe('a tile', () => {
  const one = (changes: Partial<Tile>): Scene => {
    const scene = sceneOf({ layout: 'grid', people: 4 });
    return { ...scene, tiles: scene.tiles.map((tile, i) => (i === 0 ? { ...tile, ...changes } : tile)) };
  };
  const draw = (changes: Partial<Tile>): { picture: I420; tile: Tile } => {
    const scene = one(changes);
    return { picture: compose(scene, painter, new Map()), tile: scene.tiles[0] };
  };

  test('has its name in the lower left corner, in any script', () => {
    for (const name of ['Ada Lovelace', '山田 太郎', 'محمد', 'प्रिया']) {
      const { picture, tile } = draw({ name });
      expect(light(picture, lowerLeft(tile))).toBeGreaterThan(100);
    }
    const { picture, tile } = draw({ labelled: false });
    expect(light(picture, lowerLeft(tile))).toBe(0);
  });

  test('whose microphone is closed has a red mark', () => {
    const red = ({ picture, tile }: ReturnType<typeof draw>): number => {
      const { x, y, width } = lowerLeft(tile);
      const { data, linesize } = picture;
      let most = 0;
      for (let row = y / 2; row < y / 2 + 25; row++)
        for (let column = x / 2; column < (x + width) / 2; column++)
          most = Math.max(most, data[2][row * linesize[2] + column]);
      return most;
    };
    expect(red(draw({ muted: true }))).toBeGreaterThan(160);
    expect(red(draw({ muted: false }))).toBeLessThan(140);
  });

  test('of who speaks is framed', () => {
    const top = ({ picture: { data, linesize }, tile }: ReturnType<typeof draw>): number =>
      data[0][(tile.y + 1) * linesize[0] + tile.x + tile.width / 2];
    expect(top(draw({ speaking: true }))).toBeGreaterThan(140);
    expect(top(draw({ speaking: false }))).toBeLessThan(50);
  });

  test('is large enough for a longer name, a little smaller, before it is cut', () => {
    const beside = (name: string) => {
      const scene = sceneOf({ layout: 'presentation', people: 4, sharing: ['p1'] });
      const tiles = scene.tiles.map((tile, i) => (i === 2 ? { ...tile, name, muted: true } : tile));
      return { picture: compose({ ...scene, tiles }, painter, new Map()), tile: tiles[2] };
    };
    // With the last letter cut off there would be three dots at the end, the same for both.
    const [a, b] = [beside('Grace Hopper'), beside('Grace Hoppew')];
    expect(Buffer.from(a.picture.data[0]).equals(b.picture.data[0])).toBe(false);
    const [c, d] = [beside('Maximiliane von Hohenstein'), beside('Maximiliane von Hohenberg')];
    expect(Buffer.from(c.picture.data[0]).equals(d.picture.data[0])).toBe(true);
  });

  test.each([1, 2, 3, 4, 5, 7, 9, 12, 16, 20, 25])(
    'keeps its avatar and its name apart among %i',
    (people) => {
      const everybody = Array.from({ length: people }, (_, i) => `p${i + 1}`);
      for (const canvas of [canvases.hd, canvases.xga, canvases.cif]) {
        const scene = sceneOf({ canvas, layout: 'grid', people, cameraOff: everybody });
        const tile = { ...scene.tiles[0], name: '+49 30' };
        const { standIn, over } = painter.paint({ ...scene, tiles: [tile] }).tiles[0];
        const disc = standIn.flatMap((paint) =>
          paint.kind === 'stamp' ? [paint.y + paint.strip.height] : [],
        );
        const plate = over.flatMap((paint) =>
          paint.kind === 'stamp' && paint.y > tile.y + tile.height / 2 && paint.x > tile.x ? [paint.y] : [],
        );
        expect(Math.max(...disc)).toBeLessThanOrEqual(Math.min(...plate) - 0.03 * tile.height);
      }
    },
  );

  test('has round corners', () => {
    const { picture, tile } = draw({});
    const at = (inward: number): number =>
      picture.data[0][(tile.y + inward) * picture.linesize[0] + tile.x + inward];
    expect(at(0)).toBeLessThan(at(8));
  });
});

test('an avatar has one’s own colour in every process, and neighbours seldom share one', () => {
  expect(avatarColour('sip_493023125001').css).toBe(avatarColour('sip_493023125001').css);
  const used = new Set(Array.from({ length: 30 }, (_, i) => avatarColour(`person-${i}`).css));
  expect(used.size).toBeGreaterThanOrEqual(8);
});

test.each([
  ['Ada Lovelace', 'AL'],
  ['Maximiliane Freifrau von Hohenstein', 'MH'],
  ['grace', 'G'],
  ['anna-lena meyer', 'AM'],
  ['山田 太郎', '山'],
  ['김민수', '김'],
  ['محمد الخوارزمي', 'م'],
  ['ölaf ßen', 'Öß'],
  ['+49 30 901820', ''],
  ['Room 12', 'R'],
  ['', ''],
])('the initials of “%s” are “%s”', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

describe('a screen', () => {
  const shown = (digits: number | null, canvas = canvases.hd): I420 =>
    compose(
      sceneOf({ canvas, screen: { title: 'Enter the PIN', lines: ['Then press #.'], digits } }),
      painter,
      new Map(),
    );
  const whole = { x: 0, y: 0, width: 1280, height: 720 };

  test('has a dot for each digit of the PIN', () => {
    const ink = [0, 1, 2, 3, 4].map((digits) => light(shown(digits), whole));
    const dot = ink[1] - ink[0];
    expect(dot).toBeGreaterThan(100);
    for (let i = 1; i < ink.length; i++)
      expect(Math.abs(ink[i] - ink[i - 1] - dot)).toBeLessThanOrEqual(dot * 0.2);
  });

  test.each(Object.entries(canvases))('fits on %s', (_, canvas) => {
    const text = {
      title: 'The connection is too slow for pictures',
      lines: ['You are still heard, and you hear the others.', 'The picture comes back by itself.'],
      digits: null,
    };
    const { background } = painter.paint(sceneOf({ canvas, screen: text }));
    // Background, accent, a title of one or two lines, at least two lines of text.
    expect(background.length).toBeGreaterThanOrEqual(5);
  });
});

test('an empty room is not just black', () => {
  const { background } = painter.paint(sceneOf({ people: 0 }));
  expect(background.map(({ kind }) => kind)).toEqual(['fill', 'stamp']);
});

test('a banner is a line over the upper edge', () => {
  const scene = sceneOf({ people: 4, layout: 'grid', banner: 'You are muted' });
  const upper = { x: 400, y: 20, width: 480, height: 60 };
  expect(light(compose(scene, painter, new Map()), upper)).toBeGreaterThan(200);
  expect(light(compose({ ...scene, banner: null }, painter, new Map()), upper)).toBe(0);
});

test('what was drawn once is not drawn again', () => {
  const strips = (paints: readonly Paint[]) =>
    paints.flatMap((paint) => (paint.kind === 'stamp' ? [paint.strip] : []));
  const scene = sceneOf({ people: 3, layout: 'grid', banner: 'Hello' });
  const [first, second] = [painter.paint(scene), painter.paint({ ...scene })];
  strips(first.tiles[0].over).forEach((strip, i) => expect(strips(second.tiles[0].over)[i]).toBe(strip));
  expect(strips(first.banner)[0]).toBe(strips(second.banner)[0]);
});

test('whatever is on it, everything lies on the canvas and at even places', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 });
  const view = fc.record({
    names: fc.array(text, { minLength: 1, maxLength: 6 }),
    banner: fc.option(text),
    screen: fc.option(
      fc.record({
        title: text,
        lines: fc.array(text, { maxLength: 4 }),
        digits: fc.option(fc.nat({ max: 12 })),
      }),
      { freq: 3 },
    ),
    layout: fc.constantFrom('auto', 'grid', 'speaker', 'presentation', 'lecture'),
    canvas: fc.oneof(
      fc.constantFrom(...Object.values(canvases)),
      fc.record({
        width: fc.integer({ min: 32, max: 400 }).map((n) => n * 2),
        height: fc.integer({ min: 32, max: 300 }).map((n) => n * 2),
        pixelAspect: fc.constantFrom(1, 12 / 11),
      }),
    ),
  });
  fc.assert(
    fc.property(view, ({ names, ...rest }) => {
      const plain = sceneOf({ ...rest, people: names.length, sharing: ['p1'], cameraOff: ['p2'] });
      const tiles = plain.tiles.map((tile, i) => ({
        ...tile,
        name: names[i % names.length],
        muted: i % 2 === 0,
      }));
      const painted = painter.paint({ ...plain, tiles });
      const all = [
        ...painted.background,
        ...painted.tiles.flatMap(({ ground, standIn, over }) => [...ground, ...standIn, ...over]),
        ...painted.banner,
      ];
      for (const paint of all) {
        const { width, height } = paint.kind === 'fill' ? paint : paint.strip;
        expect((paint.x | paint.y | width | height) % 2).toBe(0);
        expect(Math.min(paint.x, paint.y, width, height)).toBeGreaterThanOrEqual(0);
        expect(paint.x + width).toBeLessThanOrEqual(plain.width);
        expect(paint.y + height).toBeLessThanOrEqual(plain.height);
      }
    }),
    { numRuns: 60 },
  );
});
