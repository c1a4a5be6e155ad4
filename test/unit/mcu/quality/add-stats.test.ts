import { expect, test } from 'vitest';
import type { LegStats } from '../../../../mcu/ports.ts';
import { CarriedStats } from '../../../../mcu/control/carried-stats.ts';
import { addStats } from '../../../../mcu/quality/add-stats.ts';
import { aQuality } from '../../../fakes/quality.ts';

const { received, sent } = aQuality;
const first: LegStats = {
  packetsReceived: 900,
  packetsSent: 1000,
  packetsLost: 100,
  jitterMs: 12.5,
  rttMs: 40,
  dropped: { stranger: 1, malformed: 2, payloadType: 3, digitFlood: 4, unauthentic: 5, replayed: 6 },
  codec: 'PCMU',
  encryption: 'srtp-sdes/AES_CM_128_HMAC_SHA1_80',
  publishedCodec: 'PCMU',
  quality: { received: { ...received, lossPercent: 10, rFactor: 60 }, sent },
  video: null,
};
const second: LegStats = {
  ...first,
  packetsReceived: 3000,
  packetsSent: 3000,
  packetsLost: 0,
  jitterMs: 2,
  rttMs: null,
  publishedCodec: null,
  quality: {
    received: {
      ...received,
      lossPercent: 0,
      jitterMs: 2,
      burst: null,
      rFactor: 92,
      echoReturnLossDb: 12,
      echoDelayMs: 90,
      jitterMaxMs: 3,
      playoutDelayMs: 20,
    },
    sent: {
      ...sent,
      reportedBy: 'nothing',
      lossPercent: null,
      jitterMs: null,
      rFactor: null,
      mos: null,
      peer: null,
    },
  },
};

test('counts are added, shares and ratings are weighted by packets, the present is the later one’s', () => {
  const sum = addStats(first, second);
  expect(sum).toMatchObject({
    packetsReceived: 3900,
    packetsSent: 4000,
    packetsLost: 100,
    jitterMs: 2,
    rttMs: 40,
    dropped: { stranger: 2, malformed: 4, payloadType: 6, digitFlood: 8, unauthentic: 10, replayed: 12 },
    publishedCodec: 'PCMU',
  });
  expect(sum.quality?.received).toMatchObject({
    lossPercent: 2.5,
    jitterMs: 2,
    jitterMaxMs: received.jitterMaxMs,
    burst: received.burst,
    rFactor: 84,
    echoReturnLossDb: 12,
    echoDelayMs: 90,
    playoutDelayMs: 20,
    concealedMs: 2 * received.concealedMs,
    recoveredMs: 2 * received.recoveredMs,
    clippedMs: 2 * received.clippedMs,
  });
  expect(sum.quality?.received.mos).toBeGreaterThan(4);
  // What the peer reported before it was silent is what is known.
  expect(sum.quality?.sent).toEqual({ ...sent, mos: sum.quality?.sent.mos });
});

test('a process that counted nothing changes nothing that was counted', () => {
  const nothing: LegStats = {
    ...first,
    packetsReceived: 0,
    packetsSent: 0,
    packetsLost: 0,
    jitterMs: 0,
    dropped: { stranger: 0, malformed: 0, payloadType: 0, digitFlood: 0, unauthentic: 0, replayed: 0 },
    quality: null,
  };
  expect(addStats(first, nothing)).toEqual(first);
});

test('a leg’s figures go over any number of processes', () => {
  const stats = new CarriedStats();
  expect(stats.known).toBeNull();
  stats.are(first);
  stats.are(second);
  expect(stats.known).toEqual(second);
  stats.carry();
  stats.carry();
  expect(stats.known).toEqual(second);
  stats.are(first);
  expect(stats.known?.packetsReceived).toBe(3900);
  stats.carry();
  stats.are(first);
  expect(stats.known?.packetsReceived).toBe(4800);
});
