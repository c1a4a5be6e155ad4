/** The clock, and how a part of the gateway is doing. */

export interface Clock {
  /** Wall time, ms since the epoch. */
  nowMs(): number;
  /** Never jumps; for durations, ms. */
  monotonicMs(): number;
}

export interface PartStatus {
  readonly state: 'up' | 'starting' | 'down';
  readonly embedded: boolean;
  readonly version: string | null;
  readonly pid: number | null;
  readonly detail?: string;
}
