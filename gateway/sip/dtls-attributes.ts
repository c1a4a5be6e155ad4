/** DTLS-SRTP in SDP (RFC 5763): `a=fingerprint`, `a=setup`, `a=tls-id`. */
import type { CertificateFingerprint } from '../ports.ts';
import { attribute } from './sdp.ts';
import type { SdpAttribute, SdpMedia } from './sdp.ts';

/** RFC 4145 §4. */
export type Setup = 'actpass' | 'active' | 'passive' | 'holdconn';

export interface OfferedDtls {
  readonly fingerprints: readonly CertificateFingerprint[];
  readonly setup: Setup;
  /** RFC 8842 §4. */
  readonly tlsId: string | undefined;
}

/** Octets of a hash. MD2 and MD5 of RFC 8122 §5 prove nothing any more. */
const hashBytes: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};

const mostFingerprints = 16;
const tlsIdValue = /^[A-Za-z0-9+/_-]{20,255}$/;

/** Null: it has no fingerprint that we could check. */
export function readDtls(session: readonly SdpAttribute[], media: SdpMedia): OfferedDtls | null {
  const own = readFingerprints(media.attributes);
  const fingerprints = own.length > 0 ? own : readFingerprints(session);
  if (fingerprints.length === 0) return null;
  const tlsId = attribute(media, 'tls-id');
  return {
    fingerprints,
    setup: readSetup(attribute(media, 'setup') ?? attribute({ attributes: session }, 'setup')),
    tlsId: tlsId !== undefined && tlsIdValue.test(tlsId) ? tlsId : undefined,
  };
}

function readFingerprints(attributes: readonly SdpAttribute[]): CertificateFingerprint[] {
  return attributes
    .flatMap(({ name, value }) => (name === 'fingerprint' ? (readFingerprint(value) ?? []) : []))
    .slice(0, mostFingerprints);
}

function readFingerprint(text: string): CertificateFingerprint | null {
  const [name = '', digits = ''] = text.split(/\s+/, 2);
  const hash = name.toLowerCase();
  const value = digits.toUpperCase();
  const isWhole = /^[0-9A-F]{2}(?::[0-9A-F]{2})*$/.test(value) && (value.length + 1) / 3 === hashBytes[hash];
  return isWhole ? { hash, value } : null;
}

/** RFC 4145 §4: without the attribute its sender connects. */
function readSetup(value: string | undefined): Setup {
  const word = value?.toLowerCase();
  return word === 'actpass' || word === 'passive' || word === 'holdconn' ? word : 'active';
}

/** Our stream's lines. */
export function dtlsLines(
  fingerprints: readonly CertificateFingerprint[],
  setup: Setup,
  tlsId: string | undefined,
): string[] {
  return [
    ...fingerprints.map(({ hash, value }) => `a=fingerprint:${hash} ${value}`),
    `a=setup:${setup}`,
    ...(tlsId === undefined ? [] : [`a=tls-id:${tlsId}`]),
  ];
}
