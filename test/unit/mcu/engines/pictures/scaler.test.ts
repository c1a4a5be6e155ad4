import {
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_RANGE_UNSPECIFIED,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  AV_PIX_FMT_NV12,
} from 'node-av/constants';
import type { AVColorRange, AVColorSpace } from 'node-av/constants';
import { afterEach, describe, expect, it } from 'vitest';
import { Canvas } from '../../../../../mcu/engines/embedded/pictures/canvas.ts';
import {
  AV_PIX_FMT_YUV420P,
  memoryOf,
  nameColours,
  newPicture,
  silence,
} from '../../../../../mcu/engines/embedded/pictures/codecs/av.ts';
import type { Frame } from '../../../../../mcu/engines/embedded/pictures/codecs/av.ts';
import { Scaler } from '../../../../../mcu/engines/embedded/pictures/codecs/scaler.ts';
import type { VideoCodec } from '../../../../../mcu/ports.ts';
import type { Area } from '../../../../../mcu/compositor/scene.ts';

silence();

const ground = 16;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function opened<T extends { close(): void }>(what: T): T {
  closers.push(() => what.close());
  return what;
}

function pictureOf(width: number, height: number, value: (x: number) => number): Frame {
  const picture = newPicture(width, height);
  closers.push(() => picture.free());
  const strides = picture.linesize;
  memoryOf(picture).forEach((plane, p) => {
    const perSample = p === 0 ? 1 : 2;
    for (let i = 0; i < plane.length; i++) plane[i] = value((i % strides[p]) * perSample);
  });
  return picture;
}

function canvasOf(width: number, height: number): Canvas {
  const canvas = opened(new Canvas({ width, height }));
  for (const plane of canvas.planes.data) plane.fill(ground);
  return canvas;
}

/** For each plane, how many samples are not `value` in the area, or no longer the ground beside it. */
function wrong({ planes }: Canvas, to: Area, value: number): number[] {
  return planes.data.map((plane, p) => {
    const shift = p === 0 ? 0 : 1;
    let count = 0;
    for (let y = 0; y < planes.height >> shift; y++) {
      for (let x = 0; x < planes.width >> shift; x++) {
        const inside =
          x >= to.x >> shift &&
          x < (to.x + to.width) >> shift &&
          y >= to.y >> shift &&
          y < (to.y + to.height) >> shift;
        const found = plane[y * planes.linesize[p] + x];
        if (inside ? Math.abs(found - value) > 1 : found !== ground) count++;
      }
    }
    return count;
  });
}

function whole({ width, height }: { readonly width: number; readonly height: number }): Area {
  return { x: 0, y: 0, width, height };
}

