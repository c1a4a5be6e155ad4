import { readUint32, writeUint32 } from '../rtp/packet.ts';
import { CounterMode } from './counter-mode.ts';
import { HmacSha1 } from './hmac-sha1.ts';
import type { SessionKeys } from './kdf.ts';
import type { Transform, TransformOptions } from './transform.ts';
import { hasMki, rtcpClearBytes, rtcpIndexBytes } from './transform.ts';

/** Shared by all: nothing of them outlives a call. */
const iv = new Uint8Array(16);
const expected = new Uint8Array(10);

/** AES in counter mode with HMAC-SHA1 (RFC 3711 §4.1.1, §4.2.1; RFC 6188). */
export class CounterModeTransform implements Transform {
  readonly rtpOverhead: number;
  readonly rtcpOverhead: number;
  readonly #rtp: Direction;
  readonly #rtcp: Direction;
  readonly #mki: Buffer;
  readonly #rtpTag: number;
  readonly #rtcpTag: number;

  constructor(options: TransformOptions) {
    const { rtp, rtcp, mki, rtpTagBytes, rtcpTagBytes } = options;
    const { unencryptedRtp = false, unencryptedRtcp = false, unauthenticatedRtp = false } = options;
    this.#rtp = new Direction(rtp, !unencryptedRtp);
    this.#rtcp = new Direction(rtcp, !unencryptedRtcp);
    this.#mki = mki;
    this.#rtpTag = unauthenticatedRtp ? 0 : rtpTagBytes;
    this.#rtcpTag = rtcpTagBytes;
    this.rtpOverhead = mki.length + this.#rtpTag;
    this.rtcpOverhead = rtcpIndexBytes + mki.length + rtcpTagBytes;
  }

  ownsRtp(packet: Buffer): boolean {
    return hasMki(packet, packet.length - this.#rtpTag - this.#mki.length, this.#mki);
  }

  ownsRtcp(packet: Buffer): boolean {
    return hasMki(packet, packet.length - this.#rtcpTag - this.#mki.length, this.#mki);
  }

  sealRtp(packet: Buffer, length: number, body: number, roc: number): number {
    this.#rtp.cryptRtp(packet, body, length, roc);
    this.#mki.copy(packet, length);
    const tagAt = length + this.#mki.length;
    this.#rtp.mac.digest(packet, 0, length, roc, packet, tagAt, this.#rtpTag);
    return tagAt + this.#rtpTag;
  }

  openRtp(packet: Buffer, body: number, roc: number): number {
    const tagAt = packet.length - this.#rtpTag;
    const end = tagAt - this.#mki.length;
    this.#rtp.mac.digest(packet, 0, end, roc, expected, 0, this.#rtpTag);
    if (!isExpected(packet, tagAt, this.#rtpTag)) return -1;
    this.#rtp.cryptRtp(packet, body, end, roc);
    return end;
  }

  sealRtcp(packet: Buffer, length: number, index: number): number {
    this.#rtcp.cryptRtcp(packet, length, index);
    writeUint32(packet, length, this.#rtcp.encrypts ? index | 0x80000000 : index);
    const end = length + rtcpIndexBytes;
    this.#mki.copy(packet, end);
    const tagAt = end + this.#mki.length;
    this.#rtcp.mac.digest(packet, 0, end, -1, packet, tagAt, this.#rtcpTag);
    return tagAt + this.#rtcpTag;
  }

  openRtcp(packet: Buffer): number {
    const tagAt = packet.length - this.#rtcpTag;
    const end = tagAt - this.#mki.length;
    this.#rtcp.mac.digest(packet, 0, end, -1, expected, 0, this.#rtcpTag);
    if (!isExpected(packet, tagAt, this.#rtcpTag)) return -1;
    const length = end - rtcpIndexBytes;
    const isEncrypted = packet[length] >= 0x80;
    // What was agreed, and not the packet, says whether RTCP is secret.
    if (isEncrypted !== this.#rtcp.encrypts) return -1;
    this.#rtcp.cryptRtcp(packet, length, this.rtcpIndex(packet));
    return length;
  }

  rtcpIndex(packet: Buffer): number {
    return readUint32(packet, packet.length - this.rtcpOverhead) & 0x7fffffff;
  }
}

/** Session keys at work, of RTP or of RTCP. */
class Direction {
  readonly mac: HmacSha1;
  readonly encrypts: boolean;
  readonly #cipher: CounterMode;
  readonly #salt: Buffer;

  constructor({ cipherKey, salt, authKey }: SessionKeys, encrypts: boolean) {
    this.mac = new HmacSha1(authKey);
    this.encrypts = encrypts;
    this.#cipher = new CounterMode(cipherKey);
    this.#salt = salt;
  }

  cryptRtp(packet: Buffer, body: number, end: number, roc: number): void {
    if (!this.encrypts) return;
    this.#startIv(packet, 8);
    xorWord(8, roc);
    iv[12] ^= packet[2];
    iv[13] ^= packet[3];
    this.#cipher.apply(packet, body, end, iv);
  }

  cryptRtcp(packet: Buffer, end: number, index: number): void {
    if (!this.encrypts) return;
    this.#startIv(packet, 4);
    xorWord(10, index);
    this.#cipher.apply(packet, rtcpClearBytes, end, iv);
  }

  /** RFC 3711 §4.1.1: salt · 2^16 XOR SSRC · 2^64. */
  #startIv(packet: Buffer, ssrcAt: number): void {
    iv.set(this.#salt);
    for (let i = 0; i < 4; i++) iv[4 + i] ^= packet[ssrcAt + i];
  }
}

function xorWord(at: number, word: number): void {
  iv[at] ^= word >>> 24;
  iv[at + 1] ^= word >>> 16;
  iv[at + 2] ^= word >>> 8;
  iv[at + 3] ^= word;
}

/** In a time that does not depend on where they differ. */
function isExpected(packet: Buffer, at: number, bytes: number): boolean {
  let difference = 0;
  for (let i = 0; i < bytes; i++) difference |= packet[at + i] ^ expected[i];
  return difference === 0;
}
