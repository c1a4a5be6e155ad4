/** A leg's figures over several processes that carried it one after the other. */
import type { BurstQuality, LegQuality, LegStats, ReceivedQuality, SentQuality } from '../ports.ts';
import { addVideoStats } from './add-video-stats.ts';
import { mosOf } from './e-model.ts';

/**
 * What was counted is added; shares, means and ratings are weighted by the packets that they were made of; what
 * tells of the present (jitter, delays, codecs) is the later one's, once it knows.
 */
export function addStats(before: LegStats | null, after: LegStats): LegStats {
  if (!before) return after;
  const dropped = { ...after.dropped };
  for (const cause of Object.keys(dropped) as (keyof typeof dropped)[])
    dropped[cause] += before.dropped[cause];
  return {
    packetsReceived: before.packetsReceived + after.packetsReceived,
    packetsSent: before.packetsSent + after.packetsSent,
    packetsLost: before.packetsLost + after.packetsLost,
    jitterMs: after.packetsReceived > 0 ? after.jitterMs : before.jitterMs,
    rttMs: after.rttMs ?? before.rttMs,
    dropped,
    codec: after.codec ?? before.codec,
    encryption: after.encryption ?? before.encryption,
    publishedCodec: after.publishedCodec ?? before.publishedCodec,
    quality: addQuality(before, after),
    video: addVideoStats(before.video, after.video),
  };
}

/** What a mean is made of, before and after. */
type Weights = readonly [before: number, after: number];

function addQuality(before: LegStats, after: LegStats): LegQuality | null {
  if (!before.quality || !after.quality) return after.quality ?? before.quality;
  const expected = ({ packetsReceived, packetsLost }: LegStats) => packetsReceived + Math.max(0, packetsLost);
  return {
    received: addReceived(before.quality.received, after.quality.received, [
      expected(before),
      expected(after),
    ]),
    sent: addSent(before.quality.sent, after.quality.sent, [before.packetsSent, after.packetsSent]),
  };
}

function addReceived(before: ReceivedQuality, after: ReceivedQuality, weights: Weights): ReceivedQuality {
  return {
    ...addDirection(before, after, weights),
    jitterMaxMs: Math.max(before.jitterMaxMs, after.jitterMaxMs),
    latePercent: mean(before.latePercent, after.latePercent, weights, 2) ?? 0,
    playoutDelayMs: after.playoutDelayMs,
    concealedMs: before.concealedMs + after.concealedMs,
    recoveredMs: before.recoveredMs + after.recoveredMs,
    clippedMs: before.clippedMs + after.clippedMs,
  };
}

function addSent(before: SentQuality, after: SentQuality, weights: Weights): SentQuality {
  return {
    ...addDirection(before, after, weights),
    reportedBy: after.reportedBy === 'nothing' ? before.reportedBy : after.reportedBy,
    peer: after.peer ?? before.peer,
  };
}

function addDirection<D extends ReceivedQuality | SentQuality>(before: D, after: D, weights: Weights) {
  const rFactor = mean(before.rFactor, after.rFactor, weights, 1);
  const echo = worseEcho(before, after);
  return {
    lossPercent: mean(before.lossPercent, after.lossPercent, weights, 2),
    jitterMs: after.jitterMs ?? before.jitterMs,
    burst: addBurst(before.burst, after.burst, weights),
    rFactor,
    mos: rFactor === null ? null : Math.round(mosOf(rFactor) * 100) / 100,
    echoReturnLossDb: echo.echoReturnLossDb,
    echoDelayMs: echo.echoDelayMs,
  };
}

function addBurst(
  before: BurstQuality | null,
  after: BurstQuality | null,
  weights: Weights,
): BurstQuality | null {
  if (!before || !after) return after ?? before;
  const of = (figure: keyof BurstQuality, digits: number) =>
    mean(before[figure], after[figure], weights, digits) ?? 0;
  return {
    burstLossPercent: of('burstLossPercent', 2),
    gapLossPercent: of('gapLossPercent', 2),
    burstMs: of('burstMs', 0),
    gapMs: of('gapMs', 0),
  };
}

function worseEcho<D extends ReceivedQuality | SentQuality>(before: D, after: D): D {
  return (before.echoReturnLossDb ?? Infinity) <= (after.echoReturnLossDb ?? Infinity) ? before : after;
}

/** Of those that are known. */
function mean(
  before: number | null,
  after: number | null,
  [weightBefore, weightAfter]: Weights,
  digits: number,
): number | null {
  const weight = weightBefore + weightAfter;
  if (before === null || after === null || weight === 0) return after ?? before;
  const factor = 10 ** digits;
  return Math.round(((before * weightBefore + after * weightAfter) / weight) * factor) / factor;
}
