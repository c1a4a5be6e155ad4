import { z } from 'zod';
import { verstats, type Trace } from '../../dialplans/types.ts';
import { roomNameProblem } from '../../dialplans/rooms.ts';
import { endReasons, noVideoReasons } from '../reasons.ts';
import { legQuality } from './quality-schema.ts';

export const roomName = z
  .string()
  .refine((name) => unusable(name) === null, { error: ({ input }) => unusable(String(input)) ?? '' })
  .describe('name of the LiveKit room, at most 128 characters');

function unusable(name: string): string | null {
  // `/join/..` is another address before it even gets here.
  return /^\.+$/.test(name) ? 'the room name is made of dots only' : roomNameProblem(name);
}

export const language = z.enum(['en', 'de']);
export const role = z.enum(['host', 'guest']);
export const anyId = z.strictObject({ id: z.string().min(1).max(128) });

const videoCodec = z.string().describe('RTP encoding name');

const legVideo = z.object({
  received: z
    .object({
      codec: videoCodec,
      width: z.number().describe('of the latest key frame; 0: none was read yet'),
      height: z.number(),
      packets: z.number(),
      packetsLost: z.number(),
      jitterMs: z.number(),
      keyFrames: z.number(),
      keyFramesAsked: z.number().describe('that the gateway asked the device for'),
      malformed: z.number().describe('packets that were no video of the agreed kind'),
    })
    .nullable(),
  sent: z
    .object({
      profile: z.object({
        codec: videoCodec,
        h264Profile: z.string().optional(),
        packetizationMode: z.number().optional(),
        width: z.number(),
        height: z.number(),
        fps: z.number(),
        bitrate: z.number().describe('bits per second'),
      }),
      packets: z.number(),
      resent: z.number(),
      keyFrames: z.number(),
      keyFramesAsked: z.number().describe('that the device asked for'),
      lossPercent: z.number().nullable().describe('as the device reports it'),
    })
    .nullable(),
  encryption: z.string(),
  failed: z
    .enum(['no-media-path', 'encryption-failed'])
    .nullable()
    .describe('why nothing of it came; null: something did, or still may'),
  published: z
    .object({ codec: videoCodec, transcoded: z.boolean() })
    .nullable()
    .describe('the camera in the room; null: it is in none'),
});

const legStats = z.object({
  packetsReceived: z.number(),
  packetsSent: z.number(),
  packetsLost: z.number(),
  jitterMs: z.number().describe('interarrival jitter (RFC 3550 §6.4.1)'),
  rttMs: z.number().nullable().describe('null until a report was answered'),
  dropped: z
    .object({
      stranger: z.number(),
      malformed: z.number(),
      payloadType: z.number(),
      digitFlood: z.number(),
      unauthentic: z.number().describe('encrypted under no key of the caller’s, or forged'),
      replayed: z.number().describe('encrypted packets that were there before'),
    })
    .describe('packets dropped, by cause'),
  codec: z.string().nullable(),
  encryption: z
    .string()
    .nullable()
    .describe('none, srtp-sdes/<suite> or dtls-srtp/<suite>; null: nothing was agreed, or not known'),
  publishedCodec: z.string().nullable().describe('codec of the caller in the room'),
  quality: legQuality.nullable().describe('null: nothing was measured'),
  video: legVideo.nullable().describe('null: a call without video'),
});

const noVideo = z
  .object({
    reason: z.enum(noVideoReasons),
    text: z.string().describe('for people: what exactly is missing, and what to offer instead'),
  })
  .nullable()
  .describe('why the call has its voice only; null: it has video, or none was asked for');

export const callView = z.object({
  id: z.string(),
  state: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  protocol: z.string(),
  from: z.string(),
  to: z.string(),
  trunk: z.string().nullable(),
  room: z.string().nullable(),
  participant: z.string().nullable().describe('LiveKit identity'),
  role: role.nullable(),
  muted: z.boolean(),
  startedAt: z.string(),
  answeredAt: z.string().nullable(),
  noVideo,
  media: legStats.nullable(),
  endReason: z.enum(endReasons).optional(),
  endText: z.string().optional().describe('the reason, for people'),
});

export const callRecord = z.object({
  id: z.string(),
  tenant: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  protocol: z.string(),
  from: z.string(),
  to: z.string(),
  routedFrom: z.string().describe('as the dial plan has rewritten it'),
  routedTo: z.string(),
  trunk: z.string().nullable(),
  origin: z
    .object({
      transport: z.string(),
      source: z.string().describe('IP address'),
      verstat: z.enum(verstats).describe('whether the carrier vouched for the calling number'),
      language: z.string().nullable().describe('of Accept-Language'),
    })
    .nullable()
    .describe('how it came; null: of a call out, of many refused ones, or of an earlier version'),
  room: z.string().nullable(),
  participant: z.string().nullable(),
  rule: z.string().nullable(),
  attempts: z
    .number()
    .describe('calls that this record stands for; more than 1: refused calls of one minute'),
  startedAt: z.string(),
  answeredAt: z.string().nullable(),
  endedAt: z.string(),
  endReason: z.enum(endReasons),
  steps: z
    .array(
      z.object({
        at: z.string(),
        kind: z
          .string()
          .describe('prompt, menu, choice, language, meeting, pin, policy, go-to, transfer, bridge or room'),
        subject: z.string().nullable().describe('which prompt, menu, key, language, host or address'),
        outcome: z.string().nullable().describe('what came of it'),
      }),
    )
    .readonly()
    .describe('what the caller heard and chose'),
  trace: z.unknown().describe('the dial plan’s trace; of a call refused without one what it was told'),
  noVideo,
  media: legStats.nullable(),
});

