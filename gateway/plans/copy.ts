import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import { canaryStates } from './stored.ts';
import type { StoredPlans } from './stored.ts';
import type { PlanTables } from './tables.ts';

const tally = z.object({ served: z.number(), failed: z.number() });

const schema = z.object({
  revision: z.number(),
  plans: z.array(
    z.object({
      name: z.string(),
      version: z.number(),
      enabled: z.boolean(),
      replaces: z.string().nullable(),
      text: z.string(),
      updatedAt: z.string(),
      updatedBy: z.string(),
      note: z.string().nullable(),
    }),
  ),
  canaries: z.array(
    z.object({
      plan: z.string(),
      version: z.number(),
      text: z.string(),
      state: z.enum(canaryStates),
      reason: z.string().nullable(),
      numbers: z.array(z.string()),
      share: z.number(),
      failureRate: z.number(),
      calls: z.number(),
      startedAt: z.string(),
      startedBy: z.string(),
      endedAt: z.string().nullable(),
      endedBy: z.string().nullable(),
      candidate: tally,
      rest: tally,
    }),
  ),
});

/** The last plans of the database that were in force, kept beside it: for a start while it is away. */
export class PlanCopy {
  readonly #file: string;
  readonly #log: Log;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** Null: there is none that can be used. */
  async read(): Promise<StoredPlans | null> {
    try {
      return schema.parse(JSON.parse(await readFile(this.#file, 'utf8')));
    } catch (error) {
      this.#log.debug({ file: this.#file, cause: messageOf(error) }, 'no copy of the plans');
      return null;
    }
  }

  /** A whole copy or the one before: it is written beside and moved. Never throws. */
  async write(stored: StoredPlans): Promise<void> {
    const beside = `${this.#file}.new`;
    try {
      await writeFile(beside, JSON.stringify(stored), { mode: 0o600 });
      await rename(beside, this.#file);
    } catch (error) {
      this.#log.warn(
        { file: this.#file, cause: messageOf(error) },
        'copy of the plans can’t be written; a start while the database is away would not know them',
      );
    }
  }
}

/** Of a database that was never read. */
export const unknownPlans: StoredPlans = { revision: -1, plans: [], canaries: [] };

/** The database's plans; while it is away those of the copy, and why. Throws what an embedded database says. */
export async function loadOrCopy(
  tables: PlanTables,
  copy: PlanCopy | null,
): Promise<{ readonly stored: StoredPlans; readonly away: string | null }> {
  try {
    return { stored: await tables.load(), away: null };
  } catch (error) {
    if (copy === null) throw error;
    return { stored: (await copy.read()) ?? unknownPlans, away: messageOf(error) };
  }
}
