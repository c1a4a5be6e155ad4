import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { place } from '../../../../mcu/compositor/fit.ts';

const tile = { x: 100, y: 50, width: 640, height: 360 };

describe('a camera in a 16:9 tile', () => {
  test('of the same shape is there whole', () => {
    expect(place({ width: 1280, height: 720 }, tile, 'cover')).toEqual({
      from: { x: 0, y: 0, width: 1280, height: 720 },
      to: tile,
    });
  });

  test('of 4:3 fills it, and loses more below than above', () => {
    const { from, to } = place({ width: 640, height: 480 }, tile, 'cover');
    expect(to).toEqual(tile);
    expect(from).toEqual({ x: 0, y: 40, width: 640, height: 360 });
  });

  test('of 4:3 is seen whole where that is wanted', () => {
    const { from, to } = place({ width: 640, height: 480 }, tile, 'contain');
    expect(from).toEqual({ x: 0, y: 0, width: 640, height: 480 });
    expect(to).toEqual({ x: 180, y: 50, width: 480, height: 360 });
  });

  test('held upright is never cut', () => {
    const { from, to } = place({ width: 720, height: 1280 }, tile, 'cover');
    expect(from).toEqual({ x: 0, y: 0, width: 720, height: 1280 });
    expect(to).toEqual({ x: 318, y: 50, width: 202, height: 360 });
  });
});

test('on a CIF canvas, whose pixels are wider than high, 4:3 fills the whole canvas', () => {
  const cif = { x: 0, y: 0, width: 352, height: 288 };
  expect(place({ width: 640, height: 480 }, cif, 'contain', 12 / 11).to).toEqual(cif);
  expect(place({ width: 1280, height: 720 }, cif, 'contain', 12 / 11).to).toEqual({
    ...cif,
    y: 36,
    height: 216,
  });
});

test('whatever comes, all stays inside, even, and true to its shape', () => {
  const side = fc.integer({ min: 2, max: 4096 });
  const half = fc.integer({ min: 8, max: 1000 });
  fc.assert(
    fc.property(
      side,
      side,
      half,
      half,
      fc.constantFrom('contain' as const, 'cover' as const),
      (w, h, tw, th, fit) => {
        const area = { x: 20, y: 40, width: tw * 2, height: th * 2 };
        const { from, to } = place({ width: w, height: h }, area, fit);
        for (const { x, y, width, height } of [from, to]) expect((x | y | width | height) % 2).toBe(0);
        expect(from.x + from.width).toBeLessThanOrEqual(w);
        expect(from.y + from.height).toBeLessThanOrEqual(h);
        expect(to.x).toBeGreaterThanOrEqual(area.x);
        expect(to.y).toBeGreaterThanOrEqual(area.y);
        expect(to.x + to.width).toBeLessThanOrEqual(area.x + area.width);
        expect(to.y + to.height).toBeLessThanOrEqual(area.y + area.height);
        if (fit === 'contain') expect(from).toMatchObject({ width: w & ~1, height: h & ~1 });
        // Two pixels of rounding on each side, and shapes that are taken as the same.
        const least = Math.min(from.width, from.height, to.width, to.height);
        const distortion = (from.width * to.height) / (from.height * to.width) - 1;
        if (least > 16) expect(Math.abs(distortion)).toBeLessThan(0.03 + 8 / least);
      },
    ),
  );
});
