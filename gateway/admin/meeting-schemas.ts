import { z } from 'zod';
import { language, role, roomName } from './schemas.ts';

const dialIn = z.object({
  number: z.string().describe('number that asks for the PIN'),
  uri: z.string().describe('SIP URI of that number'),
  web: z.string().describe('the room’s page'),
  text: z.string().describe('a paragraph for an invitation'),
});

const schedule = z
  .strictObject({
    startsAt: z.string().describe('date and time in the zone: 2026-11-30T10:00'),
    endsAt: z.string().describe('the same of its end'),
    zone: z.string().max(64).describe('IANA time zone: Europe/Berlin'),
    recurrence: z
      .string()
      .nullable()
      .default(null)
      .describe('RFC 5545 rule: FREQ=WEEKLY;BYDAY=MO; null: once'),
  })
  .nullable()
  .describe('when people may come in; null: at any time');

const pin = z.string().regex(/^\d+$/, 'a PIN has digits only').max(12);

const details = {
  title: z.string().max(200).describe('for invitations and lists; empty: the room’s name'),
  waitForHost: z.boolean().describe('guests hear music until a host is there'),
  locked: z.boolean().describe('no guest comes in any more; who is in stays'),
  schedule,
  maxParticipants: z
    .number()
    .int()
    .positive()
    .nullable()
    .describe('with so many in the room no guest comes in; null: no limit'),
  maxMinutes: z
    .number()
    .int()
    .positive()
    .nullable()
    .describe('how long each caller may stay; null: calls.maxDurationMinutes'),
  language: language.nullable().describe('of prompts and invitations; null: the configured one'),
  brand: z
    .string()
    .nullable()
    .describe('folder of its prompts, below tenants/ of the prompt folder; null: the tenant’s own'),
};

const number = z.string().describe('names the meeting: digits, unique among the tenant’s');

const wishes = {
  number: number.optional(),
  pins: z
    .strictObject({
      host: pin.optional(),
      guest: pin.nullable().optional().describe('null: guests come in by the number, without a PIN'),
    })
    .optional()
    .describe('PINs as they shall be; those left out are made'),
};

const optionalDetails = z.strictObject(details).partial().shape;

export const newMeeting = z.strictObject({
  tenant: z.string().max(64).optional().describe('whose; the plan’s own when left out'),
  room: roomName,
  ...optionalDetails,
  ...wishes,
});

export const meetingChange = z.strictObject({
  room: roomName.optional(),
  ...optionalDetails,
  ...wishes,
  renew: z.array(role).max(2).optional().describe('whose PIN is made anew; the old one stops working'),
});

export const meeting = z.object({
  id: z.string(),
  tenant: z.string(),
  number,
  room: z.string(),
  pins: z.object({ host: z.string(), guest: z.string().nullable() }),
  ...details,
  createdAt: z.string(),
  changedAt: z.string(),
  version: z.number().int().describe('counts changes; also the ETag'),
  next: z
    .array(z.object({ startsAt: z.string(), endsAt: z.string() }))
    .describe('its next times, in UTC, three at most; none without a schedule or when it is over'),
  dialIn,
});

export const meetingPage = z.object({
  meetings: z.array(meeting),
  next: z.string().nullable().describe('“after” of the next page; null: this is the last'),
});

export const meetingQuery = z.strictObject({
  tenant: z.string().max(64).optional(),
  search: z.string().max(200).optional().describe('in title, room and number'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: z.string().max(200).optional().describe('“next” of the page before'),
});
