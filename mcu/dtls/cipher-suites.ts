/** An ECDHE suite with AES-GCM (RFC 5289). Others are not offered: RFC 8827 §6.5 has every peer know the first. */
export interface CipherSuite {
  readonly id: number;
  /** What the server signs with. */
  readonly signature: 'ecdsa' | 'rsa';
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm';
  readonly keyBytes: number;
  /** Of the pseudorandom function. */
  readonly hash: 'sha256' | 'sha384';
}

/** In our order. */
export const cipherSuites: readonly CipherSuite[] = [
  { id: 0xc02b, signature: 'ecdsa', cipher: 'aes-128-gcm', keyBytes: 16, hash: 'sha256' },
  { id: 0xc02f, signature: 'rsa', cipher: 'aes-128-gcm', keyBytes: 16, hash: 'sha256' },
  { id: 0xc02c, signature: 'ecdsa', cipher: 'aes-256-gcm', keyBytes: 32, hash: 'sha384' },
  { id: 0xc030, signature: 'rsa', cipher: 'aes-256-gcm', keyBytes: 32, hash: 'sha384' },
];
