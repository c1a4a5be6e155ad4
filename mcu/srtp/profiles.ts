import type { SrtpProfile } from '../ports.ts';

export interface ProfileShape {
  readonly aead: boolean;
  /** Of the master key and of the session keys, in octets. */
  readonly keyBytes: 16 | 24 | 32;
  readonly saltBytes: 12 | 14;
  readonly rtpTagBytes: 4 | 10 | 16;
  readonly rtcpTagBytes: 10 | 16;
}

const counterMode = (keyBytes: 16 | 24 | 32, rtpTagBytes: 4 | 10): ProfileShape => ({
  aead: false,
  keyBytes,
  saltBytes: 14,
  rtpTagBytes,
  // RFC 4568 §6.2.2 and RFC 6188 §4: the short tag is RTP's only.
  rtcpTagBytes: 10,
});

const gcm = (keyBytes: 16 | 32): ProfileShape => ({
  aead: true,
  keyBytes,
  saltBytes: 12,
  rtpTagBytes: 16,
  rtcpTagBytes: 16,
});

export const srtpProfiles = {
  AES_CM_128_HMAC_SHA1_80: counterMode(16, 10),
  AES_CM_128_HMAC_SHA1_32: counterMode(16, 4),
  AES_192_CM_HMAC_SHA1_80: counterMode(24, 10),
  AES_192_CM_HMAC_SHA1_32: counterMode(24, 4),
  AES_256_CM_HMAC_SHA1_80: counterMode(32, 10),
  AES_256_CM_HMAC_SHA1_32: counterMode(32, 4),
  AEAD_AES_128_GCM: gcm(16),
  AEAD_AES_256_GCM: gcm(32),
} as const satisfies Record<SrtpProfile, ProfileShape>;
