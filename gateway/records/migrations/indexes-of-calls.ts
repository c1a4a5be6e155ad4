import type { Kysely, Migration } from 'kysely';

/** One for each thing that calls are looked for by, in the order in which they are listed. */
export const indexesOfCalls: Migration = {
  up: async (db: Kysely<unknown>) => {
    for (const column of ['tenant', 'caller', 'called', 'room', 'end_reason', 'rule'])
      await db.schema
        .createIndex(`calls_${column}`)
        .on('calls')
        .columns([column, 'ended_at', 'id'])
        .execute();
  },
};
