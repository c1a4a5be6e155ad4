import type { SrtpExemptions } from '../ports.ts';
import type { SessionKeys } from './kdf.ts';

/**
 * One master key's encryption and authentication. It knows where ciphertext, MKI, tag and SRTCP index lie, but nothing
 * of streams. Everything happens in place; `length` is what of the buffer is used, results are lengths, and −1 says
 * that a packet is not authentic: then nothing of it was changed.
 */
export interface Transform {
  /** What `sealRtp` and `sealRtcp` add. */
  readonly rtpOverhead: number;
  readonly rtcpOverhead: number;
  /** Whether a packet carries this key's MKI; always true without one. */
  ownsRtp(packet: Buffer): boolean;
  ownsRtcp(packet: Buffer): boolean;
  /** `body`: where the header ends. */
  sealRtp(packet: Buffer, length: number, body: number, roc: number): number;
  openRtp(packet: Buffer, body: number, roc: number): number;
  sealRtcp(packet: Buffer, length: number, index: number): number;
  openRtcp(packet: Buffer): number;
  /** The SRTCP index that a protected packet names. */
  rtcpIndex(packet: Buffer): number;
}

export interface TransformOptions extends SrtpExemptions {
  readonly rtp: SessionKeys;
  readonly rtcp: SessionKeys;
  readonly mki: Buffer;
  readonly rtpTagBytes: number;
  readonly rtcpTagBytes: number;
}

/** RTCP's fixed header and the sender's SSRC stay in the clear (RFC 3711 §3.4). */
export const rtcpClearBytes = 8;
/** E flag and index (RFC 3711 §3.4). */
export const rtcpIndexBytes = 4;

export function hasMki(packet: Buffer, at: number, mki: Buffer): boolean {
  for (let i = 0; i < mki.length; i++) if (packet[at + i] !== mki[i]) return false;
  return true;
}
