/** What gateway and media node say to each other about video; see ports/video.ts. */
import { z } from 'zod';
import { legIce, legSecurity } from './security-schema.ts';

const counter = z.number().min(0);
const port = z.int().min(1).max(65535);
const pixels = z.int().min(0).max(8192);

const videoCodec = z.enum(['H264', 'VP8', 'H263', 'H263-1998']);
const roomVideoCodec = z.enum(['H264', 'VP8']);
const h264Profile = z.enum(['constrained-baseline', 'baseline', 'main', 'high']);
const packetizationMode = z.union([z.literal(0), z.literal(1)]);

export const videoFormat = z.strictObject({
  codec: videoCodec,
  payloadType: z.int().min(0).max(127),
  h264: z
    .strictObject({
      profile: h264Profile,
      level: z.int().min(9).max(62),
      packetizationMode,
      maxFrameMacroblocks: z.int().positive(),
      maxMacroblocksPerSecond: z.int().positive(),
      maxBitrate: z.int().positive(),
      maxFps: z.number().positive().optional(),
    })
    .optional(),
  vp8: z.strictObject({ maxFrameMacroblocks: z.int().positive(), maxFps: z.int().positive() }).optional(),
  h263: z
    .strictObject({
      qcifInterval: z.int().min(1).max(32),
      cifInterval: z.int().min(1).max(32).nullable(),
    })
    .optional(),
});

export const legVideoConfig = z.strictObject({
  ...videoFormat.shape,
  alternatives: z.array(videoFormat).readonly().optional(),
  feedback: z.strictObject({ nack: z.boolean(), pli: z.boolean(), fir: z.boolean(), tmmbr: z.boolean() }),
  maxBitrate: z.int().positive(),
  parameterSets: z.array(z.string().max(1024)).max(8).readonly().optional(),
  remote: z.strictObject({ address: z.string().min(1), rtpPort: port, rtcpPort: port }),
  direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']),
  security: legSecurity.optional(),
  rtcpMux: z.boolean().optional(),
  ice: legIce.optional(),
});

export const feedProfile = z.strictObject({
  codec: videoCodec,
  h264Profile: h264Profile.optional(),
  packetizationMode: packetizationMode.optional(),
  width: pixels,
  height: pixels,
  fps: counter,
  bitrate: counter,
});

export const cameraFigures = z.strictObject({
  frames: counter,
  keyFrames: counter,
  packetsLost: counter,
  malformed: counter,
  broken: counter,
  dropped: counter,
});

export const pictureFigures = z.strictObject({
  fps: counter,
  slowedDown: counter,
  feeds: z
    .array(z.strictObject({ codec: videoCodec, height: pixels, feeds: counter, frames: counter }))
    .readonly(),
  cameras: counter,
  decoded: cameraFigures,
});

export const legVideoStats = z.strictObject({
  received: z
    .strictObject({
      codec: videoCodec,
      width: pixels,
      height: pixels,
      packets: counter,
      packetsLost: z.number(),
      jitterMs: counter,
      keyFrames: counter,
      keyFramesAsked: counter,
      malformed: counter,
    })
    .nullable(),
  sent: z
    .strictObject({
      profile: feedProfile,
      packets: counter,
      resent: counter,
      keyFrames: counter,
      keyFramesAsked: counter,
      lossPercent: counter.max(100).nullable(),
    })
    .nullable(),
  encryption: z.string(),
  failed: z.enum(['no-media-path', 'encryption-failed']).nullable(),
  published: z.strictObject({ codec: roomVideoCodec, transcoded: z.boolean() }).nullable(),
});

/** What is drawn of it fits a screen: longer texts are nobody's. */
const text = z.string().max(512);

export const viewerLook = z.strictObject({
  screen: z
    .strictObject({ title: text, lines: z.array(text).max(16).readonly(), digits: z.int().min(0).nullable() })
    .nullable(),
  banner: text.nullable(),
  layout: z.enum(['auto', 'grid', 'speaker', 'lecture', 'one-on-one', 'presentation']),
  own: z.enum(['auto', 'left-out', 'small', 'shown']),
});
