/** What offer/answer settles about a stream, in the words of SDP and RTP. */
import type { MediaDirection } from './direction.ts';
import type { LegIce, LegSecurity } from './security.ts';
import type { LegVideoConfig } from './video.ts';

/** Codecs by their RTP encoding name (RFC 3551 §4.5, RFC 7587). */
export type AudioCodec = 'PCMU' | 'PCMA' | 'G722' | 'opus';

/** Those that LiveKit takes. */
export type RoomCodec = Exclude<AudioCodec, 'G722'>;

export interface AudioFormat {
  readonly codec: AudioCodec;
  /** RTP payload type, 0–127. */
  readonly payloadType: number;
}

/** What a peer wants of the Opus that it gets (RFC 7587 §6.1). */
export interface OpusWishes {
  /** It uses in-band error correction. */
  readonly inbandFec: boolean;
  /** It prefers no packets while there is silence. */
  readonly dtx: boolean;
  /** The highest rate that it renders. */
  readonly maxRateHz: 8000 | 16000 | 48000;
  /** Bits per second. */
  readonly maxBitrate: number;
  /** It prefers packets of one size. */
  readonly cbr: boolean;
}

/** What offer/answer settled for a leg's audio stream. */
export interface LegMediaConfig {
  readonly codec: AudioCodec;
  /** RTP payload type that we send and expect, 0–127. */
  readonly payloadType: number;
  /** What the peer may send as well, from one packet to the next (RFC 3264 §5.1); default: nothing. */
  readonly alternatives?: readonly AudioFormat[];
  /** telephone-event payload types that the peer may send (RFC 4733), whatever their clock; empty: none. */
  readonly dtmfPayloadTypes: readonly number[];
  /** telephone-event at the codec's clock (RFC 4733 §2.5.1.1), as which keys are sent; absent: the peer takes none. */
  readonly keyPayloadType?: number;
  /** Comfort noise (RFC 3389) beside the static type 13; default: none. */
  readonly noisePayloadTypes?: readonly number[];
  /** Packet time that we send, in ms: 10, 20 … 60. */
  readonly ptimeMs: number;
  /** For Opus; default: no FEC, no DTX, 48 kHz, any rate. */
  readonly opus?: OpusWishes;
  /** Where the peer said it receives. Symmetric RTP (RFC 4961) may move it at the first valid packet. */
  readonly remote: { readonly address: string; readonly rtpPort: number; readonly rtcpPort: number };
  readonly direction: MediaDirection;
  /** False: that the peer is at `remote` is only claimed so far, no DTLS handshake begins there. Default: true. */
  readonly confirmed?: boolean;
  /** The peer asked for RTCP XR VoIP metrics (RFC 3611 §5.1); default: no. */
  readonly voipMetrics?: boolean;
  /** Absent: plain RTP. */
  readonly security?: LegSecurity;
  /** RTCP shares the RTP port (RFC 5761); default: no. */
  readonly rtcpMux?: boolean;
  /** Absent: no ICE; media goes to `remote`. */
  readonly ice?: LegIce;
  /** Absent: a call without video. */
  readonly video?: LegVideoConfig;
}

/** What the caller's own ear gets, prompts aside. */
export type HearSource = 'nothing' | 'room' | 'echo';
