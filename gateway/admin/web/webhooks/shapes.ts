/** Webhooks as `/openapi.json` has them. */
import type { EventType } from '../../../event-types.ts';

/** What an admin chooses. */
export interface WebhookDetails {
  readonly url: string;
  readonly title: string;
  /** Whose events; null: all tenants’. */
  readonly tenant: string | null;
  /** None: all. */
  readonly events: readonly EventType[];
}

export interface Webhook extends WebhookDetails {
  readonly id: string;
  readonly active: boolean;
  /** Why the gateway switched it off. */
  readonly stopped: string | null;
  readonly failingSince: string | null;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly version: number;
}

export type DeliveryState = 'waiting' | 'delivered' | 'given-up';

export interface Attempt {
  readonly at: string;
  readonly ms: number;
  readonly status: number | null;
  readonly error: string | null;
}

export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly type: string;
  readonly state: DeliveryState;
  readonly createdAt: string;
  readonly dueAt: string | null;
  readonly doneAt: string | null;
  readonly attempts: readonly Attempt[];
}
