import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';
import { layouts, ownPictures } from '../../dialplans/types.ts';
import { drachtioSchema } from './drachtio-schema.ts';
import { freeswitchSchema, mixingSchema } from './freeswitch-schema.ts';
import { mediaHostSchema } from './media-host-schema.ts';

const port = z.number().int().min(0).max(65535);
const needsAddress = 'write an IP address, such as 127.0.0.1, or 0.0.0.0 for all of this machine’s';
const seconds = z.number().positive();
const pinDigits = z.number().int().min(4).max(12);
const onOff = z.enum(['on', 'off']);

function isNameServer(text: string): boolean {
  return isIP(text.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')) !== 0;
}

function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text);
}

/**
 * Every key of `gateway.yaml`, with its default. Unknown keys are refused. Each key can also be set by
 * `GATEWAY_<KEY>`: the path in upper case, joined by `_` (`calls.pinTries` → `GATEWAY_CALLS_PIN_TRIES`).
 */
export const configSchema = z.strictObject({
  /** Two on one database may not have the same. */
  name: z
    .string()
    .regex(/^[\w.:@-]{0,64}$/, 'write at most 64 letters, digits, or . : @ _ -')
    .default('')
    .describe('name of this gateway among all on its database; empty: made once, kept in data/instance'),
  /** Address that everything binds to. */
  host: z
    .string()
    .refine((text) => isIP(text) !== 0, needsAddress)
    .default('127.0.0.1')
    .describe('IP address that SIP, RTP and HTTP bind to'),
  /** Address that peers outside see, written into SDP, Contact and dial-in details; also `PUBLIC_IP`. */
  publicIp: z
    .string()
    .refine((text) => text === '' || isIP(text) !== 0, needsAddress)
    .default('')
    .describe('address that peers outside see (SDP, Contact); empty: the bound one'),
  publicIpv6: z
    .string()
    .refine((text) => text === '' || isIPv6(text), 'write an IPv6 address, such as 2001:db8::1')
    .default('')
    .describe('the same for callers over IPv6, where publicIp is an IPv4 address'),
  adminToken: z
    .string()
    .default('')
    .describe('bearer token of the API; empty: made once, kept in data/admin-token'),
  dataFolder: z.string().default('data').describe('folder for the database, keys and the admin token'),
  http: z
    .strictObject({
      port: port.default(8080).describe('API and pages'),
      tlsCert: z
        .string()
        .default('')
        .describe('certificate (PEM file); browsers give no microphone to plain HTTP off loopback'),
      tlsKey: z.string().default('').describe('its private key (PEM file)'),
      join: z
        .enum(['auto', 'open', 'pin'])
        .default('auto')
        .describe('who may join by /join/<room>: anyone, or with a PIN; auto: open on loopback only'),
    })
    .prefault({}),
  sip: z
    .strictObject({
      port: port.default(5060).describe('SIP over UDP and TCP (embedded edge)'),
      srtp: z
        .enum(['off', 'prefer', 'require'])
        .default('prefer')
        .describe(
          'encrypted media of callers who are no trunk’s: off, prefer (when they offer it) or require',
        ),
      video: onOff
        .default('on')
        .describe('pictures of callers who are no trunk’s, and to them; off: they have their voice'),
      adminPort: port.default(9022).describe('the embedded edge’s drachtio admin port'),
      secret: z.string().default('').describe('its secret; empty: made at each start'),
      sessionExpiresSeconds: z
        .number()
        .int()
        .min(90)
        .max(86_400)
        .default(1800)
        .describe(
          'callers whose devices know session timers (RFC 4028) show at least this often that they are there',
        ),
      dns: z
        .array(z.string().refine(isNameServer, 'write IP addresses, with :port where it is not 53'))
        .default([])
        .describe('name servers for calls to SIP addresses; none: the system’s'),
      tls: z
        .strictObject({
          listen: onOff.default('on').describe('SIP over TLS'),
          port: port.default(5061).describe('its port'),
          certificate: z
            .string()
            .default('')
            .describe(
              'for TLS and WSS: certificate and those that lead to its authority (PEM file); empty: a self-signed one is made, kept in data/',
            ),
          key: z.string().default('').describe('its private key (PEM file)'),
          ca: z
            .string()
            .default('')
            .describe('authorities of peers’ certificates (PEM file); empty: those that browsers know'),
          clients: z
            .enum(['off', 'ask', 'require'])
            .default('off')
            .describe('whether callers are asked for a certificate; require: those without are refused'),
        })
        .prefault({}),
      ws: z
        .strictObject({
          listen: onOff.default('off').describe('SIP over WebSocket'),
          port: port.default(5066).describe('its port'),
        })
        .prefault({}),
      wss: z
        .strictObject({
          listen: onOff.default('off').describe('SIP over WebSocket and TLS, for softphones in browsers'),
          port: port.default(7443).describe('its port'),
        })
        .prefault({}),
      origins: z
        .array(z.string().refine(isOrigin, 'write origins such as https://phone.example, or *'))
        .default([])
        .describe(
          'origins of web pages that may call over WebSocket, or *; none: pages of the IP address that they call',
        ),
    })
    .prefault({}),
  drachtio: drachtioSchema,
  livekit: z
    .strictObject({
      url: z
        .string()
        .default('')
        .describe('a LiveKit server (ws:// or wss://); empty: one is started here; also `LIVEKIT_URL`'),
      browserUrl: z
        .string()
        .default('')
        .describe(
          'its address as browsers see it; empty: the same, or through our own port where they could not reach it',
        ),
      apiKey: z.string().default('').describe('also `LIVEKIT_API_KEY`'),
      apiSecret: z.string().default('').describe('also `LIVEKIT_API_SECRET`'),
      port: port.default(7880).describe('port of the LiveKit that is started here'),
      binary: z.string().default('').describe('its program; empty: from the set-up or PATH'),
    })
    .prefault({}),
  media: z
    .strictObject({
      rtpPortMin: port.default(20000).describe('first RTP port'),
      rtpPortMax: port.default(29999).describe('last RTP port'),
      codecs: z
        .array(z.enum(['opus', 'G722', 'PCMU', 'PCMA']))
        .min(1)
        .default(['opus', 'G722', 'PCMU', 'PCMA'])
        .describe(
          'audio codecs of calls; callers choose by the order of their offer, our own offers have this one',
        ),
      publish: z
        .enum(['auto', 'opus'])
        .default('auto')
        .describe(
          'codec into the room: auto: the caller’s own when the SFU takes it; opus: always transcoded',
        ),
      link: z
        .enum(['encoded', 'rtc-node'])
        .default('encoded')
        .describe(
          'links to LiveKit: encoded: RTP as it is; rtc-node: LiveKit’s own client library, which decodes and encodes, and carries no video: callers’ cameras are seen by other callers alone, and those of the room not at all',
        ),
      silenceSeconds: seconds
        .default(30)
        .describe('after this long without RTP and RTCP the caller’s device is asked whether it lives'),
      longestDelayMs: z
        .number()
        .int()
        .min(20)
        .max(480)
        .default(300)
        .describe('longest delay that a bad network makes us hold voices for'),
      levelling: z
        .enum(['on', 'off'])
        .default('on')
        .describe('brings quiet and loud voices to one level, in the mix that callers hear'),
      loudest: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(8)
        .describe('people of a room who are heard at once: the loudest; callers always are'),
      comfortNoise: z
        .enum(['on', 'off'])
        .default('on')
        .describe('a barely audible hiss for callers while nobody speaks, so that the line is not dead'),
      ice: z
        .enum(['full', 'lite'])
        .default('full')
        .describe(
          'full: looks for ways to browsers itself; lite: only answers, for gateways that all can reach',
        ),
      promptFolder: z
        .string()
        .default('')
        .describe('folder with your own prompts; empty: the ones that ship'),
    })
    .prefault({}),
  mediaHost: mediaHostSchema,
  mixing: mixingSchema,
  freeswitch: freeswitchSchema,
  video: z
    .strictObject({
      enabled: onOff
        .default('on')
        .describe(
          'room systems see rooms, and are seen; off: they have their voice, and no process for pictures runs',
        ),
      maxSize: z
        .enum(['1080p', '720p', '360p'])
        .default('1080p')
        .describe('largest picture that callers are sent; each step down is made with half the work or less'),
      layout: z
        .enum(layouts)
        .default('auto')
        .describe('who is where in callers’ pictures, where no dial plan rule says; *8 changes it'),
      ownPicture: z
        .enum(ownPictures)
        .default('auto')
        .describe(
          'whether callers see themselves; auto: only where three or more look, who share one picture then',
        ),
    })
    .prefault({}),
  dialPlans: z
    .strictObject({
      folder: z.string().default('').describe('folder with plans (*.yaml); empty: dialplans/plans'),
    })
    .prefault({}),
  database: z
    .strictObject({
      url: z
        .string()
        .default('')
        .describe('postgres://… ; empty: SQLite in the data folder; also `DATABASE_URL`'),
    })
    .prefault({}),
  records: z
    .strictObject({
      keepDays: z
        .number()
        .int()
        .min(0)
        .max(36_500)
        .default(90)
        .describe('how long records of calls are kept; 0: for ever'),
    })
    .prefault({}),
  calls: z
    .strictObject({
      maxCalls: z.number().int().positive().default(300).describe('calls at once; further ones get 503'),
      maxCallsPerSource: z
        .number()
        .int()
        .positive()
        .default(50)
        .describe('calls at once from one address that is no trunk’s; further ones get 503'),
      pinTries: z.number().int().min(1).max(10).default(3).describe('tries a caller has'),
      pinSeconds: seconds.default(15).describe('time for the first digit after the prompt'),
      digitSeconds: seconds.default(5).describe('time between digits; then what was typed counts'),
      maxDurationMinutes: seconds.default(24 * 60).describe('longest call'),
      emptyRoomMinutes: seconds.default(120).describe('how long a caller may wait alone'),
      language: z.enum(['en', 'de']).default('en').describe('language of prompts where nothing else says'),
      hideNumbers: z
        .boolean()
        .default(false)
        .describe('rooms and exports of records see the last four digits only'),
    })
    .prefault({}),
  meetings: z
    .strictObject({
      hostPinDigits: pinDigits.default(8).describe('digits of hosts’ PINs, where a tenant has no rule'),
      guestPinDigits: pinDigits.default(6).describe('digits of guests’ PINs'),
      numberDigits: z
        .number()
        .int()
        .min(5)
        .max(15)
        .default(7)
        .describe('digits of meetings’ numbers; none of your dialled numbers should be as long'),
      earlyMinutes: z
        .number()
        .min(0)
        .max(1440)
        .default(15)
        .describe('how long before its start people may come into a meeting that has a time'),
      lateMinutes: z
        .number()
        .min(0)
        .max(1440)
        .default(30)
        .describe('how long after its end they still may; who is in stays'),
    })
    .prefault({}),
  demo: z
    .strictObject({
      room: z
        .string()
        .default('demo')
        .describe('a room to try things with: a meeting with a PIN is made for it; empty: none'),
    })
    .prefault({}),
  guessing: z
    .strictObject({
      freeMisses: z.number().int().min(1).default(5).describe('wrong PINs of one number before it is slowed'),
      blockAfter: z.number().int().min(2).default(15).describe('wrong PINs before it is blocked'),
      windowMinutes: seconds.default(60).describe('misses older than this are forgotten'),
    })
    .prefault({}),
  webhooks: z
    .strictObject({
      allowPrivate: onOff
        .default('off')
        .describe('webhooks may also reach hosts of private networks, which https:// URLs then name'),
      fullNumbers: onOff
        .default('off')
        .describe('webhooks are told full calling and called numbers; off: their last two digits'),
      ca: z
        .string()
        .default('')
        .describe('PEM file of authorities that webhooks’ certificates may be of, beside the public ones'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('lines below this level are left out'),
      pretty: z.boolean().default(true).describe('lines for people on a terminal; false: JSON'),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;
