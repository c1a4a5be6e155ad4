import { expect, test } from 'vitest';
import type { LegVideoStats } from '../../../../mcu/ports.ts';
import { addVideoStats } from '../../../../mcu/quality/add-video-stats.ts';
import { feedProfileFor } from '../../../../mcu/video/feed-profile.ts';
import { videoConfig } from '../../../support/video-peer.ts';

const stats: LegVideoStats = {
  received: {
    ...{ codec: 'H264', width: 1280, height: 720, packets: 1000, packetsLost: 10, jitterMs: 4 },
    ...{ keyFrames: 3, keyFramesAsked: 2, malformed: 1 },
  },
  sent: {
    profile: feedProfileFor(videoConfig()),
    ...{ packets: 3000, resent: 5, keyFrames: 4, keyFramesAsked: 3, lossPercent: 1 },
  },
  encryption: 'none',
  published: { codec: 'H264', transcoded: false },
};

test('what was counted is added, what is known stays, loss is weighted', () => {
  const { received, sent } = stats;
  const next: LegVideoStats = {
    received: received && { ...received, width: 0, height: 0, packets: 0, jitterMs: 0 },
    sent: sent && { ...sent, packets: 1000, lossPercent: 5 },
    encryption: 'none',
    published: null,
  };
  expect(addVideoStats(stats, next)).toMatchObject({
    received: { width: 1280, height: 720, packets: 1000, packetsLost: 20, jitterMs: 4, keyFrames: 6 },
    sent: { packets: 4000, resent: 10, keyFrames: 8, lossPercent: 2 },
    published: { codec: 'H264', transcoded: false },
  });
});

test('a process that carried no video takes nothing away', () => {
  expect(addVideoStats(stats, null)).toEqual(stats);
  expect(addVideoStats(null, stats)).toEqual(stats);
  const silent: LegVideoStats = { ...stats, received: null, sent: null };
  expect(addVideoStats(stats, silent)).toMatchObject({ received: stats.received, sent: stats.sent });
});
