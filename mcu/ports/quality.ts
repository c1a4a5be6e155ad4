/** What is counted and measured at a leg. */
import type { AudioCodec } from './media.ts';
import type { LegVideoStats } from './video.ts';

export interface LegStats {
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  /** RFC 3550 §6.4.1 interarrival jitter, in ms. */
  readonly jitterMs: number;
  /** RTT from RTCP, in ms; null until a report was answered. */
  readonly rttMs: number | null;
  /** Packets that were dropped, by cause. */
  readonly dropped: {
    readonly stranger: number;
    readonly malformed: number;
    readonly payloadType: number;
    readonly digitFlood: number;
    /** Encrypted under no key of the peer's, or forged. */
    readonly unauthentic: number;
    /** Encrypted packets that were there before. */
    readonly replayed: number;
  };
  readonly codec: AudioCodec | null;
  /**
   * `none`, or how keys came and what they do: `srtp-sdes/AES_CM_128_HMAC_SHA1_80`, `dtls-srtp/AEAD_AES_128_GCM`.
   * Null: nothing was agreed (or a record of an earlier version).
   */
  readonly encryption: string | null;
  /** Codec in which the caller is published into the room; null before that. */
  readonly publishedCodec: AudioCodec | null;
  /** Null: nothing was measured (a record of an earlier version). */
  readonly quality: LegQuality | null;
  /** Null: a call without video. */
  readonly video: LegVideoStats | null;
}

/** How a leg sounds, over its whole life, in both directions. Shares are in percent, 0–100. */
export interface LegQuality {
  /** What the peer sent, as we measured it. */
  readonly received: ReceivedQuality;
  /** What we sent, as the peer reports it (RTCP). */
  readonly sent: SentQuality;
}

export interface DirectionQuality {
  /** Lost on the network, whether recovered or not; null: not known yet. */
  readonly lossPercent: number | null;
  /** RFC 3550 §6.4.1 interarrival jitter, in ms; null: not known yet. */
  readonly jitterMs: number | null;
  /** RFC 3611 §4.7.2, Gmin 16; null: not known. */
  readonly burst: BurstQuality | null;
  /** E-model (ITU-T G.107): rating R, 0–93.2, and mean opinion score, 1–4.5; null before a second of voice. */
  readonly rFactor: number | null;
  readonly mos: number | null;
  /**
   * The worst echo that was found in this direction's sound of what went the other way: how much quieter it was,
   * in dB, and after how long. Null: none.
   */
  readonly echoReturnLossDb: number | null;
  readonly echoDelayMs: number | null;
}

export interface BurstQuality {
  /** Lost within bursts, and outside of them. */
  readonly burstLossPercent: number;
  readonly gapLossPercent: number;
  /** Mean lengths, in ms. */
  readonly burstMs: number;
  readonly gapMs: number;
}

export interface ReceivedQuality extends DirectionQuality {
  /** The highest that the jitter ever was, in ms. */
  readonly jitterMaxMs: number;
  /** Came too late to be played. */
  readonly latePercent: number;
  /** What the jitter buffer holds a packet back, in ms; null: nothing is being played. */
  readonly playoutDelayMs: number | null;
  /** Made up where packets were missing, in ms. */
  readonly concealedMs: number;
  /** Lost, and recovered out of the next packet (in-band FEC, RFC 6716 §2.1.7), in ms. */
  readonly recoveredMs: number;
  /** Sound on flat tops at full scale, in ms. */
  readonly clippedMs: number;
}

export interface SentQuality extends DirectionQuality {
  /** `rr`: RTCP receiver reports; `xr`: VoIP metrics (RFC 3611 §4.7) too. */
  readonly reportedBy: 'nothing' | 'rr' | 'xr';
  /** The peer's own opinion, from its VoIP metrics. */
  readonly peer: {
    readonly rFactor: number | null;
    readonly mosLq: number | null;
    readonly mosCq: number | null;
    /** How much it holds back, in ms. */
    readonly endSystemMs: number;
    readonly latePercent: number;
  } | null;
}
