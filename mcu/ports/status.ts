/** How a process of an engine stands. */
export interface EngineStatus {
  readonly state: 'starting' | 'up' | 'down';
  readonly pid: number | null;
  /** How often an engine process was started again, and how often of these because it hung. */
  readonly restarts: number;
  readonly hangs: number;
}
