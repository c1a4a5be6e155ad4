import { expect, test } from 'vitest';
import type { H264Limits, H263Limits, LegVideoConfig, VideoCodec } from '../../../../mcu/ports/video.ts';
import { levelLimits } from '../../../../mcu/video/h264/levels.ts';
import { feedProfileFor, profileWithin } from '../../../../mcu/video/feed-profile.ts';

function device(
  codec: VideoCodec,
  maxBitrate: number,
  limits: Partial<H264Limits> & { level?: number } = {},
  h263?: H263Limits,
): LegVideoConfig {
  const { level = 31, profile = 'constrained-baseline' } = limits;
  return {
    codec,
    payloadType: 96,
    ...(codec === 'H264'
      ? { h264: { profile, level, packetizationMode: 1, ...levelLimits(level, profile), ...limits } }
      : {}),
    ...(h263 === undefined ? {} : { h263 }),
    feedback: { nack: true, pli: true, fir: true, tmmbr: true },
    maxBitrate,
    remote: { address: '127.0.0.1', rtpPort: 4000, rtcpPort: 4001 },
    direction: 'sendrecv',
  };
}

const said = (config: LegVideoConfig): string => {
  const { width, height, fps, bitrate } = feedProfileFor(config);
  return `${width}×${height}@${fps} ${bitrate / 1000}k`;
};

test.each([
  // Level, bandwidth, and what else the fmtp line says.
  [{ level: 40 }, 6_000_000, '1920×1080@30 3000k'],
  [{ level: 40 }, 2_600_000, '1920×1080@30 2500k'],
  [{ level: 40 }, 1_920_000, '1280×720@30 1500k'],
  [{ level: 31 }, 6_000_000, '1280×720@30 1500k'],
  [{ level: 31 }, 1_300_000, '1280×720@30 1200k'],
  [{ level: 31 }, 1_100_000, '1024×576@30 1000k'],
  [{ level: 31 }, 768_000, '640×360@30 600k'],
  [{ level: 31 }, 384_000, '640×360@30 300k'],
  [{ level: 31 }, 256_000, '640×360@15 200k'],
  [{ level: 31 }, 128_000, '320×180@15 100k'],
  [{ level: 31 }, 20_000, '320×180@15 20k'],
  // Cisco and Poly: level 1.3, but 1080p by max-fs and max-mbps.
  [
    { level: 13, maxFrameMacroblocks: 8160, maxMacroblocksPerSecond: 245_000, maxBitrate: 5_000_000 },
    6_000_000,
    '1920×1080@30 3000k',
  ],
  [{ level: 31, maxMacroblocksPerSecond: 60_000 }, 6_000_000, '1280×720@15 1000k'],
  [{ level: 31, maxFps: 29.97 }, 6_000_000, '1280×720@30 1500k'],
  [{ level: 31, maxFps: 15 }, 6_000_000, '1280×720@15 1000k'],
  [{ level: 31, maxFps: 7.5 }, 6_000_000, '1280×720@7 1000k'],
  [{ level: 31, maxBitrate: 640_000 }, 6_000_000, '640×360@30 600k'],
  [{ level: 30 }, 6_000_000, '640×360@30 600k'],
  [{ level: 13 }, 6_000_000, '352×288@30 400k'],
  [{ level: 12 }, 6_000_000, '352×288@15 200k'],
  [{ level: 11 }, 6_000_000, '176×144@30 150k'],
  [{ level: 9 }, 6_000_000, '176×144@15 100k'],
  [{ level: 10 }, 6_000_000, '176×144@15 64k'],
])('H.264 %o with %i bit/s is sent %s', (limits, bitrate, feed) => {
  expect(said(device('H264', bitrate, limits))).toBe(feed);
});

test.each([
  ['VP8', undefined, 6_000_000, '1280×720@30 1500k'],
  ['VP8', undefined, 500_000, '640×360@30 400k'],
  ['H263', { qcifInterval: 1, cifInterval: 1 }, 1_000_000, '352×288@30 400k'],
  ['H263', { qcifInterval: 1, cifInterval: 2 }, 1_000_000, '352×288@15 200k'],
  ['H263-1998', { qcifInterval: 1, cifInterval: 4 }, 1_000_000, '352×288@7 200k'],
  ['H263', { qcifInterval: 2, cifInterval: null }, 1_000_000, '176×144@15 100k'],
  ['H263', undefined, 1_000_000, '176×144@15 100k'],
] as const)('%s %o with %i bit/s is sent %s', (codec, h263, bitrate, feed) => {
  expect(said(device(codec, bitrate, {}, h263))).toBe(feed);
});

test.each([
  [{ maxFrameMacroblocks: 8160, maxFps: 60 }, '1280×720@30 1500k'],
  [{ maxFrameMacroblocks: 3600, maxFps: 15 }, '1280×720@15 1000k'],
  [{ maxFrameMacroblocks: 1200, maxFps: 30 }, '640×360@30 600k'],
  [{ maxFrameMacroblocks: 396, maxFps: 30 }, '352×288@30 400k'],
])('VP8 %o is sent %s', (vp8, feed) => {
  expect(said({ ...device('VP8', 6_000_000), vp8 })).toBe(feed);
});

test('devices of all profiles share a feed', () => {
  const feeds = (['constrained-baseline', 'baseline', 'main', 'high'] as const).map((profile) =>
    feedProfileFor(device('H264', 1_800_000, { profile })),
  );
  for (const feed of feeds) expect(feed).toEqual(feeds[0]);
  expect(feeds[0]).toMatchObject({ h264Profile: 'constrained-baseline', packetizationMode: 1 });
});

test('no feed is higher than the machine shall make', () => {
  const feed = (maxHeight: number, config: LegVideoConfig) => {
    const { width, height, fps } = feedProfileFor(config, maxHeight);
    return `${width}×${height}@${fps}`;
  };
  const roomSystem = device('H264', 6_000_000, { level: 40 });
  expect([1080, 720, 360].map((most) => feed(most, roomSystem))).toEqual([
    '1920×1080@30',
    '1280×720@30',
    '640×360@30',
  ]);
  expect(feed(360, device('H263', 1_000_000, {}, { qcifInterval: 1, cifInterval: 1 }))).toBe('352×288@30');
});

test('a limit on the way leads down the same ladder', () => {
  const full = feedProfileFor(device('H264', 6_000_000, { level: 40 }));
  expect(profileWithin(full, 10_000_000)).toBe(full);
  expect(profileWithin(full, 1_600_000)).toEqual(feedProfileFor(device('H264', 1_600_000, { level: 40 })));
  expect(profileWithin(full, 500_000)).toMatchObject({ width: 640, height: 360, fps: 30, bitrate: 400_000 });
  const cif = feedProfileFor(device('H263', 1_000_000, {}, { qcifInterval: 1, cifInterval: 1 }));
  expect(profileWithin(cif, 90_000)).toMatchObject({
    codec: 'H263',
    width: 176,
    height: 144,
    bitrate: 64_000,
  });
});
