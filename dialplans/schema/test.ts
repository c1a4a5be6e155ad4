import { z } from 'zod';
import { verstats } from '../types.ts';
import {
  isSound,
  languageTag,
  mapping,
  plainName,
  text,
  timeZone,
  wholeNumber,
  withRemedy,
  words,
  yesNo,
} from './values.ts';

const call = mapping({
  called: text(256).describe('number, name, or sip:user@host'),
  calling: text(256).optional().describe('number, name, or sip:user@host; anonymous if left out'),
  trunk: plainName
    .optional()
    .describe('none: it comes by no trunk; left out: the one of "source", else none'),
  protocol: words('sip', 'h323').optional(),
  transport: words('udp', 'tcp', 'tls', 'ws', 'wss').optional(),
  source: text(64).optional().describe('IP address the call comes from'),
  registered: yesNo.optional(),
  verstat: words(...verstats).optional(),
  headers: z.record(z.string(), text(1024), 'must be a mapping of header names to texts').optional(),
  language: languageTag.optional(),
  at: z
    .string('must be a time')
    .regex(
      /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?$/,
      withRemedy(
        'must be a time such as 2026-11-30T10:00, on the clock of the tenant’s time zone',
        (given) =>
          /(?:Z|[+-]\d\d:?\d\d)$/.test(given) ? 'Leave the offset out; "zone" says whose clock it is.' : null,
      ),
    )
    .optional(),
  zone: timeZone.optional().describe('of "at"; left out: the tenant’s'),
});

const expect = mapping({
  rule: text(100).optional().describe('name of the rule that decides'),
  action: words(
    ...([
      'ask-pin',
      'join',
      'menu',
      'bridge',
      'reject',
      'policy',
      'transfer',
      'echo',
      'play',
      'no-route',
    ] as const),
  ).optional(),
  tenant: plainName.optional(),
  language: words('en', 'de').optional(),
  called: text(256).optional().describe('the called number after all transforms'),
  calling: text(256).optional(),
  room: text(256).optional(),
  role: words('host', 'guest').optional(),
  trunk: plainName.optional(),
  number: text(256).optional(),
  to: text(256).optional(),
  url: text(1024).optional(),
  prompt: text(64).optional(),
  code: wholeNumber(400, 699).optional(),
  text: text(128).optional(),
}).refine((value) => Object.keys(value).length > 0, {
  error: 'must name what shall come out, such as rule or action',
  when: isSound,
});

export const planTest = mapping({
  name: text(100),
  call,
  expect,
}).meta({ id: 'Test' });

export type TestSource = z.infer<typeof planTest>;
