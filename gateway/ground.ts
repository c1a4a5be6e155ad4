import type { Closers } from './closers.ts';
import type { Config } from './config/schema.ts';
import type { Metrics } from './observe/metrics.ts';
import type { Log } from './ports.ts';

/** What one step of the start hands to the next. */
export interface Ground {
  readonly config: Config;
  readonly log: Log;
  /** Takes the log lines of a process that writes its own. */
  readonly childSink: () => NodeJS.WritableStream;
  readonly closers: Closers;
  readonly metrics: Metrics;
}
