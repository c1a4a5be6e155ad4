/** What offer/answer settles about a leg's video, in the words of SDP and RTP. */
import type { MediaDirection } from './direction.ts';
import type { LegIce, LegSecurity } from './security.ts';

/** Codecs by their RTP encoding name (RFC 6184, RFC 7741, RFC 2190, RFC 4629); all have a 90 kHz clock. */
export type VideoCodec = 'H264' | 'VP8' | 'H263' | 'H263-1998';

/** Those in which a caller's camera is published; browsers take both. */
export type RoomVideoCodec = 'H264' | 'VP8';

export type H264Profile = 'constrained-baseline' | 'baseline' | 'main' | 'high';

/** What an H.264 decoder takes (RFC 6184 §8.1, ITU-T H.264 table A-1). */
export interface H264Limits {
  readonly profile: H264Profile;
  /** level_idc: 31 for level 3.1; 9 for level 1b. */
  readonly level: number;
  /** 0: one NAL unit a packet; 1: fragments and aggregates too. */
  readonly packetizationMode: 0 | 1;
  /** Macroblocks a frame: the level's, or more where `max-fs` says so. */
  readonly maxFrameMacroblocks: number;
  /** Macroblocks a second: the level's, or `max-mbps`. */
  readonly maxMacroblocksPerSecond: number;
  /** Bits per second: the level's, or `max-br`. */
  readonly maxBitrate: number;
  /** Frames a second (`max-fps`, which SDP gives in hundredths); absent: no other limit. */
  readonly maxFps?: number;
}

/** The picture sizes of H.263 that a decoder takes, each with the least number of 1/29.97 s between two (RFC 4629 §8.1.1). */
export interface H263Limits {
  readonly qcifInterval: number;
  /** Null: no CIF. */
  readonly cifInterval: number | null;
}

/** What a VP8 decoder takes (RFC 7741 §6.1). */
export interface Vp8Limits {
  /** Macroblocks a frame (`max-fs`). */
  readonly maxFrameMacroblocks: number;
  /** Frames a second (`max-fr`). */
  readonly maxFps: number;
}

export interface VideoFormat {
  readonly codec: VideoCodec;
  /** RTP payload type, 0–127. */
  readonly payloadType: number;
  /** For H264: what the peer takes of it. */
  readonly h264?: H264Limits;
  /** For VP8; absent: no limit is known. */
  readonly vp8?: Vp8Limits;
  /** For H263 and H263-1998. */
  readonly h263?: H263Limits;
}

/** What feedback both ends agreed on (RFC 4585 §4.2, RFC 5104 §7.1); without AVPF all are false, and RTCP still reports. */
export interface VideoFeedback {
  readonly nack: boolean;
  readonly pli: boolean;
  readonly fir: boolean;
  readonly tmmbr: boolean;
}

/** What offer/answer settled for a leg's video stream. */
export interface LegVideoConfig extends VideoFormat {
  /** What the peer may send as well, from one packet to the next. */
  readonly alternatives?: readonly VideoFormat[];
  readonly feedback: VideoFeedback;
  /** Bits per second of RTP payload that the peer takes (b=TIAS, b=AS less its headers; RFC 3890, RFC 8866 §5.8). */
  readonly maxBitrate: number;
  /** SPS and PPS out of band (`sprop-parameter-sets`), base64, as the peer wrote them; default: in band only. */
  readonly parameterSets?: readonly string[];
  readonly remote: { readonly address: string; readonly rtpPort: number; readonly rtcpPort: number };
  readonly direction: MediaDirection;
  readonly security?: LegSecurity;
  readonly rtcpMux?: boolean;
  readonly ice?: LegIce;
}

/** How a feed is encoded; equal for all who can share one. */
export interface FeedProfile {
  readonly codec: VideoCodec;
  /** For H264. */
  readonly h264Profile?: H264Profile;
  readonly packetizationMode?: 0 | 1;
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Bits per second. */
  readonly bitrate: number;
}

/** What is counted and measured of a leg's video. */
export interface LegVideoStats {
  /** What the peer sends and what we send; null: nothing in that direction. */
  readonly received: {
    readonly codec: VideoCodec;
    /** Of the latest key frame, in pixels; 0: none was read yet. */
    readonly width: number;
    readonly height: number;
    readonly packets: number;
    readonly packetsLost: number;
    readonly jitterMs: number;
    readonly keyFrames: number;
    /** Key frames that we asked the peer for. */
    readonly keyFramesAsked: number;
    /** Packets that were no video of the agreed kind. */
    readonly malformed: number;
  } | null;
  readonly sent: {
    readonly profile: FeedProfile;
    readonly packets: number;
    /** Sent again at the peer's NACK. */
    readonly resent: number;
    readonly keyFrames: number;
    /** Key frames that the peer asked us for. */
    readonly keyFramesAsked: number;
    /** As the peer reports it, in percent; null: not known. */
    readonly lossPercent: number | null;
  } | null;
  readonly encryption: string;
  /** Why nothing can come: no way to the peer was found, or no keys were agreed; null: something came, or still may. */
  readonly failed: 'no-media-path' | 'encryption-failed' | null;
  /** How the camera goes into the room; null: it doesn't. */
  readonly published: { readonly codec: RoomVideoCodec; readonly transcoded: boolean } | null;
}
