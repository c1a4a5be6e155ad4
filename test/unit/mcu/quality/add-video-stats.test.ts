import { expect, test } from 'vitest';
import type { LegVideoStats } from '../../../../mcu/ports.ts';
import { addVideoStats } from '../../../../mcu/quality/add-video-stats.ts';
import { aVideo as stats } from '../../../fakes/quality.ts';

test('what was counted is added, what is known stays, loss is weighted', () => {
  const { received, sent } = stats;
  const next: LegVideoStats = {
    received: received && { ...received, width: 0, height: 0, packets: 0, jitterMs: 0 },
    sent: sent && { ...sent, packets: 1000, lossPercent: 5 },
    encryption: 'none',
    failed: null,
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
