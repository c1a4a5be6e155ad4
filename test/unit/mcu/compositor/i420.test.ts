import { expect, test } from 'vitest';
import { fill, stamp } from '../../../../mcu/compositor/i420.ts';
import type { I420, StripPlane } from '../../../../mcu/compositor/i420.ts';

/** With rows longer than the picture, as FFmpeg has them. */
function canvas(width: number, height: number): I420 {
  const linesize = [width + 32, width / 2 + 32, width / 2 + 32];
  const rows = [height, height / 2, height / 2];
  return { width, height, linesize, data: rows.map((n, p) => new Uint8Array(n * linesize[p])) };
}

/** A plane of one value: its left half opaque, its right half half seen through. */
function plane(width: number, height: number, value: number): StripPlane {
  const rows = Array.from({ length: height }, (_, row) => row);
  const kept = Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? 0 : 127));
  return {
    width,
    height,
    kept,
    values: Buffer.from(kept.map((keep) => Math.round((value * (255 - keep)) / 255))),
    opaque: Int32Array.from(rows.flatMap((row) => [0, row, width / 2])),
    blended: Int32Array.from(rows.flatMap((row) => [width / 2, row, width / 2])),
  };
}

function row({ data, linesize }: I420, p: number, at: number, count: number): number[] {
  return [...data[p].subarray(at * linesize[p], at * linesize[p] + count)];
}

test('a fill covers its area in all planes and nothing else', () => {
  const picture = canvas(16, 8);
  fill(picture, { x: 4, y: 2, width: 8, height: 4 }, [100, 110, 120]);
  expect(row(picture, 0, 1, 16)).toEqual(Array(16).fill(0));
  expect(row(picture, 0, 2, 16)).toEqual([0, 0, 0, 0, ...Array<number>(8).fill(100), 0, 0, 0, 0]);
  expect(row(picture, 0, 6, 16)).toEqual(Array(16).fill(0));
  expect(row(picture, 1, 1, 8)).toEqual([0, 0, 110, 110, 110, 110, 0, 0]);
  expect(row(picture, 2, 2, 8)).toEqual([0, 0, 120, 120, 120, 120, 0, 0]);
  expect(row(picture, 2, 3, 8)).toEqual(Array(8).fill(0));
});

test.each([8, 64])('a strip %i wide covers where it is opaque, and mixes where it is not', (width) => {
  const picture = canvas(width + 8, 8);
  fill(picture, { x: 0, y: 0, width: width + 8, height: 8 }, [50, 60, 70]);
  const strip = {
    width,
    height: 4,
    planes: [plane(width, 4, 200), plane(width / 2, 2, 160), plane(width / 2, 2, 90)],
  };
  stamp({ ...strip, planes: [strip.planes[0], strip.planes[1], strip.planes[2]] }, picture, 4, 2);

  const half = width / 2;
  expect(row(picture, 0, 2, width + 8)).toEqual([
    ...Array<number>(4).fill(50),
    ...Array<number>(half).fill(200),
    ...Array<number>(half).fill(125),
    ...Array<number>(4).fill(50),
  ]);
  expect(row(picture, 0, 6, width + 8)).toEqual(Array(width + 8).fill(50));
  expect(row(picture, 1, 1, 4 + half)).toEqual([
    60,
    60,
    ...Array<number>(half / 2).fill(160),
    ...Array<number>(half / 2).fill(110),
    60,
    60,
  ]);
  expect(row(picture, 2, 3, 4 + half)).toEqual(Array(4 + half).fill(70));
});
