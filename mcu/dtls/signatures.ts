import { constants, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { DtlsAlert } from './constants.ts';

interface Scheme {
  readonly id: number;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly key: 'ec' | 'rsa';
  readonly pss?: true;
}

/** Signature schemes (RFC 8446 §4.2.3; in TLS 1.2 ECDSA's don't fix the curve) in our order. None has SHA-1. */
const schemes: readonly Scheme[] = [
  { id: 0x0403, hash: 'sha256', key: 'ec' },
  { id: 0x0503, hash: 'sha384', key: 'ec' },
  { id: 0x0603, hash: 'sha512', key: 'ec' },
  { id: 0x0804, hash: 'sha256', key: 'rsa', pss: true },
  { id: 0x0805, hash: 'sha384', key: 'rsa', pss: true },
  { id: 0x0806, hash: 'sha512', key: 'rsa', pss: true },
  { id: 0x0401, hash: 'sha256', key: 'rsa' },
  { id: 0x0501, hash: 'sha384', key: 'rsa' },
  { id: 0x0601, hash: 'sha512', key: 'rsa' },
];

export const signatureSchemeIds: readonly number[] = schemes.map(({ id }) => id);

/** What our own key signs with: it is on P-256. */
export const ownScheme = 0x0403;

export function signOwn(data: Buffer, key: KeyObject): Buffer {
  return sign('sha256', data, key);
}

/** Throws illegal_parameter for a scheme that was not offered or does not fit the key, decrypt_error for a wrong signature. */
export function checkSignature(id: number, data: Buffer, signature: Buffer, key: KeyObject): void {
  const scheme = schemes.find((candidate) => candidate.id === id);
  if (!scheme || scheme.key !== key.asymmetricKeyType)
    throw new DtlsAlert('illegal_parameter', `The signature scheme ${id} does not fit the certificate.`);
  const padding = scheme.pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  if (!verify(scheme.hash, data, { key, ...padding }, signature))
    throw new DtlsAlert('decrypt_error', 'The peer has not the key of its certificate.');
}
