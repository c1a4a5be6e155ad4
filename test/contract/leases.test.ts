/** Gateways that share a database: whose name it is, and what becomes of the calls of one that died. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord, LiveCall } from '../../gateway/ports.ts';
import type { LostCall } from '../../gateway/records/lost-calls.ts';
import { processMark } from '../../gateway/records/process-mark.ts';
import { openRecords } from '../../gateway/records/records.ts';
import type { OpenRecords } from '../../gateway/records/records.ts';
import type { Db } from '../../gateway/records/schema.ts';
import { describeWith } from '../support/needs.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { quietLog } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

const leaseMs = 900;
const log = quietLog();
const longAgo = '2026-11-01T12:00:00.000Z';

function live(id: string, more: Partial<LiveCall> = {}): LiveCall {
  return {
    id,
    tenant: 'default',
    direction: 'inbound',
    protocol: 'sip',
    from: '+493012345',
    to: 'weekly',
    routedFrom: '+493012345',
    routedTo: '1000',
    trunk: null,
    origin: null,
    room: 'weekly',
    participant: 'sip_493012345',
    rule: 'rooms',
    attempts: 1,
    startedAt: '2026-11-01T11:00:00.000Z',
    answeredAt: '2026-11-01T11:00:01.000Z',
    noVideo: null,
    trace: null,
    steps: [],
    dialog: { server: '10.0.0.5:9022', dialog: `${id};from-tag=1` },
    ...more,
  };
}

function over(call: LiveCall): CallRecord {
  const { dialog: _dialog, ...rest } = call;
  return { ...rest, endedAt: new Date().toISOString(), endReason: 'caller-hung-up', media: null };
}

function contract(url: () => string, server?: () => TestPostgres): void {
  let folder: string;
  const opened: OpenRecords[] = [];
  let db: Db;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leases-'));
    const plain = await openRecords({ url: url(), dataFolder: folder, log });
    opened.push(plain);
    db = plain.db;
    for (const table of ['calls', 'gateways', 'live_calls'] as const) await db.deleteFrom(table).execute();
  });
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function gateway(name: string, lost: LostCall[] = []): Promise<OpenRecords> {
    const onLost = (calls: readonly LostCall[]) => void lost.push(...calls);
    const one = await openRecords({
      url: url(),
      dataFolder: folder,
      log,
      gateway: { name, onLost, leaseMs },
    });
    opened.push(one);
    return one;
  }

  /** What a gateway leaves that was killed. */
  async function dead(name: string, process: string, calls: readonly LiveCall[], lastSign = longAgo) {
    const row = { name, instance: `of-${name}`, process, host: 'elsewhere', started_at: longAgo };
    await db
      .insertInto('gateways')
      .values({ ...row, renewed_at: lastSign })
      .execute();
    for (const call of calls)
      await db
        .insertInto('live_calls')
        .values({ id: call.id, instance: row.instance, call: JSON.stringify(call) })
        .execute();
  }

  const liveIds = async (): Promise<string[]> =>
    (await db.selectFrom('live_calls').select('id').orderBy('id').execute()).map(({ id }) => id);
  const ends = async (): Promise<string[]> =>
    (await db.selectFrom('calls').selectAll().orderBy('id').execute()).map(
      (row) => `${row.id} ${row.end_reason} ${row.ended_at}`,
    );

  it('keep live calls in it until they are over, and nothing when all is closed', async () => {
    const one = await gateway('a');
    one.noteLive(live('c1', { dialog: null, room: null, participant: null }));
    one.noteLive(live('c1'));
    one.noteLive(live('c2'));
    await until('both are there', async () => (await liveIds()).length === 2);
    one.keepCall(over(live('c1')));
    await one.written();
    expect(await liveIds()).toEqual(['c2']);
    one.keepCall(over(live('c2')));
    await one.close();
    expect(await liveIds()).toEqual([]);
    expect(await db.selectFrom('gateways').selectAll().execute()).toEqual([]);
  });

  it('refuse a name that is in use, and say whose it is and what to do', async () => {
    await gateway('a');
    await gateway('b');
    await expect(gateway('a')).rejects.toMatchObject({
      code: 'GATEWAY_NAME_TAKEN',
      message: expect.stringMatching(/“a” runs already, on \S+ since /) as string,
      remedy: expect.stringContaining('GATEWAY_NAME') as string,
    });
  });

  it('refuse the name of one elsewhere once it shows that it lives', async () => {
    const one = await gateway('a');
    await db.updateTable('gateways').set({ process: '' }).execute();
    await expect(gateway('a')).rejects.toMatchObject({ code: 'GATEWAY_NAME_TAKEN' });
    expect(one.status().state).toBe('up');
  });

  it('take over at once from a predecessor whose process is gone, and end its calls', async () => {
    const [boot, namespace] = processMark().split(' ');
    const lastSign = new Date().toISOString();
    await dead('a', `${boot} ${namespace} 999999999 1`, [live('c1'), live('c2')], lastSign);
    const lost: LostCall[] = [];
    await gateway('a', lost);
    expect(lost.map(({ call }) => call.dialog?.dialog)).toEqual(['c1;from-tag=1', 'c2;from-tag=1']);
    expect(await ends()).toEqual([`c1 gateway-lost ${lastSign}`, `c2 gateway-lost ${lastSign}`]);
    expect(await liveIds()).toEqual([]);
  });

  it('take over from a predecessor elsewhere once its lease is over', async () => {
    await dead('a', '', [live('c1')], new Date().toISOString());
    const lost: LostCall[] = [];
    await gateway('a', lost);
    expect(lost.map(({ call }) => call.id)).toEqual(['c1']);
  });

  it('end the calls of another that died, each once, however many they are', async () => {
    const lost: LostCall[] = [];
    await gateway('b', lost);
    await gateway('c', lost);
    const calls = Array.from({ length: 150 }, (_, i) => live(`c${i}`));
    await dead('a', '', calls);
    await until('all are ended', async () => (await liveIds()).length === 0, 10_000);
    await until('both have said so', () => lost.length >= 150);
    expect(new Set(lost.map(({ call }) => call.id)).size).toBe(150);
    expect(lost).toHaveLength(150);
    expect((await ends())[0]).toBe(`c0 gateway-lost ${longAgo}`);
    const rows = await db.selectFrom('gateways').select('name').orderBy('name').execute();
    expect(rows.map(({ name }) => name)).toEqual(['b', 'c']);
  });

  it('that were taken for dead by mistake have their calls end as they do', async () => {
    const one = await gateway('a');
    one.noteLive(live('c1'));
    one.noteLive(live('c2'));
    await until('both are there', async () => (await liveIds()).length === 2);
    // As another gateway does when it hears nothing.
    const record = { ...over(live('c1')), endReason: 'gateway-lost' as const, endedAt: longAgo };
    opened[0].keepCall(record);
    await opened[0].written();
    await db.deleteFrom('live_calls').execute();
    await db.deleteFrom('gateways').execute();
    await until('it has its lease again', async () => (await liveIds()).includes('c2'), 10_000);
    one.keepCall(over(live('c1')));
    await one.written();
    expect((await ends())[0]).toMatch(/^c1 caller-hung-up /);
  });

  if (server)
    it('take nobody for dead when it was the database that was away', async (context) => {
      if (!server().managed) context.skip('needs a PostgreSQL of its own: run it without TEST_DATABASE_URL');
      const lost: LostCall[] = [];
      const [a, b] = [await gateway('a', lost), await gateway('b', lost)];
      a.noteLive(live('c1'));
      b.noteLive(live('c2'));
      await until('both are there', async () => (await liveIds()).length === 2);
      const beats = async (): Promise<string[]> =>
        (await db.selectFrom('gateways').select('renewed_at').execute()).map((row) => row.renewed_at);
      const last = (await beats()).sort().at(-1) ?? '';
      await server().kill();
      const killedMs = performance.now();
      await until('the leases are over', () => performance.now() > killedMs + 2 * leaseMs, 10_000);
      await server().restart();
      await until('both are heard of again', async () => (await beats()).every((at) => at > last), 20_000);
      const backMs = performance.now();
      await until('each has looked for lost calls', () => performance.now() > backMs + 2 * leaseMs, 10_000);
      expect(lost).toEqual([]);
      expect(await ends()).toEqual([]);
      expect(await liveIds()).toEqual(['c1', 'c2']);
    });

  it('say so when another has their name', async () => {
    const one = await gateway('a');
    const mark = processMark();
    const now = () => new Date().toISOString();
    await db.updateTable('gateways').set({ instance: 'another', process: mark, renewed_at: now() }).execute();
    await until('it is told', () => one.status().detail?.includes('another gateway has the name a'), 10_000);
    expect(one.status().state).toBe('down');
    await db.deleteFrom('gateways').execute();
    await until('it has the name again', () => one.status().state === 'up', 10_000);
  });
}

describe('gateways on one SQLite file', () => contract(() => ''));

describeWith([missingForPostgres()], 'gateways on one PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());
  contract(
    () => postgres.url,
    () => postgres,
  );
});
