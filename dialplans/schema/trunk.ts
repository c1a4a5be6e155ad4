import { z } from 'zod';
import { audioCodecs } from '../trunks.ts';
import {
  isSound,
  listOf,
  mapping,
  oneOrMore,
  plainName,
  text,
  wholeNumber,
  withRemedy,
  words,
  yesNo,
} from './values.ts';

const sipUri = text(256).regex(
  /^[Ss][Ii][Pp][Ss]?:[^\s<>",?]+$/,
  withRemedy(
    'must be a SIP URI, such as sip:carrier.example or sip:192.0.2.10:5061;transport=tls',
    (given) =>
      /^[\w.@:;=[\]-]+$/.test(given) && !/^[a-z]+:(?!\d)/i.test(given) ? `Write sip:${given}.` : null,
  ),
);

/** `sip:…` is short for `{ uri: sip:… }`. */
const ping = z
  .preprocess(
    (value) => (typeof value === 'string' ? { uri: value } : value),
    mapping(
      { uri: sipUri, everySeconds: wholeNumber(5, 3600).default(60) },
      'must be a SIP URI or {uri: …, everySeconds: …}',
    ),
  )
  .meta({ shorthand: 'text' });

export const trunk = mapping({
  name: plainName.refine((name) => name !== 'none', 'must not be "none", which means: no trunk'),
  sources: listOf(text(64), 'must be a list of IP addresses or CIDR blocks')
    .optional()
    .describe('addresses its calls come from: 192.0.2.10, 198.51.100.0/24, 2001:db8::/32'),
  srtp: words('off', 'prefer', 'require').default('prefer').describe('encrypted media'),
  video: words('on', 'off')
    .default('on')
    .transform((value) => value === 'on')
    .describe('whether its calls may have video'),
  tls: yesNo.default(false).describe('only calls over TLS or WSS count as this trunk’s'),
  certificate: listOf(text(255), 'must be a list of domains')
    .optional()
    .describe('domains of which its verified TLS certificate must bear one'),
  ping: ping.optional().describe('asked by OPTIONS whether it is there'),
  to: oneOrMore(sipUri, 'must be a SIP URI, or a list of them', 8)
    .optional()
    .describe('where calls out go: sip:carrier.example; of several the next when one does not work'),
  from: text(256).optional().describe('calling number of calls out; left out: the caller’s own'),
  codecs: listOf(words(...audioCodecs), 'must be a list of codecs', audioCodecs.length)
    .optional()
    .describe('offered to it, in this order; left out: all'),
  auth: mapping({
    user: text(128),
    password: text(128)
      .regex(
        /^\$\{secret:[A-Za-z_][A-Za-z0-9_]*\}$/,
        'must be a secret: ${secret:name}, defined under "secrets"\nPut it where only the gateway reads it: secrets: { carrier: { env: CARRIER_PASSWORD } }, and write ${secret:carrier}.',
      )
      .describe('${secret:name}'),
  })
    .optional()
    .describe('what it is told when it asks who calls (digest)'),
})
  .refine(({ sources, to }) => sources !== undefined || to !== undefined, {
    error:
      'must have sources, to, or both: where its calls come from, and where calls go\nAdd "sources: [192.0.2.10]" or "to: sip:carrier.example".',
    when: isSound,
  })
  .meta({ id: 'Trunk' });

export type TrunkSource = z.infer<typeof trunk>;
