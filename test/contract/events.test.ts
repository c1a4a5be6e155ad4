/** Events stand in the transaction of what they tell of: neither is there without the other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventBus } from '../../gateway/event-bus.ts';
import { systemClock as clock } from '../../gateway/observe/clock.ts';
import type { MeetingStore } from '../../gateway/ports.ts';
import { openRecords, type OpenRecords } from '../../gateway/records/records.ts';
import { takeLostCalls } from '../../gateway/records/lost-calls.ts';
import { openMeetings } from '../../gateway/rooms/meetings.ts';
import { WebhookOutbox } from '../../gateway/webhooks/outbox.ts';
import { openWebhooks, type OpenWebhooks } from '../../gateway/webhooks/webhooks.ts';
import { aRecord } from '../fakes/admin.ts';
import { describeWith } from '../support/needs.ts';
import { echoPlan, openTestPlans } from '../support/plans.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { quietLog } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

/** What holds on every database. */
function contract(url: () => string): void {
  let folder: string;
  let records: OpenRecords;
  let webhooks: OpenWebhooks;
  let meetings: MeetingStore;
  let outbox: WebhookOutbox;
  let hook: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'events-'));
    const keysFile = join(folder, 'pin-keys.json');
    const log = quietLog();
    outbox = new WebhookOutbox(false);
    records = await openRecords({ url: url(), dataFolder: folder, log, outbox });
    for (const table of ['webhooks', 'meeting_pins', 'meetings', 'pin_keys', 'calls', 'live_calls'] as const)
      await records.db.deleteFrom(table).execute();
    meetings = await openMeetings({ db: records.db, reader: records.reader, keysFile, clock, outbox });
    webhooks = openWebhooks({
      ...{ db: records.db, keysFile, clock, log, outbox, events: new EventBus(clock, log) },
      ...{ allowPrivate: false, journalFile: join(folder, 'waiting-events.jsonl'), everyMs: 3_600_000 },
    });
    // Nobody listens there.
    hook = (await webhooks.create({ url: 'http://127.0.0.1:1/' })).webhook.id;
  });
  afterEach(async () => {
    await webhooks.close();
    await records.close();
    await rm(folder, { recursive: true, force: true });
  });

  const queued = async (): Promise<{ type: string; data: Record<string, unknown> }[]> => {
    const rows = await records.db.selectFrom('webhook_deliveries').select('payload').execute();
    return rows.map(({ payload }) => JSON.parse(payload) as { type: string; data: Record<string, unknown> });
  };
  const types = async (): Promise<string[]> => (await queued()).map(({ type }) => type).sort();

  it('of meetings: made, changed, removed; and none of what was refused', async () => {
    const { id } = await meetings.create({ tenant: 'default', room: 'a', number: '4711' });
    await meetings.change(id, null, { locked: true });
    await expect(meetings.create({ tenant: 'default', room: 'b', number: '4711' })).rejects.toThrow();
    await expect(meetings.remove(id, 1)).rejects.toMatchObject({ code: 'MEETING_CHANGED' });
    expect(await types()).toEqual(['meeting.changed', 'meeting.created']);
    await meetings.remove(id);
    expect(await types()).toEqual(['meeting.changed', 'meeting.created', 'meeting.removed']);
    expect((await queued()).every(({ data }) => data.meeting === id)).toBe(true);
  });

  it('of an import: one for each meeting, none of a dry run or of one that fails', async () => {
    const lines = Array.from({ length: 230 }, (_, i) => ({ id: null, room: `r${i}` }));
    await meetings.saveAll('default', lines, true);
    const clash = { id: null, room: 'x', number: '4711' };
    expect(await meetings.saveAll('default', [...lines, clash, clash], false)).toMatchObject({
      faults: [{ index: 231, field: 'number' }],
    });
    expect(await queued()).toEqual([]);
    await meetings.saveAll('default', lines, false);
    const rooms = new Set((await queued()).map(({ data }) => data.room));
    expect(rooms.size).toBe(230);
    const { meetings: some } = await meetings.list({ tenant: 'default', limit: 5 });
    await meetings.saveAll(
      'default',
      some.map(({ id }) => ({ id, title: 'Neu' })),
      false,
    );
    expect((await types()).filter((type) => type === 'meeting.changed')).toHaveLength(5);
  });

  it('of plans: published, rolled back, canaries, removed; by whom, and why', async () => {
    const opened = await openTestPlans({
      url: url(),
      outbox,
      dataFolder: folder,
    });
    const { desk, canaries, plans, database } = opened;
    try {
      for (const table of ['plans', 'plan_versions', 'plan_canaries'] as const)
        await database.db.deleteFrom(table).execute();
      const ann = { by: 'ann', note: 'spring' };
      await desk.put({ name: 'acme', text: echoPlan('acme', 2000) }, 'new', ann);
      await expect(desk.put({ name: 'bad', text: 'rules: 7' }, 'new', ann)).rejects.toMatchObject({
        code: 'PLAN_INVALID',
      });
      await desk.put({ name: 'acme', text: echoPlan('acme', 2001) }, { etags: ['v1'] }, ann);
      await desk.rollBack('acme', 1, { etags: ['v2'] }, ann);
      const tried = { numbers: [], share: 50, failureRate: 10, calls: 1 };
      const text = (number: number): string => echoPlan('acme', number);
      await canaries.start('acme', { text: text(2002), ...tried }, ann);
      await canaries.promote('acme', ann);
      await canaries.start('acme', { text: text(2003), ...tried }, ann);
      await canaries.end('acme', ann);
      await canaries.start('acme', { text: text(2004), ...tried, share: 100 }, ann);
      const { version } = plans.planFor({ id: '1', called: '2004' });
      plans.ended({ trace: { version }, endReason: 'no-route' });
      await plans.poll();
      await desk.remove('acme', { etags: ['*'] }, ann);
    } finally {
      await opened.close();
    }
    expect(await types()).toEqual(
      [
        ...['plan.published', 'plan.published', 'plan.rolled-back', 'plan.canary-promoted'],
        ...['plan.canary-started', 'plan.canary-started', 'plan.canary-started'],
        ...['plan.canary-ended', 'plan.canary-taken-back', 'plan.removed'],
      ].sort(),
    );
    const told = await queued();
    expect(told.find(({ type }) => type === 'plan.rolled-back')?.data).toEqual({
      ...{ plan: 'acme', version: 'v3', enabled: true },
      ...{ by: 'ann', note: 'spring', reason: null },
    });
    expect(told.find(({ type }) => type === 'plan.canary-taken-back')?.data).toMatchObject({
      by: null,
      reason: expect.stringContaining('of its 1 calls failed') as string,
    });
  });

  it('of calls that are over: with their records, once, however often these are written', async () => {
    // What is older than a month is forgotten.
    const record = { ...aRecord, endedAt: new Date().toISOString() };
    records.keepCall({ ...record, id: 'a' });
    records.keepCall({ ...record, id: 'a' });
    records.keepCall({ ...record, id: 'b', answeredAt: null, endReason: 'no-route' });
    records.keepCall({ ...record, id: 'c', direction: 'outbound' });
    await records.written();
    expect((await queued()).map(({ type, data }) => `${type} ${String(data.call)}`).sort()).toEqual([
      'call.ended a',
      'call.refused b',
    ]);
  });

  it('of calls whose gateway died: by whoever ends them', async () => {
    const { media: _media, endedAt: _at, endReason: _reason, ...facts } = aRecord;
    const call = JSON.stringify({ ...facts, id: 'lost', dialog: null });
    await records.db.insertInto('live_calls').values({ id: 'lost', instance: 'dead', call }).execute();
    const now = new Date().toISOString();
    const taker = { instance: 'mine', now, validFrom: now, predecessor: null };
    expect(await takeLostCalls(records.db, taker, outbox)).toHaveLength(1);
    expect(await queued()).toMatchObject([
      { type: 'call.ended', data: { call: 'lost', endReason: 'gateway-lost' } },
    ]);
  });

  it('of a meeting that is made while a webhook is removed: the meeting is made', async () => {
    for (let round = 0; round < 20; round++) {
      const { webhook } = await webhooks.create({ url: 'http://127.0.0.1:1/' });
      const [made] = await Promise.all([
        meetings.create({ tenant: 'default', room: 'a' }),
        webhooks.remove(webhook.id),
      ]);
      expect(await meetings.get(made.id)).not.toBeNull();
    }
    expect(await types()).toEqual(Array.from({ length: 20 }, () => 'meeting.created'));
  });

  it('go to those who want them, of their tenant', async () => {
    await webhooks.change(hook, null, { events: ['meeting.removed'] });
    await webhooks.create({ url: 'http://127.0.0.1:1/', tenant: 'other' });
    const { id } = await meetings.create({ tenant: 'default', room: 'a' });
    await meetings.remove(id);
    expect(await types()).toEqual(['meeting.removed']);
  });
}

