import { createCipheriv } from 'node:crypto';

export interface SessionKeys {
  readonly cipherKey: Buffer;
  /** 14 octets; 12 for AEAD. */
  readonly salt: Buffer;
  /** Unused by AEAD. */
  readonly authKey: Buffer;
}

/** RFC 3711 §4.3.1: labels of the three RTP keys; RTCP's follow them (§4.3.2). */
const labels = { rtp: 0, rtcp: 3 } as const;
const cipherLabel = 0;
const authLabel = 1;
const saltLabel = 2;
const authKeyBytes = 20;

/**
 * Session keys for RTP or RTCP (RFC 3711 §4.3, RFC 6188 §3), at a key derivation rate of zero: once and for all.
 * The salt's length says whether it is AEAD's.
 */
export function deriveSessionKeys(
  masterKey: Buffer,
  masterSalt: Buffer,
  kind: keyof typeof labels,
): SessionKeys {
  const derive = (label: number, bytes: number) =>
    deriveKey(masterKey, masterSalt, labels[kind] + label, bytes);
  return {
    cipherKey: derive(cipherLabel, masterKey.length),
    salt: derive(saltLabel, masterSalt.length),
    authKey: derive(authLabel, authKeyBytes),
  };
}

/** RFC 3711 §4.3.3: AES in counter mode from (salt XOR label · 2^48) · 2^16; RFC 7714 §11: a short salt ends in zeros. */
export function deriveKey(masterKey: Buffer, masterSalt: Buffer, label: number, bytes: number): Buffer {
  const start = Buffer.alloc(16);
  masterSalt.copy(start);
  start[7] ^= label;
  const cipher = createCipheriv(`aes-${masterKey.length * 8}-ctr`, masterKey, start);
  return cipher.update(Buffer.alloc(bytes));
}
