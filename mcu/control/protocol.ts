/**
 * What gateway and media node say to each other, as JSON. The node serves `nodeContract`, the gateway
 * `gatewayContract`. Both sides parse what comes in, so the same messages can travel between hosts.
 */
import { z } from 'zod';
import { soundOptions } from '../sound.ts';
import { mixerAsks, mixerTells } from './mixer-protocol.ts';
import { legVideoConfig, legVideoStats, pictureFigures, viewerLook } from './video-schema.ts';
import {
  dtlsIdentity,
  iceMode,
  legIce,
  legLocal,
  legSecurity,
  legVideoPorts,
  pathCheckpoint,
  srtpCheckpoint,
} from './security-schema.ts';

const name = z.string().min(1).max(256);
const leg = name;
const port = z.int().min(1).max(65535);
const none = z.null();
const files = z.array(z.string().min(1).max(512)).min(1).max(64);
export const counter = z.number().min(0);

const audioCodec = z.enum(['PCMU', 'PCMA', 'G722', 'opus']);
const payloadType = z.int().min(0).max(127);

export const audioFormat = z.strictObject({ codec: audioCodec, payloadType });

export const opusWishes = z.strictObject({
  inbandFec: z.boolean(),
  dtx: z.boolean(),
  maxRateHz: z.union([z.literal(8000), z.literal(16000), z.literal(48000)]),
  maxBitrate: z.int().positive(),
  cbr: z.boolean(),
});

const legMediaConfig = z.strictObject({
  ...audioFormat.shape,
  alternatives: z.array(audioFormat).readonly().optional(),
  dtmfPayloadTypes: z.array(payloadType).readonly(),
  keyPayloadType: payloadType.optional(),
  noisePayloadTypes: z.array(payloadType).readonly().optional(),
  ptimeMs: z.int().min(10).max(60).multipleOf(10),
  opus: opusWishes.optional(),
  remote: z.strictObject({ address: z.string().min(1), rtpPort: port, rtcpPort: port }),
  direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']),
  confirmed: z.boolean().optional(),
  voipMetrics: z.boolean().optional(),
  security: legSecurity.optional(),
  rtcpMux: z.boolean().optional(),
  ice: legIce.optional(),
  video: legVideoConfig.optional(),
});

const percent = counter.max(100);

const directionQuality = z.strictObject({
  lossPercent: percent.nullable(),
  jitterMs: counter.nullable(),
  burst: z
    .strictObject({ burstLossPercent: percent, gapLossPercent: percent, burstMs: counter, gapMs: counter })
    .nullable(),
  rFactor: percent.nullable(),
  mos: z.number().min(1).max(4.5).nullable(),
  echoReturnLossDb: z.number().nullable(),
  echoDelayMs: counter.nullable(),
});

const legQuality = z.strictObject({
  received: directionQuality.extend({
    jitterMaxMs: counter,
    latePercent: percent,
    playoutDelayMs: counter.nullable(),
    concealedMs: counter,
    recoveredMs: counter,
    clippedMs: counter,
  }),
  sent: directionQuality.extend({
    reportedBy: z.enum(['nothing', 'rr', 'xr']),
    peer: z
      .strictObject({
        rFactor: percent.nullable(),
        mosLq: counter.nullable(),
        mosCq: counter.nullable(),
        endSystemMs: counter,
        latePercent: percent,
      })
      .nullable(),
  }),
});

export const legStats = z.strictObject({
  packetsReceived: counter,
  packetsSent: counter,
  packetsLost: z.number(),
  jitterMs: counter,
  rttMs: counter.nullable(),
  dropped: z.strictObject({
    stranger: counter,
    malformed: counter,
    payloadType: counter,
    digitFlood: counter,
    unauthentic: counter,
    replayed: counter,
  }),
  codec: audioCodec.nullable(),
  encryption: z.string().nullable(),
  publishedCodec: audioCodec.nullable(),
  quality: legQuality.nullable(),
  video: legVideoStats.nullable(),
});

