import { createCipheriv } from 'node:crypto';
import type { Cipher } from 'node:crypto';

const blockBytes = 16;
/** So many blocks are enciphered at once. */
const batchBlocks = 128;

/** Shared by all: nothing of it outlives a call. */
const counters = Buffer.alloc(batchBlocks * blockBytes);

/**
 * AES in counter mode (RFC 3711 §4.1.1). One cipher serves a key for its whole life, since making one for each
 * packet costs five times as much as enciphering it: the counter blocks go through AES-ECB, and what comes out is
 * the keystream.
 */
export class CounterMode {
  readonly #ecb: Cipher;

  constructor(key: Buffer) {
    this.#ecb = createCipheriv(`aes-${key.length * 8}-ecb`, key, null);
    this.#ecb.setAutoPadding(false);
  }

  /** XORs `data[start…end)` with the keystream that belongs to `iv`, 16 octets, the last two of them zero. */
  apply(data: Buffer, start: number, end: number, iv: Uint8Array): void {
    let block = 0;
    for (let from = start; from < end; from += batchBlocks * blockBytes) {
      const bytes = Math.min(end - from, batchBlocks * blockBytes);
      const blocks = Math.ceil(bytes / blockBytes);
      for (let i = 0, at = 0; i < blocks; i++, block++, at += blockBytes) {
        for (let j = 0; j < blockBytes - 2; j++) counters[at + j] = iv[j];
        counters[at + 14] = block >>> 8;
        counters[at + 15] = block;
      }
      const stream = this.#ecb.update(counters.subarray(0, blocks * blockBytes));
      for (let i = 0; i < bytes; i++) data[from + i] ^= stream[i];
    }
  }
}