describe('scaling into a part of a canvas', () => {
  it.each([
    [640, 360, 424, 240],
    [640, 360, 422, 236],
    [640, 360, 416, 236],
    [1280, 720, 246, 138],
    [176, 144, 2, 2],
    [320, 180, 1272, 716],
    [320, 180, 320, 180],
    [318, 178, 318, 178],
    [642, 362, 1280, 720],
  ])('%i×%i to %i×%i covers that part, and nothing beside it', (w, h, width, height) => {
    const source = pictureOf(w, h, () => 200);
    const canvas = canvasOf(1280, 720);
    const to = { x: (1280 - width) & ~1, y: height === 720 ? 0 : 2, width, height };
    const scaler = opened(new Scaler());
    expect(scaler.scale(source, whole(source), canvas, to)).toBe(true);
    expect(wrong(canvas, to, 200)).toEqual([0, 0, 0]);
  });

  it.each([
    [176, 144],
    [640, 360],
  ])('fills a canvas of %i×%i', (width, height) => {
    const source = pictureOf(352, 288, () => 200);
    const canvas = canvasOf(width, height);
    expect(opened(new Scaler()).scale(source, whole(source), canvas, whole(canvas.planes))).toBe(true);
    expect(wrong(canvas, whole(canvas.planes), 200)).toEqual([0, 0, 0]);
  });

  it('takes the part of a source that it is told, of each shape that comes', () => {
    const canvas = canvasOf(640, 360);
    const to = { x: 20, y: 20, width: 302, height: 170 };
    const scaler = opened(new Scaler());
    for (const [width, height, first, last] of [
      [640, 480, 100, 540],
      [1280, 960, 102, 302],
      [640, 480, 100, 540],
    ]) {
      const source = pictureOf(width, height, (x) => (x >= first && x < last ? 200 : 90));
      const from = { x: first, y: 46, width: last - first, height: 170 };
      expect(scaler.scale(source, from, canvas, to)).toBe(true);
      expect(wrong(canvas, to, 200)).toEqual([0, 0, 0]);
    }
  });

  const [bt601, bt709] = [AVCOL_SPC_SMPTE170M, AVCOL_SPC_BT709];
  const [limited, full] = [AVCOL_RANGE_MPEG, AVCOL_RANGE_JPEG];
  /** Red, green and blue, in Y, Cb and Cr of what a source says. */
  const patches = [
    { says: [bt601, limited], ycc: [81, 90, 240], canvas: [81, 90, 240] },
    { says: [bt709, limited], ycc: [63, 102, 240], canvas: [81, 90, 240] },
    { says: [bt709, limited], ycc: [173, 42, 26], canvas: [145, 54, 34] },
    { says: [bt601, limited], ycc: [145, 54, 34], canvas: [145, 54, 34] },
    { says: [bt709, limited], ycc: [32, 240, 118], canvas: [41, 240, 110] },
    { says: [bt601, full], ycc: [76, 85, 255], canvas: [81, 90, 240] },
    { says: [bt709, full], ycc: [54, 99, 255], canvas: [81, 90, 240] },
    { says: [bt601, limited], ycc: [41, 240, 110], canvas: [41, 240, 110] },
  ] as const;

  it.each([
    ['whole', { x: 0, y: 0, width: 640, height: 480 }],
    ['in part', { x: 0, y: 60, width: 640, height: 360 }],
  ])('brings a source %s to the colours of the canvas, whatever it says from now on', (_, from) => {
    const canvas = canvasOf(640, 360);
    const source = pictureOf(640, 480, () => 0);
    const to = { x: 2, y: 2, width: 320, height: 180 };
    const scaler = opened(new Scaler());
    for (const { says, ycc, canvas: expected } of patches) {
      memoryOf(source).forEach((plane, p) => plane.fill(ycc[p]));
      [source.colorSpace, source.colorRange] = says;
      expect(scaler.scale(source, from, canvas, to)).toBe(true);
      canvas.planes.data.forEach((plane, p) => {
        const shift = p === 0 ? 0 : 1;
        const seen = plane[(90 >> shift) * canvas.planes.linesize[p] + (160 >> shift)];
        expect(Math.abs(seen - expected[p])).toBeLessThanOrEqual(2);
      });
    }
  });

  it('knows the colours of VP8 and H.263, and of H.264 what its stream says', () => {
    const named = (codec: VideoCodec, space: AVColorSpace, range: AVColorRange) => {
      const picture = pictureOf(16, 16, () => 0);
      picture.colorSpace = space;
      picture.colorRange = range;
      nameColours(picture, codec);
      return [picture.colorSpace, picture.colorRange];
    };
    const [nothing, unknown] = [AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED];
    expect(named('H264', nothing, unknown)).toEqual([bt601, limited]);
    expect(named('H264', bt709, limited)).toEqual([bt709, limited]);
    expect(named('H264', AVCOL_SPC_BT470BG, full)).toEqual([bt601, full]);
    // A clamping_type of 1, which FFmpeg takes for full range.
    expect(named('VP8', AVCOL_SPC_BT470BG, full)).toEqual([bt601, limited]);
    expect(named('H263', nothing, unknown)).toEqual([bt601, limited]);
  });

  it('draws on another canvas when it is given one', () => {
    const source = pictureOf(64, 64, () => 200);
    const scaler = opened(new Scaler());
    const to = { x: 4, y: 4, width: 40, height: 40 };
    const [first, second] = [canvasOf(64, 64), canvasOf(64, 64)];
    expect(scaler.scale(source, whole(source), first, to)).toBe(true);
    first.close();
    expect(scaler.scale(source, whole(source), second, to)).toBe(true);
    expect(wrong(second, to, 200)).toEqual([0, 0, 0]);
  });

  it.each([
    ['whole', { x: 0, y: 0, width: 1280, height: 960 }],
    ['in part', { x: 0, y: 120, width: 1280, height: 720 }],
  ])('tells V8 of none of the memory of what is scaled %s', (_, from) => {
    const source = pictureOf(1280, 960, () => 200);
    const canvas = canvasOf(1280, 720);
    const to = { x: 2, y: 2, width: 398, height: 224 };
    const scaler = opened(new Scaler());
    scaler.scale(source, from, canvas, to);
    const before = process.memoryUsage().external;
    // Another object of node-av's each time, as a decoder's are.
    const next = source.clone();
    expect(next && scaler.scale(next, from, canvas, to)).toBe(true);
    next?.free();
    expect(process.memoryUsage().external - before).toBeLessThan(100_000);
  });

  it('refuses what reaches beyond it, and formats that it does not know', () => {
    const source = pictureOf(64, 64, () => 200);
    const canvas = canvasOf(64, 64);
    const all = whole(source);
    const scaler = opened(new Scaler());
    expect(scaler.scale(source, all, canvas, { ...all, x: 2 })).toBe(false);
    expect(scaler.scale(source, { ...all, height: 66 }, canvas, all)).toBe(false);
    source.format = AV_PIX_FMT_NV12;
    expect(scaler.scale(source, all, canvas, all)).toBe(false);
    source.format = AV_PIX_FMT_YUV420P;
    expect(scaler.scale(source, all, canvas, all)).toBe(true);
  });
});
