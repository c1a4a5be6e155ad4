import type { SrtpExemptions, SrtpProfile } from '../ports.ts';

export interface SrtpKey {
  /** 16, 24 or 32 octets, as the profile says. */
  readonly masterKey: Buffer;
  /** 14 octets; 12 with an AEAD profile. */
  readonly masterSalt: Buffer;
  /** What packets under this key carry (RFC 3711 §3.1); absent: nothing. All keys of a context have MKIs of one length. */
  readonly mki?: Buffer;
}

export interface SrtpContextOptions extends SrtpExemptions {
  readonly profile: SrtpProfile;
  /** At least one; the first protects, any unprotects. */
  readonly keys: readonly SrtpKey[];
  /** A predecessor's streams: a peer that takes a new key goes on counting (RFC 3711 §3.3.1), or starts over. */
  readonly after?: SrtpCheckpoint;
}

/** Why a packet was not taken. */
export const srtpFailure = {
  /** No tag, or a wrong one; an unknown MKI. */
  authentication: -1,
  /** It was there before, or is older than the window. */
  replay: -2,
  /** Too short, or not RTP or RTCP. */
  malformed: -3,
  /** A stream has come as far as it may under one key (RFC 3711 §9.2). */
  exhausted: -4,
} as const;

/** How far each stream has come, so that another process can go on; JSON. */
export interface SrtpCheckpoint {
  readonly streams: readonly {
    readonly ssrc: number;
    /** ROC and sequence number as one: 2^16 · ROC + SEQ of the highest packet; −1: no RTP yet. */
    readonly rtpIndex: number;
    /** The highest SRTCP index; −1: no RTCP yet. */
    readonly rtcpIndex: number;
  }[];
}

/**
 * SRTP and SRTCP in one direction (RFC 3711): keys, and for each SSRC how far it has come. Nothing of it advances by
 * a packet that is not authentic. Results are the length of what was written, or an `srtpFailure` (negative).
 */
export interface SrtpContext {
  readonly profile: SrtpProfile;
  /** What `protectRtp` and `protectRtcp` add at most, in octets. */
  readonly overhead: number;
  /** Writes the protected packet to `out`, which may be `packet`'s own memory when there is room. */
  protectRtp(packet: Buffer, out: Buffer): number;
  protectRtcp(packet: Buffer, out: Buffer): number;
  /** In place. */
  unprotectRtp(packet: Buffer): number;
  unprotectRtcp(packet: Buffer): number;
  checkpoint(): SrtpCheckpoint;
  /** Goes on where another process stopped; before the first packet. */
  restore(checkpoint: SrtpCheckpoint): void;
}
