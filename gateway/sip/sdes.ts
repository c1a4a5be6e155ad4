/** SDP security descriptions (RFC 4568): keys in `a=crypto`. */
import { randomBytes } from 'node:crypto';
import type { SrtpKeying, SrtpMasterKey, SrtpProfile } from '../ports.ts';

/** One `a=crypto` that we could carry out. */
export interface CryptoLine {
  readonly tag: number;
  /** What its sender sends with. */
  readonly keying: SrtpKeying;
}

/** Octets of key and salt together. */
const inlineBytes = {
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_256_CM_HMAC_SHA1_80: 46,
  AEAD_AES_256_GCM: 44,
  AEAD_AES_128_GCM: 28,
  AES_192_CM_HMAC_SHA1_80: 38,
  AES_CM_128_HMAC_SHA1_32: 30,
  AES_256_CM_HMAC_SHA1_32: 46,
  AES_192_CM_HMAC_SHA1_32: 38,
} as const satisfies Record<SrtpProfile, number>;

export const cryptoSuites = Object.keys(inlineBytes) as readonly SrtpProfile[];

/** What our own offers name, the widest known first; more would make a response too long for one datagram. */
export const offeredSuites = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_80',
  'AEAD_AES_256_GCM',
  'AES_CM_128_HMAC_SHA1_32',
] as const satisfies readonly SrtpProfile[];

const cryptoLine = /^(\d{1,9})\s+([A-Za-z0-9_]{1,64})\s+(inline:\S{1,2048})((?:\s+\S{1,128}){0,16})$/i;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** RFC 4568 §6.1: `2^48`, or a plain number. */
const lifetime = /^(?:2\^\d{1,2}|\d{1,15})$/;
const masterKeyIdentifier = /^(\d{1,39}):(\d{1,3})$/;
const mostKeys = 16;
const mostMkiBytes = 128;

/** Reads an attribute's value; null: a suite, a key or a parameter that we can't do (RFC 4568 §5.1.2: skip it). */
export function readCrypto(value: string): CryptoLine | null {
  const match = cryptoLine.exec(value);
  if (!match) return null;
  const [, tag = '', name = '', keyParameters = '', parameters = ''] = match;
  const profile = name.toUpperCase();
  if (!isSuite(profile)) return null;
  const keys = readKeys(keyParameters, inlineBytes[profile]);
  const exemptions = readSessionParameters(parameters, profile);
  return keys && exemptions && { tag: Number(tag), keying: { profile, keys, ...exemptions } };
}

/** The attribute's value. */
export function writeCrypto({ tag, keying }: CryptoLine): string {
  const keys = keying.keys.map(({ inline }) => `inline:${inline}`).join(';');
  const parameters = exemptionWords.filter(([, exemption]) => keying[exemption] === true);
  return [tag, keying.profile, keys, ...parameters.map(([word]) => word)].join(' ');
}

/** A key of our own: random, for one session, without MKI and with the default lifetime. */
export function newKeying({ profile, ...exemptions }: Omit<SrtpKeying, 'keys'>): SrtpKeying {
  return { profile, keys: [{ inline: randomBytes(inlineBytes[profile]).toString('base64') }], ...exemptions };
}

/** Whether RTP is secret and authentic; what RTCP tells is little. */
export function isWhole(keying: SrtpKeying): boolean {
  return keying.unencryptedRtp !== true && keying.unauthenticatedRtp !== true;
}

function isSuite(name: string): name is SrtpProfile {
  return Object.hasOwn(inlineBytes, name);
}

function readKeys(text: string, bytes: number): SrtpMasterKey[] | null {
  const keys: SrtpMasterKey[] = [];
  for (const one of text.split(';')) {
    const key = /^inline:/i.test(one) ? readKey(one.slice('inline:'.length), bytes) : null;
    if (!key || keys.length === mostKeys) return null;
    keys.push(key);
  }
  // RFC 4568 §6.1: several keys are told apart by their MKIs, which have one length.
  const alike = keys.every(({ mki }) => mki?.length === keys[0].mki?.length);
  return keys.length === 1 || (alike && keys[0].mki !== undefined) ? keys : null;
}

/** Key and salt, then lifetime, then MKI. A lifetime is its sender's promise to change the key, and asks nothing of us. */
function readKey(text: string, bytes: number): SrtpMasterKey | null {
  const [keySalt = '', ...more] = text.split('|');
  if (!base64.test(keySalt)) return null;
  const octets = Buffer.from(keySalt, 'base64');
  if (octets.length !== bytes) return null;
  const inline = octets.toString('base64');
  let mki: string | undefined;
  for (const field of more) {
    if (field === '' || lifetime.test(field)) continue;
    const identifier = masterKeyIdentifier.exec(field);
    const read = identifier && readMki(identifier[1], Number(identifier[2]));
    if (read === null || mki !== undefined) return null;
    mki = read;
  }
  return mki === undefined ? { inline } : { inline, mki };
}

/** As the packets carry it, in hex. */
function readMki(value: string, bytes: number): string | null {
  if (bytes < 1 || bytes > mostMkiBytes) return null;
  const digits = BigInt(value).toString(16);
  return digits.length > 2 * bytes ? null : digits.padStart(2 * bytes, '0');
}

type Exemption = 'unencryptedRtp' | 'unencryptedRtcp' | 'unauthenticatedRtp';

const exemptionWords: readonly (readonly [word: string, exemption: Exemption])[] = [
  ['UNENCRYPTED_SRTP', 'unencryptedRtp'],
  ['UNENCRYPTED_SRTCP', 'unencryptedRtcp'],
  ['UNAUTHENTICATED_SRTP', 'unauthenticatedRtp'],
];

/** RFC 4568 §6.3; null: one that we can't do. Key derivation rates and FEC are such; nobody sends them. */
function readSessionParameters(text: string, profile: SrtpProfile): Partial<Record<Exemption, true>> | null {
  const found: Partial<Record<Exemption, true>> = {};
  for (const word of text.trim().split(/\s+/)) {
    // §6.3.6: WSH is a hint. §6.3.7: what begins with a dash may be passed over.
    if (word === '' || /^(?:WSH=\d+|-.*)$/i.test(word)) continue;
    const exemption = exemptionWords.find(([name]) => name === word.toUpperCase())?.[1];
    if (exemption === undefined) return null;
    found[exemption] = true;
  }
  // RFC 7714 §14.2: there is no AEAD without its tag.
  return found.unauthenticatedRtp === true && profile.startsWith('AEAD_') ? null : found;
}
