import { createHash, createHmac } from 'node:crypto';
import type { CipherSuite } from './cipher-suites.ts';

/** TLS 1.2's keys, all from one pseudorandom function (RFC 5246 §5, §6.3, §8.1). */

type Hash = CipherSuite['hash'];

/** RFC 5246 §5: P_hash. */
function prf(hash: Hash, secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'ascii'), seed]);
  const hmac = (...parts: Buffer[]) => {
    const mac = createHmac(hash, secret);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
  const blocks: Buffer[] = [];
  let filled = 0;
  for (let a = hmac(labelled); filled < length; a = hmac(a)) {
    const block = hmac(a, labelled);
    blocks.push(block);
    filled += block.length;
  }
  return Buffer.concat(blocks, filled).subarray(0, length);
}

/** What both ends threw in. */
export interface Randoms {
  readonly client: Buffer;
  readonly server: Buffer;
}

/** `transcript`: all handshake messages so far, with extended master secret (RFC 7627 §4); null: without. */
export function masterSecret(
  hash: Hash,
  preMaster: Buffer,
  randoms: Randoms,
  transcript: Buffer | null,
): Buffer {
  return transcript === null
    ? prf(hash, preMaster, 'master secret', Buffer.concat([randoms.client, randoms.server]), 48)
    : prf(hash, preMaster, 'extended master secret', createHash(hash).update(transcript).digest(), 48);
}

export interface WriteKeys {
  readonly key: Buffer;
  /** RFC 5288 §3: the four implicit octets of the nonce. */
  readonly salt: Buffer;
}

/** RFC 5246 §6.3. AEAD suites have no MAC keys. */
export function recordKeys(
  { hash, keyBytes }: CipherSuite,
  master: Buffer,
  randoms: Randoms,
): { client: WriteKeys; server: WriteKeys } {
  const seed = Buffer.concat([randoms.server, randoms.client]);
  const block = prf(hash, master, 'key expansion', seed, 2 * keyBytes + 8);
  const at = 2 * keyBytes;
  return {
    client: { key: block.subarray(0, keyBytes), salt: block.subarray(at, at + 4) },
    server: { key: block.subarray(keyBytes, at), salt: block.subarray(at + 4, at + 8) },
  };
}

/** RFC 5246 §7.4.9: what a Finished has in it. */
export function verifyData(hash: Hash, master: Buffer, end: 'client' | 'server', transcript: Buffer): Buffer {
  return prf(hash, master, `${end} finished`, createHash(hash).update(transcript).digest(), 12);
}

/** RFC 5705 §4, without a context. */
export function exportKeys(
  hash: Hash,
  master: Buffer,
  label: string,
  randoms: Randoms,
  length: number,
): Buffer {
  return prf(hash, master, label, Buffer.concat([randoms.client, randoms.server]), length);
}