const participants = z.array(
  z.strictObject({
    sid: z.string(),
    identity: z.string(),
    name: z.string(),
    kind: z.enum(['standard', 'sip', 'agent', 'other']),
    attributes: z.record(z.string(), z.string()),
    own: z.boolean(),
  }),
);

const hearSource = z.enum(['nothing', 'room', 'echo']);

/** Whom a leg's stream is latched to (rtp/latch.ts). */
const legPeer = z.strictObject({ address: z.string().min(1), port, ssrc: z.int().min(0) });

const wayCheckpoint = z.strictObject({
  peer: legPeer.nullable(),
  path: pathCheckpoint.nullable(),
  srtp: srtpCheckpoint.nullable(),
});

const stream = z.enum(['audio', 'video']);

const processStatus = z.strictObject({
  state: z.enum(['starting', 'up', 'down']),
  pid: z.int().nullable(),
  restarts: z.int(),
  hangs: z.int(),
});
export const engineStatus = processStatus.extend({ kind: z.string() });
const pictureStatus = processStatus.extend({ leftOut: counter, figures: pictureFigures.nullable() });

export const logEvent = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']),
  facts: z.record(z.string(), z.unknown()),
  sentence: z.string(),
});

export const howPlayed = z.enum(['finished', 'stopped']);

