import { expect, test } from 'vitest';
import { assessReceived, assessSent } from '../../../../mcu/quality/assess.ts';
import type { Reception, Sending } from '../../../../mcu/quality/assess.ts';
import { noFigures } from '../../../../mcu/quality/figures.ts';

const clean: Reception = {
  codec: 'PCMU',
  received: 3000,
  lost: 0,
  jitterMs: 1,
  jitterMaxMs: 2,
  burst: null,
  packetMs: 20,
  rttMs: 20,
  figures: { ...noFigures, playoutDelayMs: 40 },
};
const sending: Sending = { codec: 'PCMU', packetMs: 20, rttMs: 20, report: null, figures: noFigures };
const mosOfReceived = (changes: Partial<Reception>) => assessReceived({ ...clean, ...changes }).mos ?? 0;

test('a clean call has a good score, and nothing is scored before there is anything to score', () => {
  expect(mosOfReceived({})).toBeGreaterThan(4.3);
  expect(assessReceived({ ...clean, received: 10 })).toMatchObject({ mos: null, rFactor: null });
  expect(assessReceived({ ...clean, received: 0 })).toMatchObject({ lossPercent: null, jitterMs: null });
});

test('loss, late packets, round trip and playout delay each lower the score', () => {
  const good = mosOfReceived({});
  expect(mosOfReceived({ lost: 150 })).toBeLessThan(good - 0.3);
  expect(mosOfReceived({ figures: { ...clean.figures, latePackets: 150 } })).toBeLessThan(good - 0.3);
  expect(mosOfReceived({ rttMs: 600 })).toBeLessThan(good - 0.3);
  expect(mosOfReceived({ figures: { ...clean.figures, playoutDelayMs: 300 } })).toBeLessThan(good - 0.3);
  const burst = {
    bursts: 3,
    burstLossPercent: 100,
    gapLossPercent: 0,
    burstMs: 400,
    gapMs: 5000,
    burstRatio: 8,
  };
  expect(mosOfReceived({ lost: 150, burst })).toBeLessThan(mosOfReceived({ lost: 150 }));
});

test('what error correction recovered is lost on the network, but not for the ear', () => {
  const recovering = { ...clean.figures, latePackets: 50, recoveredMs: 200 * 20 };
  const most = { codec: 'opus', lost: 250 } as const;
  const shown = assessReceived({ ...clean, ...most, figures: recovering });
  expect(shown).toMatchObject({ lossPercent: 7.69, recoveredMs: 4000 });
  expect(shown.mos).toBe(mosOfReceived({ received: 3150, codec: 'opus', lost: 100 }));
  // FEC may copy what came twice.
  const all = { ...clean.figures, recoveredMs: 9999 };
  expect(mosOfReceived({ ...most, figures: all })).toBe(mosOfReceived({}));
});

test('a peer that reports nothing leaves its direction open', () => {
  expect(assessSent(sending)).toMatchObject({
    reportedBy: 'nothing',
    lossPercent: null,
    mos: null,
    peer: null,
  });
});

test('receiver reports give loss, jitter and a score; VoIP metrics bursts and the peer’s opinion too', () => {
  const report = { lost: 60, jitterMs: 8, sent: 3000, metrics: null };
  const plain = assessSent({ ...sending, report });
  expect(plain).toMatchObject({ reportedBy: 'rr', lossPercent: 2, jitterMs: 8, burst: null, peer: null });
  const metrics = {
    ssrc: 1,
    lossPercent: 2,
    discardPercent: 1,
    burstLossPercent: 80,
    gapLossPercent: 0,
    burstMs: 200,
    gapMs: 7800,
    roundTripMs: 20,
    endSystemMs: 90,
    signalDb: null,
    noiseDb: null,
    echoReturnLossDb: null,
    gmin: 16,
    rFactor: 75,
    mosLq: 3.9,
    mosCq: null,
    playoutNominalMs: 60,
    playoutMostMs: 60,
    playoutLimitMs: 60,
  };
  const full = assessSent({ ...sending, report: { ...report, metrics } });
  expect(full).toMatchObject({
    reportedBy: 'xr',
    burst: { burstLossPercent: 80, gapLossPercent: 0, burstMs: 200, gapMs: 7800 },
    peer: { rFactor: 75, mosLq: 3.9, mosCq: null, endSystemMs: 90, latePercent: 1 },
  });
  expect(full.mos).toBeLessThan(plain.mos ?? 0);
});

test('a report of more lost than was sent, or of doubles, stays within bounds', () => {
  const of = (lost: number) =>
    assessSent({ ...sending, report: { lost, jitterMs: 0, sent: 100, metrics: null } });
  expect(of(5000).lossPercent).toBe(100);
  expect(of(-20).lossPercent).toBe(0);
});
