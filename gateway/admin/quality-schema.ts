import { z } from 'zod';

const percent = z.number().min(0).max(100);

/** One direction of a call's sound, over the whole call. */
const direction = z.object({
  lossPercent: percent
    .nullable()
    .describe('lost on the network, whether recovered or not; null: not known yet'),
  jitterMs: z.number().nullable().describe('interarrival jitter (RFC 3550 §6.4.1); null: not known yet'),
  burst: z
    .object({
      burstLossPercent: percent.describe('lost within bursts'),
      gapLossPercent: percent.describe('lost outside of bursts'),
      burstMs: z.number().describe('mean length of a burst'),
      gapMs: z.number().describe('mean length between bursts'),
    })
    .nullable()
    .describe('RFC 3611 §4.7.2, Gmin 16; null: not known'),
  rFactor: z.number().nullable().describe('E-model rating (ITU-T G.107), at most 93.2'),
  mos: z.number().nullable().describe('mean opinion score by the E-model, 1–4.5; null in the first second'),
  echoReturnLossDb: z
    .number()
    .nullable()
    .describe('worst echo in this direction of what went the other way, dB below it; null: none'),
  echoDelayMs: z.number().nullable(),
});

export const legQuality = z.object({
  received: direction
    .extend({
      jitterMaxMs: z.number().describe('the highest that the jitter ever was'),
      latePercent: percent.describe('came too late to be played'),
      playoutDelayMs: z.number().nullable().describe('held by the jitter buffer; null: nothing is played'),
      concealedMs: z.number().describe('made up where packets were missing'),
      recoveredMs: z.number().describe('lost, and recovered by the Opus packet behind it (in-band FEC)'),
      clippedMs: z.number().describe('sound on flat tops at full scale'),
    })
    .describe('what the caller sent, as measured here'),
  sent: direction
    .extend({
      reportedBy: z.enum(['nothing', 'rr', 'xr']).describe('rr: RTCP receiver reports; xr: VoIP metrics too'),
      peer: z
        .object({
          rFactor: z.number().nullable(),
          mosLq: z.number().nullable().describe('listening'),
          mosCq: z.number().nullable().describe('conversational'),
          endSystemMs: z.number().describe('held back in the device'),
          latePercent: percent,
        })
        .nullable()
        .describe('the device’s own opinion (RFC 3611 §4.7); null: it sends none'),
    })
    .describe('what the caller was sent, as its device reports by RTCP'),
});
