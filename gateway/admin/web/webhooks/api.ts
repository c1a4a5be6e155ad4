/** What the webhooks' pages ask the gateway; shapes as in `/openapi.json`. */
import { load } from '../admin/request.ts';
import type { Rows } from '../admin/use-pages.ts';
import type { Delivery, DeliveryState, Webhook, WebhookDetails } from './shapes.ts';

const pageSize = 50;
const at = (id: string): string => `/webhooks/${encodeURIComponent(id)}`;

export const fetchWebhooks = async (signal: AbortSignal): Promise<readonly Webhook[]> =>
  (await load<{ webhooks: readonly Webhook[] }>('/webhooks', { signal })).webhooks;

export const fetchWebhook = (id: string): Promise<Webhook> => load(at(id));

/** The secret is told this once. */
export const addWebhook = (details: WebhookDetails): Promise<Webhook & { readonly secret: string }> =>
  load('/webhooks', { method: 'POST', body: details });

export const changeWebhook = (
  { id, version }: Webhook,
  change: Partial<WebhookDetails> & { readonly active?: boolean },
): Promise<Webhook> => load(at(id), { method: 'PATCH', body: change, etag: `"${version}"` });

export const removeWebhook = ({ id }: Webhook): Promise<undefined> => load(at(id), { method: 'DELETE' });

export const renewSecret = async ({ id }: Webhook): Promise<string> =>
  (await load<{ secret: string }>(`${at(id)}/secret`, { method: 'POST' })).secret;

export const sendTest = ({ id }: Webhook): Promise<unknown> => load(`${at(id)}/test`, { method: 'POST' });

export async function fetchDeliveries(
  id: string,
  state: DeliveryState | '',
  after: string | null,
  signal: AbortSignal,
): Promise<Rows<Delivery>> {
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (state !== '') query.set('state', state);
  if (after !== null) query.set('after', after);
  const { deliveries, next } = await load<{ deliveries: Delivery[]; next: string | null }>(
    `${at(id)}/deliveries?${query}`,
    { signal },
  );
  return { rows: deliveries, next };
}

export const sendAgain = (id: string, delivery: string): Promise<unknown> =>
  load(`${at(id)}/deliveries/${encodeURIComponent(delivery)}/replay`, { method: 'POST' });

/** All that were given up since then; how many. */
export const sendGivenUpAgain = async (id: string, since: string): Promise<number> =>
  (await load<{ queued: number }>(`${at(id)}/replay`, { method: 'POST', body: { since } })).queued;
