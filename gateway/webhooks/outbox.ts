import type { Transaction } from 'kysely';
import type { GatewayEvent } from '../ports.ts';
import type { Outbox } from '../records/outbox.ts';
import type { Db, Tables } from '../records/schema.ts';
import { enqueue } from './deliveries.ts';
import { payloadOf } from './payload.ts';

/** Queues events for whoever subscribed to them. */
export class WebhookOutbox implements Outbox {
  readonly #fullNumbers: boolean;
  /** Is told when there is something to send. */
  onCommitted: () => void = () => undefined;

  constructor(fullNumbers: boolean) {
    this.#fullNumbers = fullNumbers;
  }

  keep(tx: Transaction<Tables>, events: readonly GatewayEvent[]): Promise<void> {
    return enqueue(tx, events, (event) => this.payload(event));
  }

  committed(): void {
    this.onCommitted();
  }

  /** What belongs to no change of the database. */
  async keepAlone(db: Db, events: readonly GatewayEvent[]): Promise<void> {
    await db.transaction().execute((tx) => this.keep(tx, events));
    this.committed();
  }

  payload(event: GatewayEvent): string {
    return payloadOf(event, this.#fullNumbers);
  }
}
