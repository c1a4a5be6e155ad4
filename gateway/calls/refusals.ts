import { randomUUID } from 'node:crypto';
import type { CallRecord, Clock } from '../ports.ts';
import type { EndReason } from '../reasons.ts';

export interface RefusalsOptions {
  readonly keep: (record: CallRecord) => void;
  readonly clock: Clock;
  /** Refused calls of one minute that are kept one by one: of one address for one reason, and of all. */
  readonly singly?: { readonly perSource: number; readonly inAll: number };
}

interface Sum {
  readonly first: CallRecord;
  attempts: number;
  readonly sources: Map<string, number>;
}

const windowMs = 60_000;

/** Addresses that a sum names; the others are counted only. */
const namedSources = 20;

/**
 * Keeps a record of every refused call, but a flood can't fill the database: past some in a minute the rest of
 * that minute becomes one record a reason, which says how many they were and where most came from.
 */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #singly: { readonly perSource: number; readonly inAll: number };
  readonly #kept = new Map<string, number>();
  readonly #sums = new Map<EndReason, Sum>();
  #keptInAll = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RefusalsOptions) {
    this.#options = options;
    this.#singly = options.singly ?? { perSource: 10, inAll: 100 };
  }

  add(record: CallRecord, source: string): void {
    this.#timer ??= setTimeout(() => this.flush(), windowMs).unref();
    const key = `${record.endReason} ${source}`;
    const kept = this.#kept.get(key) ?? 0;
    if (kept < this.#singly.perSource && this.#keptInAll < this.#singly.inAll) {
      this.#kept.set(key, kept + 1);
      this.#keptInAll += 1;
      this.#options.keep(record);
    } else this.#sum(record, source);
  }

  /** Keeps the sums and begins a new minute. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#keptInAll = 0;
    this.#kept.clear();
    const endedAt = new Date(this.#options.clock.nowMs()).toISOString();
    for (const { first, attempts, sources } of this.#sums.values()) {
      const trace = { refused: { attempts, sources: Object.fromEntries(sources) } };
      this.#options.keep({
        ...first,
        ...{
          id: randomUUID(),
          from: '',
          to: '',
          routedFrom: '',
          routedTo: '',
          trunk: null,
          origin: null,
          rule: null,
        },
        ...{ attempts, endedAt, trace },
      });
    }
    this.#sums.clear();
  }

  #sum(record: CallRecord, source: string): void {
    const sum = this.#sums.get(record.endReason) ?? {
      first: record,
      attempts: 0,
      sources: new Map<string, number>(),
    };
    this.#sums.set(record.endReason, sum);
    sum.attempts += 1;
    const known = sum.sources.get(source);
    if (known !== undefined || sum.sources.size < namedSources) sum.sources.set(source, (known ?? 0) + 1);
  }
}
