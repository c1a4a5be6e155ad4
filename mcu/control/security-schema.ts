/** The security part of a leg's configuration on the control channel. */
import { z } from 'zod';
import { srtpProfileNames } from '../dtls/srtp-profiles.ts';

const port = z.int().min(1).max(65535);
const base64 = z.string().regex(/^[A-Za-z0-9+/]{1,88}={0,2}$/);
const hex = z.string().regex(/^(?:[0-9a-f]{2}){1,128}$/);
const word = z.string().min(1).max(256);

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
  z.strictObject({
    kind: z.literal('dtls'),
    setup: z.enum(['active', 'passive']),
    fingerprints,
    tlsId: word.optional(),
  }),
]);

const credentials = z.strictObject({ ufrag: word, pwd: word });

const iceCandidate = z.strictObject({
  component: z.int().min(1).max(256),
  foundation: word,
  priority: z.int().min(0).max(0xffff_ffff),
  address: z.union([z.ipv4(), z.ipv6()]),
  port,
  type: z.enum(['host', 'srflx', 'prflx', 'relay']),
});

export const legIce = z.strictObject({
  local: credentials,
  remote: credentials.extend({ lite: z.boolean(), candidates: z.array(iceCandidate).max(64).readonly() }),
  controlling: z.boolean(),
});

export const iceMode = z.enum(['full', 'lite']);

export const legVideoPorts = z.strictObject({ rtpPort: port, rtcpPort: port });

export const legLocal = z.strictObject({
  address: z.string(),
  announced: z.array(z.string()).readonly().optional(),
  rtpPort: port,
  rtcpPort: port,
  video: legVideoPorts.optional(),
  fingerprints: fingerprints.optional(),
  ice: iceMode.optional(),
});

/** dtls/identity.ts */
export const dtlsIdentity = z.strictObject({ privateKey: z.base64(), certificate: z.base64() });

/** As long as the attributes of an offer may be. */
const id = z.string().max(16_384);

/** rtp/media-path.ts */
export const pathCheckpoint = z.strictObject({
  ice: z
    .strictObject({
      id,
      controlling: z.boolean(),
      selected: z
        .array(
          z.strictObject({
            component: z.int().min(1).max(2),
            address: z.union([z.ipv4(), z.ipv6()]),
            port,
            priority: z.int().min(0).max(0xffff_ffff),
          }),
        )
        .max(2)
        .readonly(),
    })
    .nullable(),
  dtls: z
    .strictObject({
      id,
      keys: z
        .array(
          z.strictObject({
            component: z.union([z.literal(1), z.literal(2)]),
            profile: z.enum(srtpProfileNames),
            send: base64,
            receive: base64,
          }),
        )
        .max(2)
        .readonly(),
    })
    .nullable(),
});

const packetIndex = z.int().min(-1);

/** srtp/types.ts */
export const srtpCheckpoint = z.strictObject({
  streams: z
    .array(z.strictObject({ ssrc: z.int().min(0), rtpIndex: packetIndex, rtcpIndex: packetIndex }))
    .max(256)
    .readonly(),
});
