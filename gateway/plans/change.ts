import type { Plan } from '../../dialplans/plan.ts';
import type { AuditEntry } from '../ports.ts';
import type { Weighed } from './in-force.ts';
import type { StoredPlans } from './stored.ts';
import type { Tx } from './tables.ts';

/** What is to become of the database's plans, worked out on them as they are. */
export interface Change<T> {
  readonly next: StoredPlans;
  /** What is asked beyond the check; throws what speaks against it. */
  readonly approve?: (weighed: Weighed, present: Plan) => void;
  readonly write: (tx: Tx) => Promise<void>;
  readonly audit: Omit<AuditEntry, 'id' | 'at'>;
  readonly result: T;
}

/** How a change comes to be; asked again when another gateway was faster. */
export type Edit<T> = (stored: StoredPlans) => Change<T> | Promise<Change<T>>;
