import type { AuditEntry, Clock, Log, PlanEventData } from '../ports.ts';
import type { Outbox } from '../records/outbox.ts';
import type { Db } from '../records/schema.ts';
import type { CheckerOptions } from './checker/checker.ts';

export interface PlansOptions extends CheckerOptions {
  /** Files of plans, followed while they change. */
  readonly folder: string;
  readonly db: Db;
  /** Where the last plans of the database are kept for a start while it is away; null: nowhere. */
  readonly copyFile: string | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Where what is done to the database's plans is told, in the same transaction. */
  readonly outbox?: Outbox;
  /** Newer plans have mistakes, and don't count. */
  readonly onRefused?: (refused: PlanEventData, tenant: string) => void;
  /** What was done to plans by this gateway: for an admin, or by itself. */
  readonly onChanged?: (entry: Omit<AuditEntry, 'id'>) => void;
  /** A call of a running canary, or one of the rest meanwhile, is over. */
  readonly onCanaryCall?: (side: 'candidate' | 'rest', outcome: 'served' | 'failed') => void;
  /** How often the database is asked whether another gateway has changed something. */
  readonly pollMs?: number;
}
