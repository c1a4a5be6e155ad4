import type { Kysely, Migration } from 'kysely';

export const stepsOfCalls: Migration = {
  up: async (db: Kysely<unknown>) => {
    for (const column of ['routed_caller', 'routed_called', 'steps'])
      await db.schema.alterTable('calls').addColumn(column, 'text').execute();
  },
};
