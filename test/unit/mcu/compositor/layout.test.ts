import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Floor } from '../../../../mcu/compositor/floor.ts';
import { Director } from '../../../../mcu/compositor/layout.ts';

import type { Area, CanvasShape, Scene } from '../../../../mcu/compositor/scene.ts';
import { canvases, crowd } from './crowd.ts';
import type { Crowd } from './crowd.ts';

const { hd, fullHd, xga, cif, qcif } = canvases;

function direct(view: Crowd, floor = new Floor()): Scene {
  const whole = crowd(view);
  floor.update(whole.room, 0);
  return new Director().direct(whole, floor);
}

function identities({ tiles }: Scene): string[] {
  return tiles.map(({ identity, kind }) => (kind === 'screen' ? `${identity}'s screen` : identity));
}

function overlap(a: Area, b: Area): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function aspect({ width, height }: Area, { pixelAspect }: CanvasShape): number {
  return (width * pixelAspect) / height;
}

describe('grid', () => {
  const grid = (people: number, canvas = hd): Scene => direct({ layout: 'grid', people, canvas });

  test.each([
    [1, 1],
    [2, 2],
    [4, 2],
    [5, 3],
    [9, 3],
    [12, 4],
    [16, 4],
    [17, 5],
    [25, 5],
  ])('%i people have rows of %i on a 16:9 canvas', (people, columns) => {
    const { tiles } = grid(people);
    expect(tiles.filter(({ y }) => y === tiles[0].y)).toHaveLength(columns);
  });

  test('of two on a 4:3 canvas one is above the other', () => {
    const { tiles } = grid(2, xga);
    expect(tiles[0].x).toBe(tiles[1].x);
  });

  test('its last row is centred', () => {
    const { tiles } = grid(5);
    const left = tiles[3].x;
    const right = hd.width - tiles[4].x - tiles[4].width;
    expect(Math.abs(left - right)).toBeLessThanOrEqual(2);
  });

  test.each([hd, fullHd, xga, cif])('its tiles are 16:9, on pixels of any shape', (canvas) => {
    for (let people = 1; people <= 16; people++)
      for (const tile of grid(people, canvas).tiles)
        expect(Math.abs(aspect(tile, canvas) / (16 / 9) - 1)).toBeLessThan(0.04);
  });

  test('shows 25, and of more those who spoke last', () => {
    const floor = new Floor();
    const view = crowd({ layout: 'grid', people: 30 });
    floor.update(view.room, 0);
    const director = new Director();
    const first = identities(director.direct(view, floor));
    expect(first).toEqual(view.room.people.slice(0, 25).map(({ identity }) => identity));
    const speaking = { ...view, room: { ...view.room, speakers: ['p28'] } };
    floor.update(speaking.room, 1000);
    floor.update(speaking.room, 3000);
    expect(identities(director.direct(speaking, floor))).toEqual([...first.slice(0, 24), 'p28']);
  });
});

describe('speaker', () => {
  test('whoever has the floor is big, the others are below in the order in which they came', () => {
    const floor = new Floor();
    const view = crowd({ layout: 'speaker', people: 5, speakers: ['p3'] });
    floor.update(view.room, 0);
    const { tiles } = new Director().direct(view, floor);
    expect(tiles.map(({ identity }) => identity)).toEqual(['p3', 'p1', 'p2', 'p4', 'p5']);
    expect(tiles[0].width).toBeGreaterThan(hd.width * 0.75);
    for (const tile of tiles.slice(1)) expect(tile.y).toBeGreaterThan(tiles[0].y + tiles[0].height);
  });

  test('who had the floor gets the place of who has it now', () => {
    const floor = new Floor();
    const director = new Director();
    const speaking = (...speakers: string[]) => crowd({ layout: 'speaker', people: 5, speakers });
    const at = (speaker: string, ms: number): string[] => {
      floor.update(speaking(speaker).room, ms);
      return identities(director.direct(speaking(speaker), floor));
    };
    at('p1', 0);
    expect(at('p1', 2000)).toEqual(['p1', 'p2', 'p3', 'p4', 'p5']);
    at('p4', 3000);
    expect(at('p4', 4000)).toEqual(['p1', 'p2', 'p3', 'p4', 'p5']);
    expect(at('p4', 5000)).toEqual(['p4', 'p2', 'p3', 'p1', 'p5']);
  });

  test('one alone with the viewer has the whole canvas', () => {
    const { tiles } = direct({ layout: 'speaker', people: 2, self: 'p1', own: 'left-out' });
    expect(tiles).toMatchObject([{ identity: 'p2', x: 0, y: 0, width: 1280, height: 720 }]);
  });
});

