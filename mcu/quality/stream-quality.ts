/** The figures of one audio stream, gathered from those who count them. */
import type { AudioCodec, LegQuality, MemberFigures } from '../ports.ts';
import type { PeerReports } from '../rtp/peer-reports.ts';
import type { ReceptionMeter } from '../rtp/reception.ts';
import { afterCorrection, assessReceived, assessSent, voipMetricsOf } from './assess.ts';
import type { VoipMetrics } from './xr.ts';

export interface StreamFacts {
  readonly codec: AudioCodec;
  /** What we put into a packet. */
  readonly ptimeMs: number;
  readonly clockPerMs: number;
  /** RTP packets of the peer. */
  readonly received: number;
  readonly reception: ReceptionMeter;
  readonly reports: PeerReports;
}

/** `figures`: what the engine measured of the same voice. */
export function qualityOf(facts: StreamFacts, figures: MemberFigures): LegQuality {
  const { codec, ptimeMs, clockPerMs, received, reception, reports } = facts;
  const { tracker, jitterMaxMs, packetMs } = reception;
  const { rttMs } = reports;
  return {
    received: assessReceived({
      codec,
      received,
      lost: Math.max(0, tracker.lost),
      jitterMs: tracker.jitter / clockPerMs,
      jitterMaxMs,
      burst: reception.burst(),
      packetMs,
      rttMs,
      figures,
    }),
    sent: assessSent({ codec, packetMs: ptimeMs, rttMs, report: reports.report(clockPerMs), figures }),
  };
}

/** The same for the peer, as RTCP XR. */
export function metricsFor(facts: StreamFacts, figures: MemberFigures): VoipMetrics {
  const { codec, received, reception, reports } = facts;
  const lost = Math.max(0, reception.tracker.lost);
  const { packetMs } = reception;
  const voice = {
    ssrc: reception.ssrc,
    codec,
    packetMs,
    rttMs: reports.rttMs,
    lossPercent: afterCorrection({ received, lost, packetMs, figures }, lost),
    burstRatio: reception.burst()?.burstRatio ?? 1,
    playoutLimitMs: figures.playoutLimitMs,
  };
  return voipMetricsOf(voice, qualityOf(facts, figures));
}
