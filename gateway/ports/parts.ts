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

/** A SIP server that the gateway is connected to, or wants to be. */
export interface ServerStatus {
  /** Where it is: `10.0.0.5:9022`. */
  readonly server: string;
  readonly state: PartStatus['state'];
  readonly version: string | null;
  /** What it listens on (`udp/192.0.2.1:5060,…`), or what is wrong and what helps. */
  readonly detail: string;
}
