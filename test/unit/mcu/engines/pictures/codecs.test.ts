import { describe, expect, it } from 'vitest';
import { newPicture, silence } from '../../../../../mcu/engines/embedded/pictures/codecs/av.ts';
import type { Frame } from '../../../../../mcu/engines/embedded/pictures/codecs/av.ts';
import { VideoDecoder } from '../../../../../mcu/engines/embedded/pictures/codecs/decoder.ts';
import { VideoEncoder } from '../../../../../mcu/engines/embedded/pictures/codecs/encoder.ts';
import type { FeedProfile } from '../../../../../mcu/ports.ts';
import { eachNal } from '../../../../../mcu/video/h264/nal.ts';
import { until } from '../../../../support/until.ts';

silence();

const profile: FeedProfile = {
  codec: 'H264',
  h264Profile: 'constrained-baseline',
  packetizationMode: 1,
  width: 640,
  height: 360,
  fps: 30,
  bitrate: 800_000,
};

/** Noise that moves: no encoder leaves anything of it out. */
function scribble(picture: Frame, seed: number): void {
  for (const plane of picture.data ?? []) {
    for (let i = 0; i < plane.length; i++) plane[i] = (Math.imul(i + seed * 7919, 2654435761) >>> 26) + 90;
  }
}

interface Unit {
  readonly data: Buffer;
  readonly keyFrame: boolean;
}

async function encode(
  encoder: VideoEncoder,
  count: number,
  keyFrames: readonly number[] = [],
): Promise<Unit[]> {
  const picture = newPicture(encoder.profile.width, encoder.profile.height);
  const units: Unit[] = [];
  for (let i = 0; i < count; i++) {
    scribble(picture, i);
    await encoder.encode(picture, BigInt(i * 3000), keyFrames.includes(i), (data, keyFrame) =>
      units.push({ data: Buffer.from(data), keyFrame }),
    );
  }
  picture.free();
  return units;
}

function nals(unit: Buffer): { type: number; bytes: number }[] {
  const found: { type: number; bytes: number }[] = [];
  eachNal(unit, 0, unit.length, (from, to) => {
    found.push({ type: unit[from] & 0x1f, bytes: to - from });
    return true;
  });
  return found;
}

describe('encoders', () => {
  it('give a unit for each frame, and parameter sets with every key frame that was asked for', async () => {
    const encoder = await VideoEncoder.open(profile);
    const units = await encode(encoder, 10, [6]);
    encoder.close();
    expect(units.map(({ keyFrame }) => keyFrame)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => i % 6 === 0),
    );
    for (const { data } of units.filter(({ keyFrame }) => keyFrame)) {
      expect(nals(data).map(({ type }) => type)).toEqual(expect.arrayContaining([7, 8, 5]));
    }
  });

  it.each([
    ['constrained-baseline', 66],
    ['main', 77],
    ['high', 100],
  ] as const)('write the profile %s', async (h264Profile, idc) => {
    const encoder = await VideoEncoder.open({ ...profile, h264Profile });
    const [{ data }] = await encode(encoder, 1);
    encoder.close();
    const sps = data.indexOf(Buffer.from([0, 0, 1, 0x67])) + 4;
    expect(data[sps]).toBe(idc);
    // constraint_set1_flag: what hardware decoders look for.
    if (idc === 66) expect(data[sps + 1] & 0x40).toBe(0x40);
    expect(data[sps + 2]).toBe(30);
  });

  it('keep slices within packets for packetization-mode 0', async () => {
    const encoder = await VideoEncoder.open({ ...profile, packetizationMode: 0 });
    const units = await encode(encoder, 5);
    encoder.close();
    const largest = Math.max(...units.flatMap(({ data }) => nals(data).map(({ bytes }) => bytes)));
    expect(largest).toBeLessThanOrEqual(1180);
  });

  it('take another rate while they run', async () => {
    const encoder = await VideoEncoder.open(profile);
    const bytes = async () => {
      const units = await encode(encoder, 45);
      return units.slice(15).reduce((sum, { data }) => sum + data.length, 0);
    };
    const before = await bytes();
    expect(encoder.setBitrate(200_000)).toBe(true);
    expect(await bytes()).toBeLessThan(before * 0.6);
    encoder.close();
  });

  it('close while they encode', async () => {
    const encoder = await VideoEncoder.open(profile);
    const encoding = encode(encoder, 1);
    encoder.close();
    expect(await encoding).toEqual([]);
  });
});

describe('decoders', () => {
  async function frames(count: number): Promise<Unit[]> {
    const encoder = await VideoEncoder.open(profile);
    const units = await encode(encoder, count);
    encoder.close();
    return units;
  }

  function decoder() {
    const seen: number[] = [];
    const work: boolean[] = [];
    let asked = 0;
    const made = new VideoDecoder('H264', {
      onFrame: (frame) => seen.push(Number(frame.pts)),
      onKeyFrameNeeded: () => asked++,
      onWork: (busy) => work.push(busy),
    });
    return { decoder: made, seen, work, asked: () => asked };
  }

  it('give each frame with its timestamp, and none before a key frame', async () => {
    const { decoder: made, seen, asked } = decoder();
    const units = await frames(4);
    made.push({ ...units[1], timestamp: 1 });
    expect(asked()).toBe(1);
    units.forEach((unit, i) => made.push({ ...unit, timestamp: 10 + i }));
    await until('all of them', () => seen.length === 4);
    expect(seen).toEqual([10, 11, 12, 13]);
    made.close();
  });

  it('that fall behind leave out frames up to the next key frame', async () => {
    const { decoder: made, seen, asked } = decoder();
    const [key, ...deltas] = await frames(20);
    made.push({ ...key, timestamp: 0 });
    for (let i = 0; i < 40; i++) made.push({ ...deltas[i % deltas.length], timestamp: i + 1 });
    expect(made.dropped).toBeGreaterThan(0);
    expect(asked()).toBeGreaterThan(0);
    made.push({ ...key, timestamp: 999 });
    await until('the key frame', () => seen.includes(999));
    made.close();
  });

  it('count what they can not decode, and ask for a key frame', async () => {
    const { decoder: made, seen, asked } = decoder();
    const [key] = await frames(1);
    made.push({ data: Buffer.alloc(2000, 0x5a), timestamp: 1, keyFrame: true });
    await until('it is counted', () => made.broken === 1);
    expect(asked()).toBe(1);
    made.push({ ...key, timestamp: 2 });
    await until('the key frame', () => seen.includes(2));
    made.close();
  });
});
