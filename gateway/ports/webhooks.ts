/** Who is told of events over HTTP, and how that went. */
import type { EventType } from '../event-types.ts';

export interface Webhook {
  readonly id: string;
  /** Null: events of all tenants. */
  readonly tenant: string | null;
  readonly url: string;
  readonly title: string;
  /** Empty: all. */
  readonly events: readonly EventType[];
  readonly active: boolean;
  /** Why the gateway switched it off; null: it did not. */
  readonly stopped: string | null;
  /** Since when every attempt has failed; null: the last one went well. */
  readonly failingSince: string | null;
  readonly createdAt: string;
  readonly changedAt: string;
  /** Counts changes, from 1. */
  readonly version: number;
}

/** What may be set of it. */
export type WebhookDetails = Pick<Webhook, 'tenant' | 'url' | 'title' | 'events' | 'active'>;

export type DeliveryState = 'waiting' | 'delivered' | 'given-up';

export interface Attempt {
  readonly at: string;
  readonly ms: number;
  /** HTTP status of the answer; null: there was none. */
  readonly status: number | null;
  /** Why it did not count; null: it did. */
  readonly error: string | null;
}

export interface Delivery {
  readonly id: string;
  /** Sent as `webhook-id`: the same for every attempt. */
  readonly event: string;
  readonly type: string;
  readonly state: DeliveryState;
  readonly createdAt: string;
  /** When it is tried next; null: no more. */
  readonly dueAt: string | null;
  readonly doneAt: string | null;
  readonly attempts: readonly Attempt[];
}

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** Where the next page begins; null: this is the last. */
  readonly next: string | null;
}

export interface WebhookStatus {
  /** Events that are not in the database yet. */
  readonly unwritten: number;
  /** Events that could not be kept. */
  readonly lost: number;
  readonly delivered: number;
  readonly failed: number;
}

/** What the API needs. */
export interface WebhookDesk {
  /** The secret is told here and never again. */
  create(
    details: Pick<WebhookDetails, 'url'> & Partial<WebhookDetails>,
  ): Promise<{ webhook: Webhook; secret: string }>;
  list(): Promise<readonly Webhook[]>;
  get(id: string): Promise<Webhook | null>;
  /**
   * Switching it on again forgets why it was off.
   * @param version the one that was seen; null: whatever it is now
   * @returns null: there is none
   */
  change(id: string, version: number | null, change: Partial<WebhookDetails>): Promise<Webhook | null>;
  /** A new secret; the old one counts no more. Null: there is no such webhook. */
  renewSecret(id: string): Promise<string | null>;
  remove(id: string): Promise<boolean>;
  /** Queues an event `webhook.test` for this one only. False: there is no such webhook. */
  test(id: string): Promise<boolean>;
  /** The latest first. */
  deliveries(
    id: string,
    query: { state?: DeliveryState | undefined; limit: number; after?: string | undefined },
  ): Promise<DeliveryPage>;
  /** Sends it once more, however it went before. False: there is none. */
  replay(id: string, delivery: string): Promise<boolean>;
  /** The same for all that were given up since then; how many. */
  replaySince(id: string, since: string): Promise<number>;
  status(): WebhookStatus;
}
