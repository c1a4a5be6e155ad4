import { randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { addressBytes } from '../sip/edge/transport/addresses.ts';

/** What a certificate (RFC 5280) says; P-256 keys and ECDSA with SHA-256 throughout. */
export interface CertificateFacts {
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  readonly uris?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** It may sign others. */
  readonly isAuthority?: boolean;
  /** Who signs; left out: itself, with `key`. */
  readonly issuerName?: string;
}

/** Node.js reads certificates but makes none. Returns PEM. */
export function makeCertificate(facts: CertificateFacts, key: KeyObject): string {
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    // RFC 5280 §4.1.2.2: unique, positive, 20 bytes at most.
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ecdsaWithSha256,
    name(facts.issuerName ?? facts.commonName),
    sequence(time(facts.notBefore), time(facts.notAfter)),
    name(facts.commonName),
    facts.publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensions(facts))),
  );
  const der = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, key)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** X.690 §8.1: a tag, a length, a value. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  const used = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | used.length]), used, value]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const context = (number: number, ...parts: readonly Buffer[]): Buffer => der(0xa0 | number, ...parts);
const integer = (value: Buffer): Buffer => der(0x02, value);
const octets = (value: Buffer): Buffer => der(0x04, value);
const bits = (value: Buffer, unused = 0): Buffer => der(0x03, Buffer.from([unused]), value);
const yes = der(0x01, Buffer.from([0xff]));

/** X.690 §8.19; the numbers are those of the dotted form. */
function oid(...numbers: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = numbers;
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const groups = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift(0x80 | (left & 0x7f));
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(2, 5, 4, 3), der(0x0c, Buffer.from(commonName)))));
}

/** RFC 5280 §4.1.2.5: two digits of the year until 2049. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits));
}

function extensions({ isAuthority = false, dnsNames = [], addresses = [], uris = [] }: CertificateFacts) {
  const names = [
    ...uris.map((uri) => der(0x86, Buffer.from(uri))),
    ...dnsNames.map((dns) => der(0x82, Buffer.from(dns))),
    ...addresses.map((address) => der(0x87, addressBytes(address))),
  ];
  // digitalSignature, or keyCertSign
  const usage = isAuthority ? bits(Buffer.from([0x04]), 2) : bits(Buffer.from([0x80]), 7);
  const list = [
    extension([2, 5, 29, 19], sequence(...(isAuthority ? [yes] : [])), true),
    extension([2, 5, 29, 15], usage, true),
  ];
  // serverAuth and clientAuth
  const purposes = [oid(1, 3, 6, 1, 5, 5, 7, 3, 1), oid(1, 3, 6, 1, 5, 5, 7, 3, 2)];
  if (!isAuthority) list.push(extension([2, 5, 29, 37], sequence(...purposes)));
  if (names.length > 0) list.push(extension([2, 5, 29, 17], sequence(...names)));
  return list;
}

function extension(id: readonly number[], value: Buffer, critical = false): Buffer {
  return sequence(oid(...id), ...(critical ? [yes] : []), octets(value));
}
