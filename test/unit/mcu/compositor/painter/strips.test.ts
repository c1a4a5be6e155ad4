import { expect, test } from 'vitest';
import { fill, stamp } from '../../../../../mcu/compositor/i420.ts';
import { makeStrip } from '../../../../../mcu/compositor/painter/strip-maker.ts';
import { StripCache } from '../../../../../mcu/compositor/painter/strip-cache.ts';
import { newI420 } from '../../../../support/i420.ts';

const shape = { width: 16, height: 8, pixelAspect: 1 };

test('what is opaque covers, what is half seen through mixes, what is clear stays', () => {
  const strip = makeStrip(shape, (context) => {
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, 4, 8);
    context.fillStyle = 'rgba(255, 255, 255, 0.5)';
    context.fillRect(4, 0, 4, 8);
  });
  const canvas = newI420(16, 8);
  fill(canvas, { x: 0, y: 0, width: 16, height: 8 }, [35, 60, 200]);
  stamp(strip, canvas, 0, 0);
  const [y, u, v] = canvas.data;
  expect([y[0], u[0], v[0]]).toEqual([235, 128, 128]);
  expect(Math.abs(y[5] - 135)).toBeLessThanOrEqual(1);
  expect(Math.abs(u[2] - 94)).toBeLessThanOrEqual(1);
  expect([y[12], u[6], v[6]]).toEqual([35, 60, 200]);
  expect(strip.planes[0].opaque).toHaveLength(8 * 3);
});

test('colours are BT.601 in limited range', () => {
  const strip = makeStrip(shape, (context) => {
    context.fillStyle = '#ff0000';
    context.fillRect(0, 0, 16, 8);
  });
  expect(strip.planes.map(({ values }) => values[0])).toEqual([81, 90, 240]);
});

test('on pixels wider than high a circle has fewer of them across', () => {
  const { planes } = makeStrip({ width: 80, height: 96, pixelAspect: 1.2 }, (context) => {
    context.beginPath();
    context.arc(48, 48, 48, 0, 2 * Math.PI);
    context.fill();
  });
  const across = planes[0].kept.subarray(48 * 80, 49 * 80).filter((kept) => kept < 128).length;
  expect(Math.abs(across - 80)).toBeLessThanOrEqual(1);
});

test('the cache keeps what was wanted last, within its bounds', () => {
  const made: string[] = [];
  const cache = new StripCache(3 * 1000);
  const want = (key: string) =>
    cache.get(key, () => {
      made.push(key);
      return makeStrip({ width: 32, height: 8, pixelAspect: 1 }, () => undefined);
    });
  for (const key of ['a', 'b', 'a', 'c', 'd', 'a', 'e', 'a', 'b']) want(key);
  expect(made).toEqual(['a', 'b', 'c', 'd', 'e', 'b']);
  expect(cache.bytes).toBeLessThanOrEqual(3000);
});
