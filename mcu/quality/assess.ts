/** From what was counted to what is shown: each direction's loss, burst, delay and the score they give. */
import type {
  AudioCodec,
  BurstQuality,
  LegQuality,
  MemberFigures,
  ReceivedQuality,
  SentQuality,
} from '../ports.ts';
import { gmin } from './burst.ts';
import type { BurstFigures } from './burst.ts';
import { mosOf, ratingOf } from './e-model.ts';
import type { VoipMetrics } from './xr.ts';

/** Before that much was heard, a score would be chance. */
const leastPackets = 50;
/** What a receiver holds back at least, when it doesn't say (one packet and its successor). */
const leastBufferMs = 40;

export interface Reception {
  readonly codec: AudioCodec;
  /** RTP packets of the peer, received and lost; loss is never negative here. */
  readonly received: number;
  readonly lost: number;
  readonly jitterMs: number;
  readonly jitterMaxMs: number;
  readonly burst: BurstFigures | null;
  readonly packetMs: number;
  readonly rttMs: number | null;
  readonly figures: MemberFigures;
}

export function assessReceived(reception: Reception): ReceivedQuality {
  const { codec, received, jitterMs, jitterMaxMs, burst, packetMs, rttMs, figures } = reception;
  const expected = received + reception.lost;
  const lossPercent = share(reception.lost, expected);
  const latePercent = share(figures.latePackets, expected);
  const bufferMs = figures.playoutDelayMs ?? likelyBufferMs(jitterMs);
  const rating =
    received < leastPackets
      ? null
      : ratingOf({
          codec,
          lossPercent: afterCorrection(reception, reception.lost + figures.latePackets),
          burstRatio: burst?.burstRatio ?? 1,
          delayMs: (rttMs ?? 0) / 2 + bufferMs + packetMs,
        });
  const echo = figures.echoOfSent;
  return {
    lossPercent: expected === 0 ? null : rounded(lossPercent, 2),
    jitterMs: expected === 0 ? null : rounded(jitterMs, 1),
    burst: burst && shownBurst(burst),
    ...scored(rating),
    echoReturnLossDb: echo && rounded(echo.lossDb, 1),
    echoDelayMs: echo && echo.delayMs,
    jitterMaxMs: rounded(jitterMaxMs, 1),
    latePercent: rounded(latePercent, 2),
    playoutDelayMs: figures.playoutDelayMs,
    concealedMs: Math.round(figures.concealedMs),
    recoveredMs: Math.round(figures.recoveredMs),
    clippedMs: rounded(figures.clippedMs, 1),
  };
}

/**
 * The share of `missing` packets, in percent, without those whose sound in-band FEC recovered. The E-model's loss is
 * what the listener hears concealed, and the copy in the next packet is the same speech, coded at a lower rate.
 */
export function afterCorrection(
  { received, lost, packetMs, figures }: Pick<Reception, 'received' | 'lost' | 'packetMs' | 'figures'>,
  missing: number,
): number {
  return share(Math.max(0, missing - figures.recoveredMs / packetMs), received + lost);
}

/** What the peer told of our voice. */
export interface PeerReport {
  readonly lost: number;
  readonly jitterMs: number;
  /** How many packets we had sent when it came. */
  readonly sent: number;
  readonly metrics: VoipMetrics | null;
}

export interface Sending {
  readonly codec: AudioCodec;
  readonly packetMs: number;
  readonly rttMs: number | null;
  /** Null: the peer reported nothing. */
  readonly report: PeerReport | null;
  readonly figures: MemberFigures;
}

