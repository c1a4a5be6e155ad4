import { expect, test } from 'vitest';
import { knownLevel, levelLimits } from '../../../../../mcu/video/h264/levels.ts';
import { readProfileLevelId } from '../../../../../mcu/video/h264/profile.ts';
import { readSps } from '../../../../../mcu/video/h264/sps.ts';

test.each([
  // What x264 writes; the first needs cropping, the second is interlaced.
  ['67640028acd940780227e5c044000003000400000300f03c60c658', 1920, 1080, 'high', 40],
  ['67640028acd94078044fde0220000003002000000783e2c5b2c0', 1920, 1080, 'high', 40],
  ['674d401eeca05017fcb80880000003008000001e078b16cb', 640, 360, 'main', 30],
  ['6742c00dd9016096c044000003000400000300f03c50a920', 352, 288, 'constrained-baseline', 13],
  ['6764000bacd942c4ec0440000003004000000f03c50a6580', 176, 144, 'high', 11],
  ['67640020acd94056061e6f0110000003001000000303c0f1831960', 1366, 768, 'high', 32],
  // High 4:2:2 and High 4:4:4: none of our profiles, but their size is read.
  ['677a000db6cd941519e222f0110000030001000003003c0f142996', 322, 182, null, 13],
  ['67f4000d919b282a33c2119ff85a805a4880000003008000001e078a14cb', 321, 181, null, 13],
])('an SPS tells size, profile and level: %s', (hex, width, height, profile, level) => {
  const sps = Buffer.from(hex, 'hex');
  expect(readSps(sps, 0, sps.length)).toMatchObject({ width, height, profile, level });
});

test('level 1b is told apart from level 1.1', () => {
  const sps = Buffer.from('6742c00dd9016096c044000003000400000300f03c50a920', 'hex');
  sps[2] = 0xd0;
  sps[3] = 11;
  expect(readSps(sps, 0, sps.length)?.level).toBe(9);
  sps[2] = 0xc0;
  expect(readSps(sps, 0, sps.length)?.level).toBe(11);
});

test('an SPS that ends early, or says what can’t be, is none', () => {
  const sps = Buffer.from('67640028acd940780227e5c044000003000400000300f03c60c658', 'hex');
  for (let length = 0; length < 11; length++) expect(readSps(sps, 0, length)).toBeNull();
  expect(readSps(Buffer.alloc(40), 0, 40)).toBeNull();
});

test.each([
  ['42e01f', 'constrained-baseline', 31],
  ['42E01F', 'constrained-baseline', 31],
  ['42801f', 'baseline', 31],
  ['428014', 'baseline', 20],
  ['4D0028', 'main', 40],
  ['4d8028', 'constrained-baseline', 40],
  ['640028', 'high', 40],
  ['640c1f', 'high', 31],
  ['58c00d', 'constrained-baseline', 13],
  ['58800d', 'baseline', 13],
  // Level 1b: constraint_set3 in Baseline, its own number in High.
  ['42900b', 'baseline', 9],
  ['640009', 'high', 9],
  // A Tandberg 990 MXP leaves out the zero of its level.
  ['4280D', 'baseline', 13],
  [' 42e01f ', 'constrained-baseline', 31],
  // Without one: Baseline, level 1.
  ['', 'baseline', 10],
  [undefined, 'baseline', 10],
  // Levels that the table doesn't have promise the one below.
  ['42e0ff', 'constrained-baseline', 62],
  ['42e023', 'constrained-baseline', 32],
  ['42e000', 'constrained-baseline', 10],
])('profile-level-id %s is %s at level %s', (text, profile, level) => {
  expect(readProfileLevelId(text)).toEqual({ profile, level });
});

test.each(['58001f', '6e001f', 'xyz', '42e01f0', '42', '42e0 1f'])(
  'profile-level-id %s is none of ours',
  (text) => {
    expect(readProfileLevelId(text)).toBeNull();
  },
);

test('levels allow what table A-1 says, and High a quarter more bits', () => {
  expect(levelLimits(31, 'constrained-baseline')).toEqual({
    maxFrameMacroblocks: 3600,
    maxMacroblocksPerSecond: 108_000,
    maxBitrate: 14_000_000,
  });
  expect(levelLimits(31, 'high').maxBitrate).toBe(17_500_000);
  expect(levelLimits(9, 'baseline')).toMatchObject({ maxFrameMacroblocks: 99, maxBitrate: 128_000 });
  expect(levelLimits(10, 'baseline')).toMatchObject({ maxFrameMacroblocks: 99, maxBitrate: 64_000 });
  expect(knownLevel(255)).toBe(62);
});
