/** FreeSWITCHes that mix, as the admin sees them. */
import type { PartStatus } from './parts.ts';

export interface MixingServerStatus {
  /** `10.0.0.5:8021` */
  readonly name: string;
  readonly state: PartStatus['state'];
  readonly version: string | null;
  /** It takes no new rooms; those that it has stay until they are over. */
  readonly draining: boolean;
  readonly rooms: number;
  /** Channels of this gateway. */
  readonly endpoints: number;
  /** All its channels, whosever; null: it has not said. */
  readonly channels: number | null;
  readonly idleCpuPercent: number | null;
  /** How often it was lost, and how often of these because it hung. */
  readonly losses: number;
  readonly hangs: number;
  /** Why it is not up; null: it is, or nothing is known yet. */
  readonly problem: { readonly code: string; readonly message: string; readonly remedy: string } | null;
}

export interface MixingStatus {
  readonly state: PartStatus['state'];
  readonly servers: readonly MixingServerStatus[];
}

export interface MixingDesk {
  status(): MixingStatus;
  /** False: no such server. Throws what `DrainStore.set` throws; then nothing has changed. */
  setDraining(name: string, draining: boolean): Promise<boolean>;
}

/** Keeps which FreeSWITCHes are drained, for a gateway's next run and for others that mix with the same. */
export interface DrainStore {
  /** Names as in `MixingServerStatus`; also of servers that nobody uses any more. */
  list(): Promise<readonly string[]>;
  /** Throws `DatabaseUnavailable`. */
  set(server: string, draining: boolean): Promise<void>;
}
