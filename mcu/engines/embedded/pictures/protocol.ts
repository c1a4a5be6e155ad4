/** What a media node and its picture process say to each other over IPC; the pictures themselves are private RTP. */
import { z } from 'zod';
import { counter, logEvent } from '../../../control/protocol.ts';
import { cameraFigures, feedProfile, pictureFigures, videoFormat } from '../../../control/video-schema.ts';

/** A feed's or camera's private SSRC is its number; a camera that comes back transcoded has this bit too. */
export const backBit = 0x8000_0000;
/**
 * Numbers stand in the lower bits. Above them a camera's packets say which of its streams they belong to, since a device
 * may begin another one, or send two.
 */
export const streamShift = 24;
export const mostStreams = 128;
export const mostNumbers = 1 << streamShift;
/** In the payload type field of feeds and of cameras that come back: the packet belongs to a key frame. */
export const keyFrameMark = 1;

const number = z
  .int()
  .min(1)
  .max(mostNumbers - 1);
const port = z.int().min(1).max(65535);
const pixels = z.int().min(0).max(8192);

const screen = z.strictObject({
  title: z.string(),
  lines: z.array(z.string()).readonly(),
  digits: z.int().min(0).nullable(),
});

const tile = z.strictObject({
  x: pixels,
  y: pixels,
  width: pixels,
  height: pixels,
  identity: z.string(),
  name: z.string(),
  camera: z.string().nullable(),
  withheld: z.boolean(),
  kind: z.enum(['camera', 'screen']),
  fit: z.enum(['contain', 'cover']),
  labelled: z.boolean(),
  muted: z.boolean(),
  speaking: z.boolean(),
});

const scene = z.strictObject({
  width: pixels.min(16),
  height: pixels.min(16),
  pixelAspect: z.number().positive(),
  screen: screen.nullable(),
  tiles: z.array(tile).max(64).readonly(),
  banner: z.string().nullable(),
});

const feedFigures = z.strictObject({
  framesSent: counter,
  keyFrames: counter,
  fps: counter,
  bitrate: counter,
});

export const pictureContract = {
  calls: {
    figures: { params: z.null(), result: pictureFigures },
    /** Null: there is no such camera, or feed. */
    cameraFigures: { params: z.strictObject({ camera: number }), result: cameraFigures.nullable() },
    feedFigures: { params: z.strictObject({ feed: number }), result: feedFigures.nullable() },
  },
  events: {
    /** The node's private RTP socket, on loopback; nothing is sent before. */
    connect: z.strictObject({ port }),
    openCamera: z.strictObject({
      camera: number,
      /** As scenes name it. */
      id: z.string().min(1),
      formats: z.array(videoFormat).min(1).readonly(),
      parameterSets: z.array(z.string()).readonly().optional(),
      repaired: z.boolean().optional(),
    }),
    closeCamera: z.strictObject({ camera: number }),
    setPictureBack: z.strictObject({ camera: number, codec: z.enum(['H264', 'VP8']).nullable() }),
    requestBackKeyFrame: z.strictObject({ camera: number }),
    /** Opens a picture, or gives it another scene of the same size. */
    setScene: z.strictObject({ picture: number, scene }),
    closePicture: z.strictObject({ picture: number }),
    openFeed: z.strictObject({
      feed: number,
      picture: number,
      profile: feedProfile,
      bitrate: z.int().positive(),
    }),
    closeFeed: z.strictObject({ feed: number }),
    setFeedBitrate: z.strictObject({ feed: number, bitrate: z.int().positive() }),
    requestKeyFrame: z.strictObject({ feed: number }),
  },
} as const;

export const pictureOwnerContract = {
  calls: {},
  events: {
    keyFrameNeeded: z.strictObject({ camera: number }),
    /** Of its pictures, when it has changed. */
    cameraSize: z.strictObject({ camera: number, width: z.int().positive(), height: z.int().positive() }),
    log: logEvent,
  },
} as const;

export const pictureOptions = z.strictObject({
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
});

/** Port of the process's private RTP socket, on loopback; or why there are no codecs here. */
export const pictureReady = z.union([z.strictObject({ port }), z.strictObject({ missing: z.string() })]);

export type PictureContract = typeof pictureContract;
export type PictureOwnerContract = typeof pictureOwnerContract;
export type PictureOptions = z.output<typeof pictureOptions>;