describe('presentation', () => {
  test('the screen is big and whole, people are beside it', () => {
    const { tiles } = direct({ layout: 'auto', people: 3, sharing: ['p2'] });
    expect(tiles[0]).toMatchObject({ identity: 'p2', kind: 'screen', camera: 'screen-p2', fit: 'contain' });
    expect(tiles[0].width).toBeGreaterThan(hd.width * 0.75);
    for (const tile of tiles.slice(1)) expect(tile.x).toBeGreaterThan(tiles[0].x + tiles[0].width);
    expect(tiles).toHaveLength(4);
  });

  test('on a 4:3 canvas they are below', () => {
    const { tiles } = direct({ layout: 'auto', people: 3, sharing: ['p2'], canvas: xga });
    for (const tile of tiles.slice(1)) expect(tile.y).toBeGreaterThan(tiles[0].y + tiles[0].height);
  });

  test('the screen shared last goes big', () => {
    const view = { people: 3, sharing: ['p2', 'p3'] };
    expect(identities(direct({ ...view, layout: 'speaker' }))[0]).toBe("p3's screen");
    expect(identities(direct({ ...view, layout: 'lecture' }))).toEqual(["p3's screen"]);
    expect(identities(direct({ ...view, layout: 'grid' }))).toEqual([
      "p3's screen",
      "p2's screen",
      'p1',
      'p2',
      'p3',
    ]);
  });

  test('the viewer’s own screen is not sent back', () => {
    expect(identities(direct({ layout: 'auto', people: 3, sharing: ['p2'], self: 'p2' }))).toEqual([
      'p1',
      'p3',
    ]);
  });
});

describe('auto', () => {
  const auto = (people: number, more: Crowd = {}): Scene =>
    direct({ layout: 'auto', people, self: 'p1', ...more });

  test('one other has the whole picture', () => {
    expect(auto(2).tiles).toMatchObject([{ identity: 'p2', width: 1280, height: 720, fit: 'contain' }]);
  });

  test('nine others are in a grid, ten are not', () => {
    expect(new Set(auto(10).tiles.map(({ width }) => width)).size).toBe(1);
    expect(new Set(auto(11).tiles.map(({ width }) => width)).size).toBe(2);
  });

  test('on QCIF five others are too many for a grid: the speaker is shown', () => {
    expect(auto(5, { canvas: qcif }).tiles).toHaveLength(4);
    expect(auto(6, { canvas: qcif }).tiles).toHaveLength(1);
  });
});

describe('own picture', () => {
  test.each(['grid', 'speaker', 'one-on-one', 'presentation', 'lecture', 'auto'] as const)(
    'left out of %s',
    (layout) => {
      const scene = direct({ layout, people: 4, self: 'p2', own: 'left-out', sharing: ['p4'] });
      expect(identities(scene)).not.toContain('p2');
    },
  );

  test.each(['grid', 'speaker', 'one-on-one', 'presentation', 'auto'] as const)(
    'small and last in %s',
    (layout) => {
      const { tiles } = direct({ layout, people: 4, self: 'p2', own: 'small' });
      const own = tiles.at(-1);
      expect(own?.identity).toBe('p2');
      expect(own?.width).toBeLessThanOrEqual(hd.width / 5);
      expect(tiles.filter(({ identity }) => identity === 'p2')).toHaveLength(1);
    },
  );

  test('shown like everybody else’s', () => {
    expect(identities(direct({ layout: 'grid', people: 3, self: 'p2', own: 'shown' }))).toEqual([
      'p1',
      'p2',
      'p3',
    ]);
  });
});

describe('with nobody else', () => {
  test.each([
    ['left-out', 0],
    ['small', 1],
    ['shown', 1],
  ] as const)(
    'what is said stands large in the middle, and with the own picture %s that makes %i tiles',
    (own, count) => {
      const banner = 'You are the only one here';
      const scene = direct({ layout: 'auto', people: 1, self: 'p1', own, banner });
      expect(scene.screen).toEqual({ title: banner, lines: [], digits: null });
      expect(scene.banner).toBeNull();
      expect(scene.tiles).toHaveLength(count);
    },
  );

  test('and without a text a mark is drawn', () => {
    const scene = direct({ layout: 'auto', people: 0 });
    expect(scene).toMatchObject({ screen: { title: '', lines: [], digits: null }, tiles: [] });
  });

  test('a viewer who is nobody of the room sees the only one in it', () => {
    expect(identities(direct({ layout: 'auto', people: 1, self: null }))).toEqual(['p1']);
  });
});

