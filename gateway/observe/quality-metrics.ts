import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { LegQuality, LegStats } from '../ports.ts';

const directions = ['received', 'sent'] as const;
const labelNames = ['direction'] as const;

/** What is known of a direction at a call's end; null isn't counted. */
const distributions: readonly {
  readonly name: string;
  readonly help: string;
  readonly buckets: number[];
  readonly of: (quality: LegQuality['received' | 'sent']) => number | null;
}[] = [
  {
    name: 'gateway_call_mos',
    help: 'Mean opinion score of calls by the E-model (ITU-T G.107), by direction',
    buckets: [1.5, 2, 2.5, 3, 3.3, 3.6, 3.8, 4, 4.1, 4.2, 4.3, 4.4],
    of: ({ mos }) => mos,
  },
  {
    name: 'gateway_call_loss_ratio',
    help: 'Share of packets of a call that were lost on the network, by direction',
    buckets: [0, 0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2],
    of: ({ lossPercent }) => (lossPercent === null ? null : lossPercent / 100),
  },
  {
    name: 'gateway_call_burst_seconds',
    help: 'Mean length of a call’s bursts of loss (RFC 3611), 0 without any, by direction',
    buckets: [0, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    of: ({ burst }) => (burst === null ? null : burst.burstMs / 1000),
  },
  {
    name: 'gateway_call_jitter_seconds',
    help: 'Interarrival jitter at the end of a call (RFC 3550), by direction',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2],
    of: ({ jitterMs }) => (jitterMs === null ? null : jitterMs / 1000),
  },
];

/** How calls sounded, counted when they end. Gives the function that counts one. */
export function createQualityMetrics(
  registry: Registry,
): (media: Pick<LegStats, 'quality' | 'rttMs'>) => void {
  const registers = [registry];
  const histograms = distributions.map(({ name, help, buckets, of }) => ({
    histogram: new Histogram({ name, help, buckets, labelNames, registers }),
    of,
  }));
  const roundTrip = new Histogram({
    name: 'gateway_call_round_trip_seconds',
    help: 'Time to the caller’s device and back at the end of a call (RTCP)',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1],
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
  const clipped = new Counter({
    name: 'gateway_call_clipped_seconds_total',
    help: 'Sound of callers on flat tops at full scale',
    registers,
  });
  return ({ quality, rttMs }) => {
    if (rttMs !== null) roundTrip.observe(rttMs / 1000);
    if (!quality) return;
    repaired.inc({ how: 'concealed' }, quality.received.concealedMs / 1000);
    repaired.inc({ how: 'recovered' }, quality.received.recoveredMs / 1000);
    clipped.inc(quality.received.clippedMs / 1000);
    for (const direction of directions) {
      for (const { histogram, of } of histograms) {
        const value = of(quality[direction]);
        if (value !== null) histogram.observe({ direction }, value);
      }
      if (quality[direction].echoReturnLossDb !== null) echo.inc({ direction });
    }
  };
}
