import { createHash } from 'node:crypto';
import type { CertificateFingerprint } from '../ports.ts';

/** Hash functions of RFC 8122 §5 that we know, the strongest first. MD2 and MD5 are none any more. */
const hashes = ['sha-512', 'sha-384', 'sha-256', 'sha-224', 'sha-1'] as const;

type HashName = (typeof hashes)[number];

/** `a=fingerprint` of a certificate (DER). */
export function fingerprintOf(certificate: Buffer, hash: HashName = 'sha-256'): CertificateFingerprint {
  const hex = createHash(hash.replace('-', '')).update(certificate).digest('hex').toUpperCase();
  return { hash, value: (hex.match(/../g) ?? []).join(':') };
}

/**
 * Whether the certificate is one of those that were announced: RFC 8122 §5 has us choose the strongest hash
 * function that was used and look at no weaker one.
 */
export function matchesFingerprint(
  certificate: Buffer,
  announced: readonly CertificateFingerprint[],
): boolean {
  const hash = hashes.find((name) => announced.some((one) => one.hash === name));
  if (hash === undefined) return false;
  const { value } = fingerprintOf(certificate, hash);
  return announced.some((one) => one.hash === hash && one.value === value);
}
