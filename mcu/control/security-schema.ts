/** The security part of a leg's configuration on the control channel. */
import { z } from 'zod';

const port = z.int().min(1).max(65535);
const base64 = z.string().regex(/^[A-Za-z0-9+/]{1,88}={0,2}$/);
const hex = z.string().regex(/^(?:[0-9a-f]{2}){1,128}$/);
const word = z.string().min(1).max(256);
const candidates = z.array(z.string().min(1).max(512)).max(64).readonly();

const srtpKeying = z.strictObject({
  profile: z.enum([
    'AES_CM_128_HMAC_SHA1_80',
    'AES_CM_128_HMAC_SHA1_32',
    'AES_192_CM_HMAC_SHA1_80',
    'AES_192_CM_HMAC_SHA1_32',
    'AES_256_CM_HMAC_SHA1_80',
    'AES_256_CM_HMAC_SHA1_32',
    'AEAD_AES_128_GCM',
    'AEAD_AES_256_GCM',
  ]),
  keys: z
    .array(z.strictObject({ inline: base64, mki: hex.optional() }))
    .min(1)
    .max(16)
    .readonly(),
  unencryptedRtp: z.boolean().optional(),
  unencryptedRtcp: z.boolean().optional(),
  unauthenticatedRtp: z.boolean().optional(),
});

const fingerprints = z
  .array(z.strictObject({ hash: word, value: z.string().regex(/^[0-9A-F]{2}(?::[0-9A-F]{2}){0,63}$/) }))
  .min(1)
  .max(16)
  .readonly();

export const legSecurity = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sdes'), send: srtpKeying, receive: srtpKeying }),
  z.strictObject({ kind: z.literal('dtls'), setup: z.enum(['active', 'passive']), fingerprints }),
]);

export const remoteIce = z.strictObject({ ufrag: word, pwd: word, lite: z.boolean(), candidates });

export const legLocal = z.strictObject({
  address: z.string(),
  rtpPort: port,
  rtcpPort: port,
  fingerprints: fingerprints.optional(),
  ice: z.strictObject({ ufrag: word, pwd: word, candidates }).optional(),
});

const packetIndex = z.int().min(-1);

/** srtp/types.ts */
export const srtpCheckpoint = z.strictObject({
  streams: z
    .array(z.strictObject({ ssrc: z.int().min(0), rtpIndex: packetIndex, rtcpIndex: packetIndex }))
    .max(256)
    .readonly(),
});