describe('events over SQLite', () => {
  contract(() => '');

  it('wait while its disk is full, and none is told of what was refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'events-'));
    const keysFile = join(folder, 'pin-keys.json');
    const log = quietLog();
    const bus = new EventBus(clock, log);
    const outbox = new WebhookOutbox(false);
    const records = await openRecords({ url: '', dataFolder: folder, log, outbox });
    const { db } = records;
    const store = await openMeetings({ db, keysFile, clock, outbox });
    const webhooks = openWebhooks({
      ...{ db, keysFile, clock, log, outbox, events: bus },
      ...{ allowPrivate: false, journalFile: join(folder, 'waiting-events.jsonl'), everyMs: 3_600_000 },
    });
    await webhooks.create({ url: 'http://127.0.0.1:1/' });
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
    await sql`pragma max_page_count = ${sql.lit(rows[0].page_count)}`.execute(db);
    let made = 0;
    const fill = async (): Promise<void> => {
      for (; ; made++) await store.create({ tenant: 'default', room: 'r', title: 'x'.repeat(200) });
    };
    await expect(fill()).rejects.toMatchObject({ code: 'MEETINGS_UNAVAILABLE' });
    const text = 'x'.repeat(9000);
    bus.emit('webhook.test', 'default', { text });
    await until('it waits', () => webhooks.status().unwritten === 1);
    await sql`pragma max_page_count = 1000000`.execute(db);
    await webhooks.written();
    expect(webhooks.status()).toMatchObject({ unwritten: 0, lost: 0 });
    const types = await db.selectFrom('webhook_deliveries').select('type').execute();
    expect(types.filter(({ type }) => type === 'meeting.created')).toHaveLength(made);
    expect(types.filter(({ type }) => type === 'webhook.test')).toHaveLength(1);
    await webhooks.close();
    await records.close();
    await rm(folder, { recursive: true, force: true });
  });
});

describeWith([missingForPostgres()], 'events over PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());
  contract(() => postgres.url);
});