export function assessSent(sending: Sending): SentQuality {
  const { codec, packetMs, rttMs, report, figures } = sending;
  const metrics = report?.metrics ?? null;
  const echo = figures.echoOfReceived;
  const lossPercent = report ? share(Math.max(0, report.lost), report.sent) : 0;
  const rating =
    !report || report.sent < leastPackets
      ? null
      : ratingOf({
          codec,
          lossPercent: lossPercent + (metrics?.discardPercent ?? 0),
          burstRatio: metrics ? likelyBurstRatio(metrics) : 1,
          delayMs:
            (rttMs ?? 0) / 2 + (metrics?.playoutNominalMs ?? likelyBufferMs(report.jitterMs)) + packetMs,
        });
  return {
    lossPercent: report && rounded(lossPercent, 2),
    jitterMs: report && rounded(report.jitterMs, 1),
    burst: metrics && shownBurst(metrics),
    ...scored(rating),
    echoReturnLossDb: echo && rounded(echo.lossDb, 1),
    echoDelayMs: echo && echo.delayMs,
    reportedBy: metrics ? 'xr' : report ? 'rr' : 'nothing',
    peer: metrics && {
      rFactor: metrics.rFactor,
      mosLq: metrics.mosLq,
      mosCq: metrics.mosCq,
      endSystemMs: metrics.endSystemMs,
      latePercent: rounded(metrics.discardPercent, 2),
    },
  };
}

export interface MeasuredVoice {
  readonly ssrc: number;
  readonly codec: AudioCodec;
  readonly packetMs: number;
  readonly rttMs: number | null;
  readonly burstRatio: number;
  readonly playoutLimitMs: number;
  /** Lost in spite of error correction. */
  readonly lossPercent: number;
}

/** What we measured of a voice, for its sender (RFC 3611 §4.7). */
export function voipMetricsOf(voice: MeasuredVoice, { received, sent }: LegQuality): VoipMetrics {
  // §4.7.1: after the effects of any error protection.
  const { lossPercent } = voice;
  const playoutMs = received.playoutDelayMs ?? likelyBufferMs(received.jitterMs ?? 0);
  // §4.7.5: the listening score knows no delay.
  const listening = ratingOf({
    codec: voice.codec,
    lossPercent: lossPercent + received.latePercent,
    burstRatio: voice.burstRatio,
    delayMs: 0,
  });
  return {
    ssrc: voice.ssrc,
    lossPercent,
    discardPercent: received.latePercent,
    burstLossPercent: received.burst?.burstLossPercent ?? 0,
    gapLossPercent: received.burst?.gapLossPercent ?? 0,
    burstMs: received.burst?.burstMs ?? 0,
    gapMs: received.burst?.gapMs ?? 0,
    roundTripMs: voice.rttMs ?? 0,
    endSystemMs: playoutMs + voice.packetMs,
    signalDb: null,
    noiseDb: null,
    echoReturnLossDb: sent.echoReturnLossDb,
    gmin,
    rFactor: received.rFactor,
    mosLq: received.mos === null ? null : mosOf(listening),
    mosCq: received.mos,
    playoutNominalMs: playoutMs,
    playoutMostMs: playoutMs,
    playoutLimitMs: Math.max(playoutMs, voice.playoutLimitMs),
  };
}

/** A buffer that covers nearly all of the jitter, where the real one is not known. */
function likelyBufferMs(jitterMs: number): number {
  return Math.max(leastBufferMs, 2 * jitterMs);
}

/** The burst ratio of two states in which packets are lost at random, each with its own density. */
function likelyBurstRatio({ burstLossPercent, gapLossPercent, burstMs, gapMs }: VoipMetrics): number {
  const whole = burstMs + gapMs;
  if (whole === 0) return 1;
  const inBurst = Math.min(0.99, burstLossPercent / 100);
  const inGap = Math.min(0.99, gapLossPercent / 100);
  const lost = (inBurst * burstMs + inGap * gapMs) / whole;
  const runs = (inBurst * (1 - inBurst) * burstMs + inGap * (1 - inGap) * gapMs) / whole;
  return runs === 0 ? 1 : Math.max(1, (lost / runs) * (1 - lost));
}

function shownBurst(burst: BurstQuality): BurstQuality {
  return {
    burstLossPercent: rounded(burst.burstLossPercent, 2),
    gapLossPercent: rounded(burst.gapLossPercent, 2),
    burstMs: Math.round(burst.burstMs),
    gapMs: Math.round(burst.gapMs),
  };
}

function scored(rating: number | null): { rFactor: number | null; mos: number | null } {
  return {
    rFactor: rating === null ? null : rounded(rating, 1),
    mos: rating === null ? null : rounded(mosOf(rating), 2),
  };
}

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(100, (100 * part) / whole);
}

function rounded(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
