/** Records of calls as `/openapi.json` has them, as far as pages look at them. */
import type { EndReason } from '../../../reasons.ts';

export interface CallOrigin {
  readonly transport: string;
  readonly source: string;
  readonly verstat: 'passed' | 'failed' | 'none';
  readonly language: string | null;
}

export interface IvrStep {
  readonly at: string;
  readonly kind: string;
  readonly subject: string | null;
  readonly outcome: string | null;
}

export interface Direction {
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  readonly mos: number | null;
  readonly echoReturnLossDb: number | null;
}

export interface Quality {
  readonly received: Direction & {
    readonly jitterMaxMs: number;
    readonly latePercent: number;
    readonly concealedMs: number;
    readonly recoveredMs: number;
    readonly clippedMs: number;
  };
  readonly sent: Direction & { readonly reportedBy: 'nothing' | 'rr' | 'xr' };
}

interface Video {
  readonly received: { readonly codec: string; readonly width: number; readonly height: number } | null;
  readonly sent: {
    readonly profile: { readonly codec: string; readonly width: number; readonly height: number };
  } | null;
}

export interface Media {
  readonly codec: string | null;
  readonly publishedCodec: string | null;
  readonly encryption: string | null;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly rttMs: number | null;
  readonly quality: Quality | null;
  readonly video: Video | null;
}

export interface CallRecord {
  readonly id: string;
  readonly tenant: string;
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: string;
  readonly from: string;
  readonly to: string;
  readonly routedFrom: string;
  readonly routedTo: string;
  readonly trunk: string | null;
  readonly origin: CallOrigin | null;
  readonly room: string | null;
  readonly participant: string | null;
  readonly rule: string | null;
  readonly attempts: number;
  readonly startedAt: string;
  readonly answeredAt: string | null;
  readonly endedAt: string;
  readonly endReason: EndReason;
  /** In a sentence, with what to do. */
  readonly endText: string;
  readonly steps: readonly IvrStep[];
  readonly noVideo: { readonly text: string } | null;
  readonly media: Media | null;
}

/** One alone is told with why it went where it went. */
export interface ExplainedCall extends CallRecord {
  readonly trace: unknown;
}