test('of a camera that is left out a stand-in is seen, and so is its screen', () => {
  const withheld = new Set(['camera-p1', 'screen-p2']);
  const { tiles } = direct({ layout: 'grid', people: 2, sharing: ['p2'], withheld });
  expect(tiles.map(({ kind, camera, withheld }) => [kind, camera, withheld])).toEqual([
    ['screen', null, true],
    ['camera', null, true],
    ['camera', 'camera-p2', false],
  ]);
});

test('a screen hides the room, and the banner stays', () => {
  const screen = { title: 'Enter the PIN', lines: [], digits: 2 };
  expect(direct({ people: 5, screen, banner: 'Recording' })).toEqual({
    ...hd,
    screen,
    tiles: [],
    banner: 'Recording',
  });
});

test('a camera that is off leaves an avatar, and names are left out where they could not be read', () => {
  const scene = direct({ layout: 'grid', people: 2, cameraOff: ['p2'] });
  expect(scene.tiles.map(({ camera }) => camera)).toEqual(['camera-p1', null]);
  expect(scene.tiles.every(({ labelled }) => labelled)).toBe(true);
  expect(direct({ layout: 'grid', people: 25, canvas: qcif }).tiles.some(({ labelled }) => labelled)).toBe(
    false,
  );
});

test('who gave no name is called by their identity', () => {
  const view = crowd({ layout: 'grid', people: 1 });
  const room = { ...view.room, people: [{ ...view.room.people[0], name: ' ' }] };
  expect(new Director().direct({ ...view, room }, new Floor()).tiles[0].name).toBe('p1');
});

test('whatever the room, tiles lie on the canvas, are even, don’t overlap but for an inset, and show each once', () => {
  const view = fc.record({
    people: fc.integer({ min: 0, max: 40 }),
    canvas: fc.oneof(
      fc.constantFrom(...Object.values(canvases)),
      fc.record({
        width: fc.integer({ min: 64, max: 960 }).map((n) => n * 2),
        height: fc.integer({ min: 48, max: 540 }).map((n) => n * 2),
        pixelAspect: fc.constant(1),
      }),
    ),
    layout: fc.constantFrom('auto', 'grid', 'speaker', 'lecture', 'one-on-one', 'presentation'),
    own: fc.constantFrom('left-out', 'small', 'shown'),
    self: fc.constantFrom(null, 'p1', 'p3', 'p40'),
    sharing: fc.subarray(['p1', 'p2', 'p3']),
    speakers: fc.subarray(['p1', 'p2', 'p9', 'p30']),
  });
  fc.assert(
    fc.property(view, (wanted) => {
      const { tiles, width, height } = direct(wanted);
      for (const tile of tiles) {
        expect((tile.x | tile.y | tile.width | tile.height) % 2).toBe(0);
        expect(Math.min(tile.x, tile.y, tile.width - 2, tile.height - 2)).toBeGreaterThanOrEqual(0);
        expect(tile.x + tile.width).toBeLessThanOrEqual(width);
        expect(tile.y + tile.height).toBeLessThanOrEqual(height);
      }
      const own = wanted.own === 'small' ? tiles.find(({ identity }) => identity === wanted.self) : undefined;
      const others = tiles.filter((tile) => tile !== own);
      others.forEach((a, i) => others.slice(0, i).forEach((b) => expect(overlap(a, b)).toBe(false)));
      if (own) expect(own.width).toBeLessThanOrEqual(width / 3);

      const faces = tiles.filter(({ kind }) => kind === 'camera').map(({ identity }) => identity);
      expect(new Set(faces).size).toBe(faces.length);
      if (wanted.layout !== 'grid') return;
      const { room, self } = crowd(wanted);
      const there = room.people.filter(({ identity }) => wanted.own === 'shown' || identity !== self);
      const sharers = tiles.length - faces.length;
      if (there.length + sharers <= 25)
        expect(faces.filter((one) => one !== own?.identity)).toEqual(there.map(({ identity }) => identity));
    }),
    { numRuns: 300 },
  );
});
