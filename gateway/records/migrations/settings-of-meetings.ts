import { randomInt } from 'node:crypto';
import type { ColumnDefinitionBuilderCallback, Kysely, Migration } from 'kysely';

/** Title, number, lock, times, limits and brand of meetings, and their versions. */
export const settingsOfMeetings: Migration = {
  up: async (db: Kysely<unknown>) => {
    const add = (name: string, type: 'text' | 'integer', more?: ColumnDefinitionBuilderCallback) =>
      db.schema.alterTable('meetings').addColumn(name, type, more).execute();
    const texts = ['title', 'number', 'changed_at', 'search'];
    for (const name of texts) await add(name, 'text', (column) => column.notNull().defaultTo(''));
    await add('locked', 'integer', (column) => column.notNull().defaultTo(0));
    await add('version', 'integer', (column) => column.notNull().defaultTo(1));
    for (const name of ['starts_at', 'ends_at', 'zone', 'recurrence', 'brand']) await add(name, 'text');
    for (const name of ['max_participants', 'max_minutes']) await add(name, 'integer');
    await numberMeetings(db);
    await db.schema
      .createIndex('meetings_tenant_number')
      .on('meetings')
      .columns(['tenant', 'number'])
      .unique()
      .execute();
    await db.schema
      .createIndex('meetings_tenant_created')
      .on('meetings')
      .columns(['tenant', 'created_at', 'id'])
      .execute();
  },
};

interface EarlierMeetings {
  meetings: {
    id: string;
    room: string;
    number: string;
    created_at: string;
    changed_at: string;
    search: string;
  };
}

/** Meetings had no numbers once. */
async function numberMeetings(db: Kysely<EarlierMeetings>): Promise<void> {
  const rows = await db.selectFrom('meetings').select(['id', 'room', 'created_at']).execute();
  const taken = new Set<string>();
  for (const { id, room, created_at } of rows) {
    let number: string;
    do number = String(randomInt(2_000_000, 10_000_000));
    while (taken.has(number));
    taken.add(number);
    const search = `\n${room.toLowerCase()}\n${number}`;
    await db
      .updateTable('meetings')
      .set({ number, search, changed_at: created_at })
      .where('id', '=', id)
      .execute();
  }
}
