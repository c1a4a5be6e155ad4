import { z } from 'zod';
import { verstats } from '../types.ts';
import {
  choice,
  e164Number,
  isSound,
  languageTag,
  mapping,
  oneOrMore,
  plainName,
  text,
  timeZone,
  withRemedy,
  words,
  yesNo,
} from './values.ts';

const kinds = {
  exact: text(256).optional().describe('this text; the case of letters does not count'),
  oneOf: oneOrMore(text(256), 'must be a list of texts').optional().describe('one of these texts'),
  prefix: text(256).optional().describe('texts that begin so; the case of letters does not count'),
  regex: text(512)
    .optional()
    .describe('RE2; the whole text must match; named groups (?P<name>…) become variables'),
};

/** `x` is short for `{ exact: x }`, a list for `{ oneOf: [...] }`. */
function asKind(value: unknown): unknown {
  if (typeof value === 'string') return { exact: value };
  return Array.isArray(value) ? { oneOf: value } : value;
}

const textMatch = z
  .preprocess(asKind, choice(kinds, 'must be a text, a list of texts, {prefix: …} or {regex: …}'))
  .meta({ id: 'TextMatch', shorthand: 'texts' });

const numberMatch = z
  .preprocess(
    asKind,
    choice(
      {
        ...kinds,
        e164: e164Number
          .optional()
          .describe('this number, however it is written internationally: +4930…, 004930…, 4930…'),
      },
      'must be a text, a list of texts, {prefix: …}, {regex: …} or {e164: …}',
    ),
  )
  .meta({ id: 'NumberMatch', shorthand: 'texts' });

const headerMatch = z
  .preprocess(
    asKind,
    choice(
      { ...kinds, present: yesNo.optional().describe('whether the header is there at all') },
      'must be a text, a list of texts, {prefix: …}, {regex: …} or {present: …}',
    ),
  )
  .meta({ id: 'HeaderMatch', shorthand: 'texts' });

/** RFC 3261 §25.1 `token` */
const headerName = z
  .string()
  .regex(/^[A-Za-z0-9\-.!%*_+`'~]{1,64}$/, 'must be the name of a SIP header')
  .transform((name) => name.toLowerCase());

const hours = z.string('must be text').regex(
  /^(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/,
  withRemedy('must be like 08:00-18:00, or 22:00-06:00 over midnight', (given) => {
    const ends = /^(\d{1,2})(?:[:.h](\d\d))?\s*[-–]\s*(\d{1,2})(?:[:.h](\d\d))?$/.exec(given);
    if (ends === null) return null;
    const [, from, fromMinute = '00', to, toMinute = '00'] = ends;
    if (Number(from) > 23 || Number(to) > 24) return 'Hours begin at 00:00 to 23:59 and end by 24:00.';
    return `Write ${from.padStart(2, '0')}:${fromMinute}-${to.padStart(2, '0')}:${toMinute}.`;
  }),
);

const days = z.string('must be text').regex(
  /^(?:mon|tue|wed|thu|fri|sat|sun)(?:-(?:mon|tue|wed|thu|fri|sat|sun))?$/,
  withRemedy('must be a day or a range of days: mon, tue, wed, thu, fri, sat, sun, mon-fri', (given) => {
    const short = given
      .toLowerCase()
      .split(/\s*[,;]\s*|\s+/)
      .map((range) => range.replace(/[a-z]+/g, (day) => day.slice(0, 3)))
      .join(', ');
    return `Write ${short.includes(',') ? `[${short}]` : short}.`;
  }),
);

const holidayNames = oneOrMore(plainName, 'must be names of holiday lists', 20);

const time = mapping({
  days: oneOrMore(days, 'must be days', 7).optional().describe('days of the week; left out: all'),
  hours: oneOrMore(hours, 'must be hours', 24)
    .optional()
    .describe('from–to, the end not included; over midnight they belong to the day they begin on'),
  on: holidayNames.optional().describe('only on days of these holiday lists'),
  not: holidayNames.optional().describe('not on days of these holiday lists'),
  zone: timeZone.optional().describe('left out: the time zone of the rule’s tenant'),
}).refine((value) => Object.keys(value).some((key) => key !== 'zone'), {
  error: 'must name days, hours, on or not',
  when: isSound,
});

export const match = mapping({
  called: numberMatch.optional().describe('user part of the called address: sip:1000@host is called 1000'),
  calledUri: textMatch.optional().describe('the whole called address, sip:1000@host'),
  calling: numberMatch.optional().describe('user part of the calling address'),
  callingUri: textMatch.optional().describe('the whole calling address'),
  trunk: oneOrMore(plainName, 'must be names of trunks')
    .optional()
    .describe('trunks that the call comes by; none: it comes by no trunk'),
  protocol: words('sip', 'h323').optional(),
  transport: oneOrMore(words('udp', 'tcp', 'tls', 'ws', 'wss'), 'must be transports', 5).optional(),
  source: oneOrMore(text(64), 'must be IP addresses or CIDR blocks')
    .optional()
    .describe('addresses that the call comes from: 192.0.2.1, 192.0.2.0/24, 2001:db8::/32'),
  registered: yesNo.optional().describe('whether the caller’s device is registered here'),
  verstat: oneOrMore(words(...verstats), 'must be passed, failed or none', 3)
    .optional()
    .describe('whether the carrier vouches for the calling number (STIR/SHAKEN)'),
  header: z
    .record(headerName, headerMatch, 'must be a mapping of header names to what they must be')
    .optional()
    .describe('SIP header fields'),
  language: oneOrMore(languageTag, 'must be languages', 20)
    .optional()
    .describe('the language the caller’s device prefers; de takes de-AT too'),
  time: time.optional(),
}).meta({ id: 'Match' });

export type MatchSource = z.infer<typeof match>;
export type TextMatchSource = z.infer<typeof numberMatch> & z.infer<typeof headerMatch>;
export type TimeSource = z.infer<typeof time>;
