import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as der from './der.ts';

/** Who we are to DTLS peers: a key and a certificate that nobody vouches for but our SDP's fingerprint. */
export interface DtlsIdentity {
  readonly privateKey: KeyObject;
  /** DER. */
  readonly certificate: Buffer;
}

/** The same as JSON, in base64. */
export interface IdentityText {
  /** PKCS #8 (RFC 5958). */
  readonly privateKey: string;
  readonly certificate: string;
}

const dayMs = 24 * 3600 * 1000;
/** Longer than any process lives: a few peers look at dates. */
const validMs = 3650 * dayMs;

/**
 * A fresh P-256 key and its self-signed certificate (RFC 5280 §4.1), valid from a day ago. Its subject says nothing
 * of the machine.
 */
export function makeIdentity(nowMs: number = Date.now()): DtlsIdentity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const ecdsaWithSha256 = der.sequence(der.objectId('1.2.840.10045.4.3.2'));
  const name = der.sequence(
    der.set(der.sequence(der.objectId('2.5.4.3'), der.utf8String('interop-gateway'))),
  );
  const serial = randomBytes(8);
  // Positive and without a leading zero, as DER wants integers.
  serial[0] = (serial[0] & 0x3f) | 0x40;
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    ecdsaWithSha256,
    name,
    der.sequence(der.utcTime(nowMs - dayMs), der.utcTime(nowMs + validMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  return { privateKey, certificate: der.sequence(toBeSigned, ecdsaWithSha256, der.bitString(signature)) };
}

export function writeIdentity({ privateKey, certificate }: DtlsIdentity): IdentityText {
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    certificate: certificate.toString('base64'),
  };
}

/** Throws when it is none. */
export function readIdentity({ privateKey, certificate }: IdentityText): DtlsIdentity {
  return {
    privateKey: createPrivateKey({
      key: Buffer.from(privateKey, 'base64'),
      type: 'pkcs8',
      format: 'der',
    }),
    certificate: Buffer.from(certificate, 'base64'),
  };
}
