import type { SrtpProfile } from '../ports.ts';

/** DTLS-SRTP's protection profiles (RFC 5764 §4.1.2, RFC 7714 §14.2) in our order: one pass is cheaper than two. */
const profiles = [
  { id: 7, name: 'AEAD_AES_128_GCM', keyBytes: 16, saltBytes: 12 },
  { id: 8, name: 'AEAD_AES_256_GCM', keyBytes: 32, saltBytes: 12 },
  { id: 1, name: 'AES_CM_128_HMAC_SHA1_80', keyBytes: 16, saltBytes: 14 },
  { id: 2, name: 'AES_CM_128_HMAC_SHA1_32', keyBytes: 16, saltBytes: 14 },
] as const satisfies readonly {
  readonly id: number;
  readonly name: SrtpProfile;
  readonly keyBytes: number;
  readonly saltBytes: number;
}[];

export type DtlsSrtpProfile = (typeof profiles)[number];

export const srtpProfileIds: readonly number[] = profiles.map(({ id }) => id);

/** RFC 5764 §4.2. */
export const srtpExporterLabel = 'EXTRACTOR-dtls_srtp';

/** Our first one among those; null: none in common. */
export function chooseSrtpProfile(offered: readonly number[]): DtlsSrtpProfile | null {
  return profiles.find(({ id }) => offered.includes(id)) ?? null;
}

export type DtlsSrtpProfileName = DtlsSrtpProfile['name'];

export const srtpProfileNames = profiles.map(({ name }) => name);

export interface SrtpMaster {
  readonly masterKey: Buffer;
  readonly masterSalt: Buffer;
}

/** What a handshake gives: the profile, and the keys of both directions. */
export interface SrtpKeys {
  readonly profile: DtlsSrtpProfileName;
  readonly send: SrtpMaster;
  readonly receive: SrtpMaster;
}

/** The same as JSON: base64 of each key and the salt behind it, as SDES writes them (RFC 4568 §6.1). */
export interface SrtpKeysText {
  readonly profile: DtlsSrtpProfileName;
  readonly send: string;
  readonly receive: string;
}

export function writeSrtpKeys({ profile, send, receive }: SrtpKeys): SrtpKeysText {
  const text = ({ masterKey, masterSalt }: SrtpMaster) =>
    Buffer.concat([masterKey, masterSalt]).toString('base64');
  return { profile, send: text(send), receive: text(receive) };
}

export function readSrtpKeys({ profile, send, receive }: SrtpKeysText): SrtpKeys {
  const keyBytes = profiles.find(({ name }) => name === profile)?.keyBytes;
  const master = (text: string): SrtpMaster => {
    const octets = Buffer.from(text, 'base64');
    return { masterKey: octets.subarray(0, keyBytes), masterSalt: octets.subarray(keyBytes) };
  };
  return { profile, send: master(send), receive: master(receive) };
}

export function exportedBytes({ keyBytes, saltBytes }: DtlsSrtpProfile): number {
  return 2 * (keyBytes + saltBytes);
}

/** RFC 5764 §4.2: both keys, then both salts, the client's first. */
export function splitExported(exported: Buffer, profile: DtlsSrtpProfile, weAreClient: boolean): SrtpKeys {
  const { keyBytes, saltBytes, name } = profile;
  const master = (index: 0 | 1): SrtpMaster => {
    const saltAt = 2 * keyBytes + index * saltBytes;
    return {
      masterKey: exported.subarray(index * keyBytes, (index + 1) * keyBytes),
      masterSalt: exported.subarray(saltAt, saltAt + saltBytes),
    };
  };
  const [client, server] = [master(0), master(1)];
  return {
    profile: name,
    send: weAreClient ? client : server,
    receive: weAreClient ? server : client,
  };
}
