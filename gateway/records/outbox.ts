import type { Transaction } from 'kysely';
import type { GatewayEvent } from '../ports.ts';
import type { Tables } from './schema.ts';

/** Keeps events in the transaction of what they tell of, so that neither is there without the other. */
export interface Outbox {
  keep(tx: Transaction<Tables>, events: readonly GatewayEvent[]): Promise<void>;
  /** What was kept is committed, and may go out. */
  committed(): void;
}

/** Nobody is told anything. */
export const noOutbox: Outbox = { keep: () => Promise.resolve(), committed: () => undefined };
