/**
 * HMAC-SHA1 (RFC 2104, FIPS 180-4) with the key's two blocks hashed once. For SRTP's short messages this costs a
 * third of node:crypto's, whose HMAC sets up a native object for each one, and allocates nothing. There is no branch
 * or table look-up that depends on data.
 */
const blockBytes = 64;
export const sha1Bytes = 20;

/** Shared by all: hashing never waits for anything. */
const words = new Int32Array(80);
const state = new Int32Array(5);
const tail = new Uint8Array(2 * blockBytes);

export class HmacSha1 {
  readonly #inner = new Int32Array(5);
  readonly #outer = new Int32Array(5);

  /** `key`: at most a block. */
  constructor(key: Uint8Array) {
    const block = new Uint8Array(blockBytes);
    keyed(this.#inner, block, key, 0x36);
    keyed(this.#outer, block, key, 0x5c);
  }

  /**
   * Writes the first `tagBytes` of the digest over `message[start…end)`, with `suffix` behind it as four octets unless
   * it is negative, to `out[at…)`.
   */
  digest(
    message: Uint8Array,
    start: number,
    end: number,
    suffix: number,
    out: Uint8Array,
    at: number,
    tagBytes: number,
  ): void {
    state.set(this.#inner);
    let from = start;
    for (; from + blockBytes <= end; from += blockBytes) compress(state, message, from);
    let used = 0;
    while (from < end) tail[used++] = message[from++];
    let bytes = blockBytes + end - start;
    if (suffix >= 0) {
      used = writeWord(tail, used, suffix);
      bytes += 4;
    }
    finish(used, bytes);
    for (let i = 0; i < 5; i++) writeWord(tail, 4 * i, state[i]);
    state.set(this.#outer);
    finish(sha1Bytes, blockBytes + sha1Bytes);
    for (let i = 0; i < tagBytes; i++) out[at + i] = state[i >> 2] >>> (24 - 8 * (i & 3));
  }
}

function keyed(into: Int32Array, block: Uint8Array, key: Uint8Array, pad: number): void {
  into.set([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  for (let i = 0; i < blockBytes; i++) block[i] = (i < key.length ? key[i] : 0) ^ pad;
  compress(into, block, 0);
}

/** Hashes what is in `tail` with its padding; `bytes`: of the whole message. */
function finish(used: number, bytes: number): void {
  const end = used + 9 <= blockBytes ? blockBytes : 2 * blockBytes;
  tail[used] = 0x80;
  tail.fill(0, used + 1, end - 4);
  writeWord(tail, end - 4, bytes * 8);
  compress(state, tail, 0);
  if (end > blockBytes) compress(state, tail, blockBytes);
}

function writeWord(into: Uint8Array, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}

/** FIPS 180-4 §6.1.2, one block. */
function compress(hash: Int32Array, block: Uint8Array, at: number): void {
  for (let i = 0, from = at; i < 16; i++, from += 4) {
    words[i] = (block[from] << 24) | (block[from + 1] << 16) | (block[from + 2] << 8) | block[from + 3];
  }
  for (let i = 16; i < 80; i++) {
    const mixed = words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16];
    words[i] = (mixed << 1) | (mixed >>> 31);
  }
  let a = hash[0];
  let b = hash[1];
  let c = hash[2];
  let d = hash[3];
  let e = hash[4];
  for (let i = 0; i < 80; i++) {
    let mixed: number;
    if (i < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
    else if (i < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else mixed = (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + mixed + e + words[i]) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
}
