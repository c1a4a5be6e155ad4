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

export interface SrtpMaster {
  readonly masterKey: Buffer;
  readonly masterSalt: Buffer;
}

/** What a handshake gives: the profile, and the keys of both directions. */
export interface SrtpKeys {
  readonly profile: SrtpProfile;
  readonly send: SrtpMaster;
  readonly receive: SrtpMaster;
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
