import type { LegQuality, LegVideoStats } from '../../mcu/ports.ts';
import { feedProfileFor } from '../../mcu/video/feed-profile.ts';
import { videoConfig } from '../support/video-peer.ts';

/** A call on a bad line, with every figure known. */
export const aQuality: LegQuality = {
  received: {
    lossPercent: 4.25,
    jitterMs: 12.5,
    burst: { burstLossPercent: 40, gapLossPercent: 0.5, burstMs: 220, gapMs: 4100 },
    rFactor: 71.2,
    mos: 3.65,
    echoReturnLossDb: 18.5,
    echoDelayMs: 180,
    jitterMaxMs: 40.1,
    latePercent: 0.75,
    playoutDelayMs: 60,
    concealedMs: 1240,
    recoveredMs: 380,
    clippedMs: 3.5,
  },
  sent: {
    lossPercent: 1,
    jitterMs: 5,
    burst: { burstLossPercent: 30, gapLossPercent: 0, burstMs: 100, gapMs: 9000 },
    rFactor: 88,
    mos: 4.3,
    echoReturnLossDb: null,
    echoDelayMs: null,
    reportedBy: 'xr',
    peer: { rFactor: 87, mosLq: 4.2, mosCq: 4.1, endSystemMs: 80, latePercent: 0.4 },
  },
};

/** As a room system's figures come from a media node. */
export const aVideo: LegVideoStats = {
  received: {
    ...{ codec: 'H264', width: 1280, height: 720, packets: 1000, packetsLost: 10, jitterMs: 4 },
    ...{ keyFrames: 3, keyFramesAsked: 2, malformed: 1 },
  },
  sent: {
    profile: feedProfileFor(videoConfig()),
    ...{ packets: 3000, resent: 5, keyFrames: 4, keyFramesAsked: 3, lossPercent: 1 },
  },
  encryption: 'none',
  failed: null,
  published: { codec: 'H264', transcoded: false },
};
