import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { CipherGCMTypes } from 'node:crypto';
import { readUint32, writeUint32 } from '../rtp/packet.ts';
import type { SessionKeys } from './kdf.ts';
import type { Transform, TransformOptions } from './transform.ts';
import { hasMki, rtcpClearBytes, rtcpIndexBytes } from './transform.ts';

const tagBytes = 16;

/** Shared by all: nothing of them outlives a call. */
const iv = Buffer.alloc(12);
const rtcpAad = Buffer.alloc(rtcpClearBytes + rtcpIndexBytes);

/** AES in Galois/counter mode (RFC 7714): the tag belongs to the ciphertext, the MKI comes last. */
export class GcmTransform implements Transform {
  readonly rtpOverhead: number;
  readonly rtcpOverhead: number;
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #cipher: CipherGCMTypes;
  readonly #mki: Buffer;
  readonly #encryptsRtp: boolean;
  readonly #encryptsRtcp: boolean;

  constructor(options: TransformOptions) {
    const { rtp, rtcp, mki } = options;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#cipher = rtp.cipherKey.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
    this.#mki = mki;
    this.#encryptsRtp = options.unencryptedRtp !== true;
    this.#encryptsRtcp = options.unencryptedRtcp !== true;
    this.rtpOverhead = tagBytes + mki.length;
    this.rtcpOverhead = tagBytes + rtcpIndexBytes + mki.length;
  }

  ownsRtp(packet: Buffer): boolean {
    return hasMki(packet, packet.length - this.#mki.length, this.#mki);
  }

  ownsRtcp(packet: Buffer): boolean {
    return this.ownsRtp(packet);
  }

  sealRtp(packet: Buffer, length: number, body: number, roc: number): number {
    rtpIv(this.#rtp.salt, packet, roc);
    const clear = this.#encryptsRtp ? body : length;
    const end = this.#seal(this.#rtp, packet, clear, length, packet.subarray(0, clear));
    this.#mki.copy(packet, end);
    return end + this.#mki.length;
  }

  openRtp(packet: Buffer, body: number, roc: number): number {
    rtpIv(this.#rtp.salt, packet, roc);
    const end = packet.length - this.rtpOverhead;
    const clear = this.#encryptsRtp ? body : end;
    return this.#open(this.#rtp, packet, clear, end, packet.subarray(0, clear));
  }

  sealRtcp(packet: Buffer, length: number, index: number): number {
    rtcpIv(this.#rtcp.salt, packet, index);
    const word = this.#encryptsRtcp ? index | 0x80000000 : index;
    const aad = this.#rtcpAad(packet, length, word);
    const clear = this.#encryptsRtcp ? rtcpClearBytes : length;
    const end = this.#seal(this.#rtcp, packet, clear, length, aad);
    writeUint32(packet, end, word);
    this.#mki.copy(packet, end + rtcpIndexBytes);
    return end + rtcpIndexBytes + this.#mki.length;
  }

  openRtcp(packet: Buffer): number {
    const word = this.#rtcpWord(packet);
    // What was agreed, and not the packet, says whether RTCP is secret.
    if (word > 0x7fffffff !== this.#encryptsRtcp) return -1;
    rtcpIv(this.#rtcp.salt, packet, word & 0x7fffffff);
    const end = packet.length - this.rtcpOverhead;
    const aad = this.#rtcpAad(packet, end, word);
    return this.#open(this.#rtcp, packet, this.#encryptsRtcp ? rtcpClearBytes : end, end, aad);
  }

  rtcpIndex(packet: Buffer): number {
    return this.#rtcpWord(packet) & 0x7fffffff;
  }

  #rtcpWord(packet: Buffer): number {
    return readUint32(packet, packet.length - this.#mki.length - rtcpIndexBytes);
  }

  /** RFC 7714 §9.2, §9.3: what is sent in the clear, and the index word. */
  #rtcpAad(packet: Buffer, length: number, word: number): Buffer {
    const clear = this.#encryptsRtcp ? rtcpClearBytes : length;
    const aad = this.#encryptsRtcp ? rtcpAad : Buffer.allocUnsafe(clear + rtcpIndexBytes);
    packet.copy(aad, 0, 0, clear);
    writeUint32(aad, clear, word);
    return aad;
  }

  #seal({ cipherKey }: SessionKeys, packet: Buffer, from: number, end: number, aad: Buffer): number {
    const cipher = createCipheriv(this.#cipher, cipherKey, iv).setAAD(aad);
    cipher.update(packet.subarray(from, end)).copy(packet, from);
    cipher.final();
    cipher.getAuthTag().copy(packet, end);
    return end + tagBytes;
  }

  #open({ cipherKey }: SessionKeys, packet: Buffer, from: number, end: number, aad: Buffer): number {
    const decipher = createDecipheriv(this.#cipher, cipherKey, iv).setAAD(aad);
    decipher.setAuthTag(packet.subarray(end, end + tagBytes));
    const plain = decipher.update(packet.subarray(from, end));
    try {
      decipher.final();
    } catch {
      return -1;
    }
    plain.copy(packet, from);
    return end;
  }
}

/** RFC 7714 §8.1: 0 ‖ SSRC ‖ ROC ‖ SEQ, XOR salt. */
function rtpIv(salt: Buffer, packet: Buffer, roc: number): void {
  salt.copy(iv);
  for (let i = 0; i < 4; i++) iv[2 + i] ^= packet[8 + i];
  xorWord(6, roc);
  iv[10] ^= packet[2];
  iv[11] ^= packet[3];
}

/** RFC 7714 §9.1: 0 ‖ SSRC ‖ 0 ‖ index, XOR salt. */
function rtcpIv(salt: Buffer, packet: Buffer, index: number): void {
  salt.copy(iv);
  for (let i = 0; i < 4; i++) iv[2 + i] ^= packet[4 + i];
  xorWord(8, index);
}

function xorWord(at: number, word: number): void {
  iv[at] ^= word >>> 24;
  iv[at + 1] ^= word >>> 16;
  iv[at + 2] ^= word >>> 8;
  iv[at + 3] ^= word;
}
