import type { EventBus } from '../event-bus.ts';
import { GatewayError } from '../errors.ts';
import { newEvent } from '../events.ts';
import type { Clock, GatewayEvent, Log, WebhookDesk } from '../ports.ts';
import type { Db } from '../records/schema.ts';
import { Journal } from '../records/journal.ts';
import { isRefusal } from '../records/refusal.ts';
import { WriteQueue } from '../records/write-queue.ts';
import { PinKeyring } from '../rooms/pin-keyring.ts';
import { enqueueFor, listDeliveries, replay } from './deliveries.ts';
import { WebhooksUnavailable } from './errors.ts';
import type { WebhookOutbox } from './outbox.ts';
import { Sender } from './sender.ts';
import { Subscriptions } from './subscriptions.ts';

export interface WebhooksOptions {
  readonly db: Db;
  /** File of the keys that secrets are sealed with: `data/pin-keys.json`. */
  readonly keysFile: string;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Log;
  /** Also hosts of private networks. */
  readonly allowPrivate: boolean;
  /** PEM, of authorities that receivers' certificates may be of, beside the public ones. */
  readonly ca?: string | null;
  /** Queues what others keep in their own transactions, too. */
  readonly outbox: WebhookOutbox;
  /** Where events wait that are not in the database yet. */
  readonly journalFile: string;
  /** For tests. */
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}

export interface OpenWebhooks extends WebhookDesk {
  /** Resolves when every event so far is queued in the database, or given up. */
  written(): Promise<void>;
  close(): Promise<void>;
}

/** Tells events to whoever subscribed. Throws `PinKeysUnusable`. */
export function openWebhooks(options: WebhooksOptions): OpenWebhooks {
  const { db, events, clock, log, outbox, journalFile, ca = null } = options;
  const reach = { allowPrivate: options.allowPrivate };
  const ring = new PinKeyring(options.keysFile);
  const subscriptions = new Subscriptions({ db, ring, clock, reach });
  const sender = new Sender({
    ...{ db, clock, log, reach, ca },
    unseal: (id, sealed, keyId) => subscriptions.unseal(id, sealed, keyId),
    ...(options.everyMs !== undefined && { everyMs: options.everyMs }),
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
  });
  outbox.onCommitted = () => sender.wake();
  const queue = new WriteQueue<GatewayEvent>({
    write: (some) => outbox.keepAlone(db, some),
    isPermanent: isRefusal,
    log,
    journal: new Journal(journalFile, isEvent, log),
  });
  const deaf = events.listen((event) => queue.push(event));
  const now = (): string => new Date(clock.nowMs()).toISOString();
  const again = async (id: string, which: Parameters<typeof replay>[2]): Promise<number> => {
    const count = await guarded(() => replay(db, id, which, now()));
    sender.wake();
    return count;
  };
  return {
    create: (details) => guarded(() => subscriptions.create(details)),
    list: () => guarded(() => subscriptions.list()),
    get: (id) => guarded(() => subscriptions.get(id)),
    change: async (id, version, change) => {
      const changed = await guarded(() => subscriptions.change(id, version, change));
      sender.wake();
      return changed;
    },
    renewSecret: (id) => guarded(() => subscriptions.renewSecret(id)),
    remove: (id) => guarded(() => subscriptions.remove(id)),
    test: async (id) => {
      if ((await guarded(() => subscriptions.get(id))) === null) return false;
      const event = newEvent('webhook.test', 'default', clock.nowMs(), { text: 'A test, sent by hand.' });
      await guarded(() => enqueueFor(db, id, event, outbox.payload(event)));
      sender.wake();
      return true;
    },
    deliveries: (id, query) => guarded(() => listDeliveries(db, id, query)),
    replay: async (id, delivery) => (await again(id, { delivery })) > 0,
    replaySince: (id, since) => again(id, { since }),
    status: () => {
      const { waiting, lost } = queue.state();
      return { unwritten: waiting, lost, ...sender.counts };
    },
    written: () => queue.idle(),
    async close() {
      deaf();
      outbox.onCommitted = () => undefined;
      await queue.close();
      await sender.close();
    },
  };
}

function isEvent(value: unknown): value is GatewayEvent {
  return typeof value === 'object' && value !== null && 'id' in value && 'type' in value && 'data' in value;
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof GatewayError ? error : new WebhooksUnavailable(error);
  }
}
