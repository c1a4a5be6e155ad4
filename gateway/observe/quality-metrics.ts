import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { LegQuality } from '../ports.ts';

const directions = ['received', 'sent'] as const;
const labelNames = ['direction'] as const;

/** How calls sounded, counted when they end. Gives the function that counts one. */
export function createQualityMetrics(registry: Registry): (quality: LegQuality) => void {
  const registers = [registry];
  const mos = new Histogram({
    name: 'gateway_call_mos',
    help: 'Mean opinion score of calls by the E-model (ITU-T G.107), by direction',
    labelNames,
    buckets: [1.5, 2, 2.5, 3, 3.3, 3.6, 3.8, 4, 4.1, 4.2, 4.3, 4.4],
    registers,
  });
  const loss = new Histogram({
    name: 'gateway_call_loss_ratio',
    help: 'Share of packets of a call that were lost on the network, by direction',
    labelNames,
    buckets: [0, 0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2],
    registers,
  });
  const jitter = new Histogram({
    name: 'gateway_call_jitter_seconds',
    help: 'Interarrival jitter at the end of a call (RFC 3550), by direction',
    labelNames,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2],
    registers,
  });
  const echo = new Counter({
    name: 'gateway_call_echoes_total',
    help: 'Calls with an echo of the other direction, by the direction that it was heard in',
    labelNames,
    registers,
  });
  const repaired = new Counter({
    name: 'gateway_call_repaired_seconds_total',
    help: 'Lost sound of callers that was concealed, or recovered by in-band FEC',
    labelNames: ['how'] as const,
    registers,
  });
  return (quality) => {
    repaired.inc({ how: 'concealed' }, quality.received.concealedMs / 1000);
    repaired.inc({ how: 'recovered' }, quality.received.recoveredMs / 1000);
    for (const direction of directions) {
      const { mos: score, lossPercent, jitterMs, echoReturnLossDb } = quality[direction];
      if (score !== null) mos.observe({ direction }, score);
      if (lossPercent !== null) loss.observe({ direction }, lossPercent / 100);
      if (jitterMs !== null) jitter.observe({ direction }, jitterMs / 1000);
      if (echoReturnLossDb !== null) echo.inc({ direction });
    }
  };
}
