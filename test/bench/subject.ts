/** What answers the callers: the gateway, or a peer in its place. */
export interface Subject {
  readonly sipPort: number;
  /** Its processes by what they are. What they cost is what it costs. */
  pids(): Map<string, number>;
  /** False: calls are left after the deadline. */
  untilNoCalls(deadlineMs: number): Promise<boolean>;
}
