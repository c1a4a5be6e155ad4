/**
 * What a media node and the gateway say to each other where FreeSWITCH mixes: the node relays RTP, the gateway drives
 * FreeSWITCH. The node always says all it wants of an endpoint, so that telling it again is harmless.
 */
import { z } from 'zod';
import { feedProfile, videoFormat, viewerLook } from './video-schema.ts';

const name = z.string().min(1).max(256);
const port = z.int().min(1).max(65535);
const payloadType = z.int().min(0).max(127);
const files = z.array(z.string().min(1).max(512)).min(1).max(64);
const audioCodec = z.enum(['PCMU', 'PCMA', 'G722', 'opus']);

/** The node's number of an endpoint; none is given twice, whatever process gives it. */
const endpoint = name;

/** The node's sockets for one stream, where FreeSWITCH sends to. */
const sockets = z.strictObject({ rtpPort: port, rtcpPort: port });

/** One channel of FreeSWITCH; its streams never change. */
const endpointSpec = z.strictObject({
  /** Whose it is: a leg, a participant, or a screen that somebody shares. */
  seat: name,
  role: z.enum(['leg', 'participant', 'transcoder']),
  /** IP address of the node's sockets. */
  host: z.string().min(1),
  audio: sockets.extend({
    codec: audioCodec,
    payloadType,
    /** As the node sees it: participants send and get nothing. */
    direction: z.enum(['sendrecv', 'sendonly', 'recvonly']),
  }),
  video: sockets
    .extend({
      /** What the node sends, in one of these; null: no camera. */
      sends: z.array(videoFormat).min(1).readonly().nullable(),
      kind: z.enum(['camera', 'screen']),
      /** What it wants to get, and as which payload type; null: nothing. */
      gets: z.strictObject({ profile: feedProfile, payloadType }).nullable(),
    })
    .nullable(),
  /** For a transcoder: the other one of two, which names this one. What one gets the other gives, each in its own codec. */
  bridgedTo: endpoint.nullable(),
});

/** What changes while it lives. */
const endpointState = z.strictObject({
  /** Null: in no room. */
  room: name.nullable(),
  /** Whom it shows; null: nobody. */
  identity: name.nullable(),
  hears: z.boolean(),
  /** Whether who looks sees the room; false: screens only. */
  sees: z.boolean(),
  muted: z.boolean(),
  /** Whether a camera or screen is on its video; a stream that may come is agreed on before. */
  shows: z.boolean(),
  /** How it sees its room, and what over it or instead of it; null: nobody looks. */
  look: viewerLook.nullable(),
});

const person = z.strictObject({
  identity: name,
  name: z.string().max(512),
  muted: z.boolean(),
  cameraOff: z.boolean(),
});

/** The node asks; the gateway serves. */
export const mixerAsks = {
  mixerOpen: z.strictObject({ endpoint, spec: endpointSpec, state: endpointState }),
  mixerSet: z.strictObject({ endpoint, state: endpointState }),
  mixerClose: z.strictObject({ endpoint }),
  /** A new play replaces the last. */
  mixerPlay: z.strictObject({ endpoint, play: z.int(), files, loop: z.boolean() }),
  mixerStop: z.strictObject({ endpoint, play: z.int() }),
  mixerRoomPlay: z.strictObject({ room: name, files }),
  mixerRoom: z.strictObject({
    room: name,
    people: z.array(person).readonly(),
    /** The loudest first. */
    speakers: z.array(name).readonly(),
  }),
} as const;

/** Where FreeSWITCH takes and gives a stream. */
const place = z.strictObject({ address: z.string().min(1), rtpPort: port, rtcpPort: port });

/** The gateway tells; the node serves. */
export const mixerTells = {
  /** It is up, and in its room if it was opened with one: RTP may flow. */
  mixerMedia: z.strictObject({
    endpoint,
    audio: place.extend({ payloadType }),
    /** Null: it takes and gives none, whatever was asked. */
    video: place.nullable(),
  }),
  /** It is gone, or never came; who still wants it opens another. */
  mixerLost: z.strictObject({ endpoint, reason: z.string() }),
  /**
   * Another FreeSWITCH mixes its room: whoever wants it there opens another, and closes this one when that is up. Until
   * then it goes on in no room.
   */
  mixerElsewhere: z.strictObject({ endpoint }),
  mixerPlayed: z.strictObject({ endpoint, play: z.int(), how: z.enum(['finished', 'stopped', 'failed']) }),
  /** As RFC 6464; null: silent. */
  mixerTalking: z.strictObject({ endpoint, levelDbov: z.int().min(0).max(127).nullable() }),
  mixerStatus: z.strictObject({
    state: z.enum(['starting', 'up', 'down']),
    /** How often a FreeSWITCH was lost, and how often of these because it hung. */
    restarts: z.int(),
    hangs: z.int(),
  }),
} as const;

export type EndpointSpec = z.output<typeof endpointSpec>;
export type EndpointState = z.output<typeof endpointState>;
export type MixerAsks = { readonly [N in keyof typeof mixerAsks]: z.output<(typeof mixerAsks)[N]> };
export type MixerTells = { readonly [N in keyof typeof mixerTells]: z.output<(typeof mixerTells)[N]> };

/** What a session serves of a node's channel. */
export type MixerServed = { readonly [N in keyof MixerAsks]: (params: MixerAsks[N]) => void };

/** What a node's engine serves of the gateway's channel. */
export type MixerTold = { readonly [N in keyof MixerTells]: (params: MixerTells[N]) => void };

const ignored = (): void => undefined;
/** Of an engine that FreeSWITCH has nothing to do with. */
export const deafToMixer: MixerTold = {
  mixerMedia: ignored,
  mixerLost: ignored,
  mixerElsewhere: ignored,
  mixerPlayed: ignored,
  mixerTalking: ignored,
  mixerStatus: ignored,
};

/** Without a session what the node asks for is nobody's. */
export function serveMixer(session: () => MixerSession | null): MixerServed {
  const asked =
    <N extends keyof MixerAsks>(name: N) =>
    (params: MixerAsks[N]): void =>
      session()?.ask(name, params);
  return {
    mixerOpen: asked('mixerOpen'),
    mixerSet: asked('mixerSet'),
    mixerClose: asked('mixerClose'),
    mixerPlay: asked('mixerPlay'),
    mixerStop: asked('mixerStop'),
    mixerRoomPlay: asked('mixerRoomPlay'),
    mixerRoom: asked('mixerRoom'),
  };
}

/** Who drives FreeSWITCH for a media node; implemented by the gateway. */
export interface MixerHost {
  /** A process of the node is there; what an earlier one asked for is void. `tell` does nothing once it is gone. */
  attach(
    node: string,
    tell: <N extends keyof MixerTells>(name: N, params: MixerTells[N]) => void,
  ): MixerSession;
}

export interface MixerSession {
  ask<N extends keyof MixerAsks>(name: N, params: MixerAsks[N]): void;
  /** The process is gone: its endpoints end unless the next process asks for them soon. */
  detach(): void;
}