const partState = z.enum(['up', 'starting', 'down']);
const partStatus = z.object({
  state: partState,
  embedded: z.boolean(),
  version: z.string().nullable(),
  pid: z.number().nullable(),
  detail: z.string().optional(),
});

export const mixingServer = z.object({
  name: z.string(),
  state: partState,
  version: z.string().nullable(),
  draining: z.boolean().describe('it takes no new rooms'),
  rooms: z.number(),
  endpoints: z.number().describe('its channels of this gateway'),
  channels: z.number().nullable().describe('all its channels; null: it has not said'),
  idleCpuPercent: z.number().nullable(),
  losses: z.number().describe('how often it was lost'),
  hangs: z.number().describe('of these because it hung'),
  problem: z
    .object({ code: z.string(), message: z.string(), remedy: z.string() })
    .nullable()
    .describe('why it is not up'),
});

export const readiness = z.object({
  status: z.enum(['ready', 'not-ready']),
  parts: z.object({
    sip: partStatus.extend({
      servers: z
        .array(
          z.object({
            server: z.string(),
            state: partState,
            version: z.string().nullable(),
            detail: z.string().describe('what it listens on, or what is wrong and what helps'),
          }),
        )
        .describe('SIP servers that calls come by; one that is up is enough for being ready'),
      trunks: z
        .array(z.object({ trunk: z.string(), up: z.boolean() }))
        .optional()
        .describe('trunks that are pinged, and whether they answer; they do not count for being ready'),
    }),
    media: z.array(
      partStatus.extend({
        id: z.string(),
        legs: z.number(),
        rooms: z.number(),
        engine: z.object({ kind: z.string(), state: z.string(), pid: z.number().nullable() }),
        pictures: z
          .object({
            state: z.string(),
            pid: z.number().nullable(),
            leftOut: z.number().describe('cameras that are left out, as decoding them ended the process'),
            figures: z
              .object({ fps: z.number().describe('frames a second at most; it falls under load') })
              .nullable(),
          })
          .nullable()
          .describe('the picture process; null: there is none'),
      }),
    ),
    rooms: partStatus,
    records: partStatus,
    plans: partStatus.describe(
      'version: of all plans in force; down: newer ones are not, or the database is away',
    ),
    mixing: z
      .object({ state: partState, servers: z.array(mixingServer) })
      .nullable()
      .describe('FreeSWITCHes that mix, one of which is enough; null: the media node does'),
  }),
});

const numbers = z.object({ user: z.string(), uri: z.string() });

export const route = z.object({
  tenant: z.string(),
  rule: z.string().nullable().describe('name of the rule that decided; null: none matched'),
  language: language.nullable(),
  called: numbers.describe('as the rules have rewritten it'),
  calling: numbers,
  brand: z.string().nullable().describe('folder of the tenant’s own prompts; null: those that ship'),
  // A tree of actions within menus and the like: `RouteAction` of the dial plan.
  action: z
    .looseObject({ kind: z.string().describe('ask-pin, join, menu, bridge, reject, policy, …') })
    .describe('what the caller gets, all texts filled in; docs/dial-plans.md describes each kind'),
});

export const trace = z.object({
  plan: z.string(),
  version: z.string(),
  steps: z.array(
    z.object({
      rule: z.string(),
      matched: z.boolean(),
      missed: z.string().nullable().describe('the first condition that missed'),
      conditions: z
        .array(z.object({ field: z.string(), wanted: z.string(), found: z.string(), held: z.boolean() }))
        .optional()
        .describe('all that were looked at'),
      transformed: z
        .object({ called: z.string(), calling: z.string() })
        .optional()
        .describe('the numbers after a rule that rewrites them'),
      variables: z.record(z.string(), z.string()).optional(),
    }),
  ),
  skipped: z.number().describe('rules that missed and are not among the steps'),
  variables: z.record(z.string(), z.string()),
});

/** The same trace, in lists that may be changed. */
export function showTrace(of: Trace): z.infer<typeof trace> {
  return {
    ...of,
    steps: of.steps.map((step) => ({ ...step, conditions: step.conditions && [...step.conditions] })),
    variables: { ...of.variables },
  };
}
