import type { Kysely, Migration, MigrationProvider } from 'kysely';
import { settingsOfMeetings } from './migrations/settings-of-meetings.ts';
import { stepsOfCalls } from './migrations/steps-of-calls.ts';
import { indexesOfCalls } from './migrations/indexes-of-calls.ts';
import { versionsOfPlans } from './migrations/versions-of-plans.ts';
import { webhooks } from './migrations/webhooks.ts';

/**
 * One list for both databases, in the order of the names: a new one comes after those that databases have already. A
 * migration that has shipped is never changed.
 * They see the database without types: tables change, migrations don't.
 */
const migrations: Record<string, Migration> = {
  '2026-11-calls-and-meetings': {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('calls')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('direction', 'text', (column) => column.notNull())
        .addColumn('protocol', 'text', (column) => column.notNull())
        .addColumn('caller', 'text', (column) => column.notNull())
        .addColumn('called', 'text', (column) => column.notNull())
        .addColumn('trunk', 'text')
        .addColumn('room', 'text')
        .addColumn('participant', 'text')
        .addColumn('rule', 'text')
        .addColumn('started_at', 'text', (column) => column.notNull())
        .addColumn('answered_at', 'text')
        .addColumn('ended_at', 'text', (column) => column.notNull())
        .addColumn('end_reason', 'text', (column) => column.notNull())
        .addColumn('trace', 'text', (column) => column.notNull())
        .addColumn('media', 'text')
        .execute();
      await db.schema.createIndex('calls_ended_at').on('calls').columns(['ended_at', 'id']).execute();

      await db.schema
        .createTable('meetings')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('tenant', 'text', (column) => column.notNull())
        .addColumn('room', 'text', (column) => column.notNull())
        .addColumn('wait_for_host', 'integer', (column) => column.notNull())
        .addColumn('language', 'text')
        .addColumn('created_at', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('meetings_tenant_room')
        .on('meetings')
        .columns(['tenant', 'room', 'created_at'])
        .execute();

      await db.schema
        .createTable('pin_keys')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('meeting_pins')
        .addColumn('digest', 'text', (column) => column.primaryKey())
        .addColumn('meeting_id', 'text', (column) =>
          column.notNull().references('meetings.id').onDelete('cascade'),
        )
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull().references('pin_keys.id'))
        .addColumn('sealed', 'text', (column) => column.notNull())
        .addUniqueConstraint('meeting_pins_role', ['meeting_id', 'role'])
        .execute();
    },
  },
  '2026-11-refused-calls': {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .alterTable('calls')
        .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(1))
        .execute();
    },
  },
  '2026-11-refused-video': {
    up: async (db: Kysely<unknown>) => {
      await db.schema.alterTable('calls').addColumn('no_video', 'text').execute();
    },
  },
  '2026-11-leases': {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('gateways')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('instance', 'text', (column) => column.notNull().unique())
        .addColumn('process', 'text', (column) => column.notNull())
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('started_at', 'text', (column) => column.notNull())
        .addColumn('renewed_at', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('live_calls')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('instance', 'text', (column) => column.notNull())
        .addColumn('call', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '2026-11-settings-of-meetings': settingsOfMeetings,
  '2026-11-steps-of-calls': stepsOfCalls,
  '2026-11-shared-drains': {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('drained_mixers')
        .addColumn('server', 'text', (column) => column.primaryKey())
        .addColumn('drained_at', 'text', (column) => column.notNull())
        .execute();
    },
  },
  '2026-11-versions-of-plans': versionsOfPlans,
  '2026-11-webhooks': webhooks,
  '2026-11-indexes-of-calls': indexesOfCalls,
  '2026-11-origin-of-calls': {
    up: async (db: Kysely<unknown>) => {
      await db.schema.alterTable('calls').addColumn('origin', 'text').execute();
    },
  },
};

export const migrationProvider: MigrationProvider = {
  getMigrations: () => Promise.resolve(migrations),
};
