import type { SrtpCheckpoint } from './types.ts';

/**
 * What stands between a transport's sockets and its streams when media is encrypted. Until it has keys nothing is sent
 * and nothing is taken.
 */
export interface Protection {
  /** As statistics name it: `srtp-sdes/AES_CM_128_HMAC_SHA1_80`. */
  readonly name: string;
  /** The packet as it is to be sent at once; null: it must not be sent. */
  protectRtp(packet: Buffer): Buffer | null;
  protectRtcp(packet: Buffer): Buffer | null;
  /** In place: what of the packet is left, or an `srtpFailure` (negative). */
  unprotectRtp(packet: Buffer): number;
  unprotectRtcp(packet: Buffer): number;
  /** To be called a few times a second. */
  tick(): void;
  /** What another process needs besides the keys, when it has changed by much; null: nothing new. */
  takeCheckpoint(): SrtpCheckpoint | null;
  /** Goes on where another process stopped, under the same keys; before the first packet. */
  restore(checkpoint: SrtpCheckpoint): void;
}
