/** PostgreSQL that is not there when a gateway starts, or goes away. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { LiveCall } from '../../gateway/ports.ts';
import type { LostCall } from '../../gateway/records/lost-calls.ts';
import { openRecords, type OpenRecords, type RecordsOptions } from '../../gateway/records/records.ts';
import { systemClock } from '../../gateway/observe/clock.ts';
import { DatabaseMeetings } from '../../gateway/rooms/meetings.ts';
import { registerKeys } from '../../gateway/rooms/pin-key-register.ts';
import { aRecord } from '../fakes/admin.ts';
import { describeWith } from '../support/needs.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { quietLog, type LogLine } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';

const missing =
  process.env.TEST_DATABASE_URL === undefined
    ? missingForPostgres()
    : 'the PostgreSQL of TEST_DATABASE_URL is not ours to stop';

describeWith([missing], 'a gateway whose PostgreSQL is away', () => {
  let postgres: TestPostgres;
  let folder: string;
  let lines: LogLine[];
  let lost: LostCall[];
  const opened: OpenRecords[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'away-'));
    lines = [];
    lost = [];
    await postgres.kill();
  });
  afterEach(async () => {
    await postgres.restart();
    for (const one of opened.splice(0).reverse()) await one.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterAll(() => postgres.close());

  async function start(name: string, more: Partial<RecordsOptions> = {}): Promise<OpenRecords> {
    const one = await openRecords({
      ...{ url: postgres.url, dataFolder: folder, log: quietLog(lines) },
      gateway: { name, onLost: (calls) => lost.push(...calls), leaseMs: 900 },
      ...more,
    });
    opened.push(one);
    return one;
  }
  const up = (records: OpenRecords): Promise<unknown> =>
    until('the database can be used', () => records.isUsable, 20_000);
  const ids = async (records: OpenRecords): Promise<string[]> =>
    (await records.listCalls(100)).map(({ id }) => id).sort();

  it('starts, says so once with what to do, and makes the tables when it is there', async () => {
    const records = await start('fresh');
    expect(records.status()).toMatchObject({
      state: 'down',
      detail: expect.stringMatching(/can’t be reached: .*ECONNREFUSED/) as string,
    });
    const said = () => lines.filter(({ sentence }) => sentence.startsWith('database is away'));
    await expect(records.findCalls({ limit: 1 })).rejects.toMatchObject({ httpStatus: 503 });
    expect(said()).toMatchObject([
      { level: 'warn', facts: { remedy: expect.stringContaining('DATABASE_URL') as string } },
    ]);
    await postgres.restart();
    await up(records);
    expect(records.status()).toMatchObject({ state: 'up' });
    expect(records.status().version).toMatch(/^postgres \d+\./);
    expect(await records.findCalls({ limit: 1 })).toEqual([]);
    expect(said()).toHaveLength(1);
    expect(lines.map(({ sentence }) => sentence)).toContain('database is there');
  });

  it('keeps what has to be written, in its folder when it is restarted meanwhile', async () => {
    const first = await start('kept');
    first.keepCall({ ...aRecord, id: 'a' });
    first.keepCall({ ...aRecord, id: 'b' });
    expect(first.status().detail).toContain('2 records wait');
    await first.close();
    const second = await start('kept');
    second.keepCall({ ...aRecord, id: 'c' });
    expect(second.status().detail).toContain('3 records wait');
    await postgres.restart();
    await up(second);
    await second.written();
    expect(await ids(second)).toEqual(['a', 'b', 'c']);
    expect(second.status()).toMatchObject({ state: 'up' });
  });

  it('notes its live calls as soon as it has its lease, and they are nobody’s to end', async () => {
    const one = await start('calls');
    const { media: _media, endedAt: _at, endReason: _reason, ...facts } = aRecord;
    const live: LiveCall = { ...facts, id: 'live', dialog: null };
    one.noteLive(live);
    await postgres.restart();
    await up(one);
    const other = await start('other');
    await until('it is noted', async () => {
      const rows = await other.db.selectFrom('live_calls').select('id').execute();
      return rows.some(({ id }) => id === 'live');
    });
    expect(lost).toEqual([]);
    one.keepCall({ ...aRecord, id: 'live' });
    await one.written();
  });

  it('whose name is taken by the time it comes leaves the database alone, and says whose it is', async () => {
    const late = await start('twin');
    const elsewhere = await mkdtemp(join(tmpdir(), 'away-'));
    await postgres.restart();
    // Faster than the next try of the late one, or slower: one of them has the name.
    const early = await start('twin', { dataFolder: elsewhere }).catch((error: unknown) => error);
    if (early instanceof Error) expect(early).toMatchObject({ code: 'GATEWAY_NAME_TAKEN' });
    else {
      await until('the late one says so', () => late.status().detail?.includes('twin'), 20_000);
      expect(late.status()).toMatchObject({ state: 'down' });
      expect(late.isUsable).toBe(false);
    }
    await rm(elsewhere, { recursive: true, force: true });
  });

  it('has its meetings when it comes, and refuses them in words before', async () => {
    const keysFile = join(folder, 'pin-keys.json');
    const records = await start('meetings', {
      beforeUse: [(db) => registerKeys(db, keysFile, systemClock)],
    });
    const store = new DatabaseMeetings({ db: records.db, keysFile, clock: systemClock });
    await expect(store.findByPin('default', '48215377')).rejects.toMatchObject({
      code: 'MEETINGS_UNAVAILABLE',
      httpStatus: 503,
    });
    await postgres.restart();
    await up(records);
    const { pins } = await store.create({ tenant: 'default', room: 'weekly' });
    expect(await store.findByPin('default', pins.host)).toMatchObject({ found: true, role: 'host' });
    await records.db.deleteFrom('meetings').execute();
  });

  it('ends its start when the server is there and has no such database', async () => {
    await postgres.restart();
    const url = new URL(postgres.url);
    url.pathname = '/nothing';
    await expect(start('wrong', { url: url.href })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('nothing') as string,
    });
  });

  it('closes at once while it waits', async () => {
    const records = await start('closing');
    await records.close();
    opened.pop();
    expect(lines.map(({ sentence }) => sentence)).not.toContain('lease not given back, it ends by itself');
  });
});