export const nodeContract = {
  calls: {
    openLeg: {
      params: z.strictObject({ leg }),
      result: legLocal,
    },
    /** A leg that another process carried, on its ports. */
    restoreLeg: {
      params: z.strictObject({
        leg,
        rtpPort: port,
        config: legMediaConfig.nullable(),
        ...wayCheckpoint.shape,
        hear: hearSource,
        muted: z.boolean(),
        cameraMuted: z.boolean(),
        silent: z.boolean(),
        look: viewerLook,
        connected: name.nullable(),
        video: wayCheckpoint.extend({ rtpPort: port }).nullable(),
      }),
      result: none,
    },
    /** Ports for its video; a leg has one pair, and later calls give the same. */
    openVideo: { params: z.strictObject({ leg }), result: legVideoPorts },
    configureLeg: { params: z.strictObject({ leg, config: legMediaConfig }), result: none },
    /** The peer asked in signalling for a key frame of what it sees. */
    requestKeyFrame: { params: z.strictObject({ leg }), result: none },
    look: { params: z.strictObject({ leg, look: viewerLook }), result: none },
    /** Answered at once; `played` says how it ended. */
    play: { params: z.strictObject({ leg, play: z.int(), files, loop: z.boolean() }), result: none },
    stopPlaying: { params: z.strictObject({ leg, play: z.int() }), result: none },
    hear: { params: z.strictObject({ leg, source: hearSource }), result: none },
    join: {
      params: z.strictObject({ leg, room: name, identity: name, publish: z.enum(['auto', 'opus']) }),
      result: z.strictObject({ participantSid: z.string(), codec: audioCodec }),
    },
    leave: { params: z.strictObject({ leg }), result: none },
    /** Talks with whoever is there; no room of LiveKit's. Null: no more. */
    connect: { params: z.strictObject({ leg, room: name.nullable() }), result: none },
    /** `w`: half a second of waiting. */
    press: { params: z.strictObject({ leg, keys: z.string().regex(/^[0-9*#A-Dw]{1,64}$/) }), result: none },
    setMuted: { params: z.strictObject({ leg, muted: z.boolean() }), result: none },
    legStats: { params: z.strictObject({ leg }), result: legStats },
    closeLeg: { params: z.strictObject({ leg }), result: none },
    watchRoom: { params: z.strictObject({ watch: z.int(), room: name }), result: participants },
    unwatchRoom: { params: z.strictObject({ watch: z.int() }), result: none },
    playToRoom: { params: z.strictObject({ room: name, files }), result: none },
  },
  events: {
    /** The node is in use; before that it only stands by for another process. */
    use: none,
    ...mixerTells,
  },
} as const;

export const gatewayContract = {
  calls: {
    access: {
      params: z.strictObject({
        room: name,
        who: z.union([z.literal('watcher'), z.strictObject({ identity: name })]),
      }),
      result: z.strictObject({ url: z.string(), token: z.string() }),
    },
  },
  events: {
    digit: z.strictObject({ leg, digit: z.string().length(1) }),
    /** Neither RTP nor RTCP came for that long; once, until `heard`. */
    silent: z.strictObject({ leg, ms: counter }),
    /** After `silent`: something came again. */
    heard: z.strictObject({ leg }),
    /** How this process's count of a leg stands: every few seconds, so that its death loses no more. */
    stats: z.strictObject({ leg, stats: legStats }),
    mutedByHost: z.strictObject({ leg, muted: z.boolean() }),
    cameraMutedByHost: z.strictObject({ leg, muted: z.boolean() }),
    /** The camera's key frame is wanted, and the peer takes no RTCP feedback that asks for it. */
    keyFrameWanted: z.strictObject({ leg }),
    /** The way to the peer carries a smaller picture only, or all of it again. */
    videoLimited: z.strictObject({ leg, limited: z.boolean() }),
    /** There will be no media: no way to the peer was found, or no keys could be agreed. */
    failed: z.strictObject({ leg, reason: z.enum(['no-media-path', 'encryption-failed']) }),
    link: z.strictObject({
      leg,
      state: z.enum(['lost', 'restored', 'removed', 'room-deleted', 'unreachable']),
    }),
    played: z.strictObject({ leg, play: z.int(), how: z.enum(['finished', 'stopped', 'failed']) }),
    /** What a process that takes over must know; told when it changes. */
    peer: z.strictObject({ leg, stream, peer: legPeer }),
    path: z.strictObject({ leg, stream, path: pathCheckpoint }),
    srtp: z.strictObject({ leg, stream, srtp: srtpCheckpoint }),
    participants: z.strictObject({ watch: z.int(), participants }),
    /** When it has changed, and every few seconds. */
    status: z.strictObject({
      legs: z.int(),
      rooms: z.int(),
      engine: engineStatus,
      pictures: pictureStatus.nullable(),
    }),
    log: logEvent,
    ...mixerAsks,
  },
} as const;

/** What a node sends when it runs. */
export const nodeReady = z.strictObject({ engine: engineStatus });

/** What a media node is started with. */
export const nodeOptions = z.strictObject({
  id: name,
  /** Address that legs' sockets bind to, and the one that peers are told. */
  host: z.string().min(1),
  publicIp: z.string(),
  /** All that peers may be told, of each family one at most; left out: whoever started the node knows them. */
  announced: z.array(z.string()).readonly().optional(),
  rtpPortMin: port,
  rtpPortMax: port,
  promptFolder: z.string().min(1),
  silenceSeconds: z.number().positive(),
  /** Which links carry the media to the SFU (link/livekit-links.ts, link/rtc-node/links.ts). */
  link: z.enum(['encoded', 'rtc-node']).default('encoded'),
  sound: soundOptions.prefault({}),
  /** Null: no pictures are made, and no process for them is started. */
  video: z
    .strictObject({
      /** Of the pictures that callers are sent, in pixels. */
      maxHeight: z.int().min(144).default(1080),
    })
    .nullable()
    .prefault({}),
  /** FreeSWITCH mixes, driven by the gateway; null: the node's own processes do. */
  mixer: z
    .strictObject({
      /** IP address of this machine at which FreeSWITCH reaches the node. */
      host: z.string().min(1).default('127.0.0.1'),
    })
    .nullable()
    .default(null),
  ice: iceMode.default('full'),
  /** Of the node, whichever of its processes runs. */
  dtls: dtlsIdentity,
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
});
export type NodeOptions = z.output<typeof nodeOptions>;
export type NodeStart = z.input<typeof nodeOptions>;
export type WayCheckpoint = z.output<typeof wayCheckpoint>;
export type LegPeer = z.output<typeof legPeer>;
export type NodeContract = typeof nodeContract;
export type GatewayContract = typeof gatewayContract;
