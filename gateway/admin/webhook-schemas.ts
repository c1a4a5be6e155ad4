import { z } from 'zod';
import { eventTypes } from '../event-types.ts';
import type { Webhook } from '../ports.ts';
import { HttpProblem } from './problems.ts';

const details = {
  tenant: z.string().max(64).nullable().describe('whose events; null: all tenants’'),
  url: z.string().max(2048).describe('https://…, or http://localhost'),
  title: z.string().max(200),
  events: z.array(z.enum(eventTypes)).max(eventTypes.length).describe('which; none: all'),
  active: z.boolean(),
};

export const webhook = z.object({
  id: z.string(),
  ...details,
  stopped: z.string().nullable().describe('why the gateway switched it off'),
  failingSince: z.string().nullable().describe('since when every attempt has failed'),
  createdAt: z.string(),
  changedAt: z.string(),
  version: z.number().int().describe('counts changes; also the ETag'),
});

export const secret = z.object({
  secret: z.string().describe('whsec_…: signs the deliveries (Standard Webhooks). Shown here only'),
});

export const newWebhook = z
  .strictObject({ ...details })
  .partial()
  .extend({ url: details.url });
export const webhookChange = z.strictObject(details).partial();

export const delivery = z.object({
  id: z.string(),
  event: z.string().describe('webhook-id: the same for every attempt'),
  type: z.string(),
  state: z.enum(['waiting', 'delivered', 'given-up']),
  createdAt: z.string(),
  dueAt: z.string().nullable().describe('when it is tried next'),
  doneAt: z.string().nullable(),
  attempts: z.array(
    z.object({
      at: z.string(),
      ms: z.number(),
      status: z.number().nullable().describe('HTTP status; null: there was no answer'),
      error: z.string().nullable().describe('why it did not count'),
    }),
  ),
});

export const deliveryQuery = z.strictObject({
  state: z.enum(['waiting', 'delivered', 'given-up']).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  after: z.string().max(200).optional().describe('“next” of the page before'),
});

export const oneDelivery = z.strictObject({ id: z.string().max(128), delivery: z.string().max(128) });
export const queued = z.object({ queued: z.number().int() });

export const schema = (summary: string) => ({ tags: ['webhooks'], summary });

/** Throws WEBHOOK_NOT_FOUND. */
export function there(found: Webhook | null): Webhook {
  if (found === null) throw new HttpProblem('WEBHOOK_NOT_FOUND');
  return found;
}
