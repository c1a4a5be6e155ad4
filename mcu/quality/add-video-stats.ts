/** A leg's video figures over several processes that carried it one after the other. */
import type { LegVideoStats } from '../ports.ts';

type Received = NonNullable<LegVideoStats['received']>;
type Sent = NonNullable<LegVideoStats['sent']>;

/** As `addStats` has it: counts are added, what tells of the present is the later one's. */
export function addVideoStats(
  before: LegVideoStats | null,
  after: LegVideoStats | null,
): LegVideoStats | null {
  if (!before || !after) return after ?? before;
  return {
    ...after,
    received: addReceived(before.received, after.received),
    sent: addSent(before.sent, after.sent),
    published: after.published ?? before.published,
  };
}

function addReceived(before: Received | null, after: Received | null): Received | null {
  if (!before || !after) return after ?? before;
  const known = after.width > 0 ? after : before;
  return {
    ...after,
    width: known.width,
    height: known.height,
    packets: before.packets + after.packets,
    packetsLost: before.packetsLost + after.packetsLost,
    jitterMs: after.packets > 0 ? after.jitterMs : before.jitterMs,
    keyFrames: before.keyFrames + after.keyFrames,
    keyFramesAsked: before.keyFramesAsked + after.keyFramesAsked,
    malformed: before.malformed + after.malformed,
  };
}

function addSent(before: Sent | null, after: Sent | null): Sent | null {
  if (!before || !after) return after ?? before;
  return {
    ...after,
    packets: before.packets + after.packets,
    resent: before.resent + after.resent,
    keyFrames: before.keyFrames + after.keyFrames,
    keyFramesAsked: before.keyFramesAsked + after.keyFramesAsked,
    lossPercent: meanLoss(before, after),
  };
}

/** Weighted by what was sent. */
function meanLoss(before: Sent, after: Sent): number | null {
  const packets = before.packets + after.packets;
  if (before.lossPercent === null || after.lossPercent === null || packets === 0)
    return after.lossPercent ?? before.lossPercent;
  const lost = before.lossPercent * before.packets + after.lossPercent * after.packets;
  return Math.round((100 * lost) / packets) / 100;
}
