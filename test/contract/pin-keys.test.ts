import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventBus } from '../../gateway/event-bus.ts';
import { runPinTool } from '../../gateway/pins/tool.ts';
import type { Meeting, MeetingStore } from '../../gateway/ports.ts';
import { openRecords, type OpenRecords } from '../../gateway/records/records.ts';
import { openMeetings } from '../../gateway/rooms/meetings.ts';
import { PinKeys, useKey } from '../../gateway/rooms/pin-keys.ts';
import { spareKey, turnTo } from '../../gateway/rooms/pin-rotation.ts';
import { WebhookOutbox } from '../../gateway/webhooks/outbox.ts';
import { openWebhooks } from '../../gateway/webhooks/webhooks.ts';
import { systemClock as clock } from '../../gateway/observe/clock.ts';
import { describeWith } from '../support/needs.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { quietLog } from '../support/quiet-log.ts';

/** What holds on every database: keys change while a gateway runs. */
function contract(url: () => string): void {
  let folder: string;
  let file: string;
  let records: OpenRecords;
  let store: MeetingStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pin-keys-'));
    file = join(folder, 'pin-keys.json');
    records = await openRecords({ url: url(), dataFolder: folder, log: quietLog() });
    for (const table of ['webhooks', 'meeting_pins', 'meetings', 'pin_keys', 'gateways'])
      await sql`delete from ${sql.table(table)}`.execute(records.db);
    store = await openMeetings({ db: records.db, keysFile: file, clock });
  });
  afterEach(async () => {
    await records.close();
    await rm(folder, { recursive: true, force: true });
  });

  const pins = async (...argv: string[]): Promise<{ code: number; text: string }> => {
    let text = '';
    const code = await runPinTool({
      argv,
      env: { GATEWAY_DATA_FOLDER: folder, DATABASE_URL: url() },
      folder,
      write: (part) => (text += part),
    });
    return { code, text };
  };
  const make = (count: number): Promise<Meeting[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => store.create({ tenant: 'default', room: `r${i}` })));
  const expectFound = async (meetings: readonly Meeting[]): Promise<void> => {
    for (const meeting of meetings) {
      expect(await store.findByPin('default', meeting.pins.host)).toEqual({
        found: true,
        meeting,
        role: 'host',
      });
      expect(await store.findByPin('default', String(meeting.pins.guest))).toMatchObject({ role: 'guest' });
    }
  };

  it('PINs are found before, while and after their keys change; the old key may then go', async () => {
    const meetings = await make(230);
    const old = PinKeys.open(file).currentId;
    let busy = true as boolean;
    const looking = (async () => {
      while (busy) {
        await expectFound(meetings.slice(0, 5));
        await nextTurn();
      }
    })();
    const rotated = await pins('rotate').finally(() => (busy = false));
    await looking;
    expect(rotated).toMatchObject({
      code: 0,
      text: expect.stringContaining('460 PINs and secrets made anew') as string,
    });
    expect(PinKeys.open(file).currentId).not.toBe(old);
    await expectFound(meetings);
    const more = await make(3);
    expect((await pins('status')).text).toMatch(new RegExp(`${old} +0 PINs`));
    expect(await pins('prune')).toMatchObject({ code: 0, text: expect.stringContaining(old) as string });
    expect(PinKeys.open(file).has(old)).toBe(false);
    await expectFound([...meetings.slice(0, 5), ...more]);
    // A new start needs no old key either.
    store = await openMeetings({ db: records.db, keysFile: file, clock });
    await expectFound(more);
  });

  it('a rotation that was interrupted goes on, with the key that it began with', async () => {
    const meetings = await make(3);
    await pins('rotate');
    const second = PinKeys.open(file).currentId;
    const { rows } = await sql<{ digest: string }>`select digest from meeting_pins`.execute(records.db);
    expect(rows).toHaveLength(6);
    const [{ id, tenant, pins: typed }] = meetings;
    // As if it had ended before the first meeting's PIN.
    const keys = PinKeys.open(file);
    const first = keys.ids.all.find((key) => key !== second) ?? '';
    const sealedByFirst = withCurrent(file, first);
    await sql`update meeting_pins set key_id = ${first}, digest = ${sealedByFirst.digest(tenant, typed.host)},
      sealed = ${sealedByFirst.seal(typed.host, `${id}/host`)} where meeting_id = ${id} and role = 'host'`.execute(
      records.db,
    );
    await expectFound(meetings);
    expect((await pins('rotate')).text).toContain('1 PINs and secrets made anew');
    expect(PinKeys.open(file).currentId).toBe(second);
    await expectFound(meetings);
  });

  it('the same PIN is not given twice while there are two keys', async () => {
    const pin = '48215377';
    await store.create({ tenant: 'default', room: 'a', pins: { host: pin } });
    await turnTo(records.db, file, await spareKey(records.db, file), new Date().toISOString());
    await expect(store.create({ tenant: 'default', room: 'b', pins: { host: pin } })).rejects.toMatchObject({
      code: 'PIN_TAKEN',
    });
  });

  it('webhooks keep their secrets', async () => {
    const events = new EventBus(clock, quietLog());
    const options = { db: records.db, keysFile: file, events, clock, log: quietLog() };
    const outbox = new WebhookOutbox(false);
    const webhooks = openWebhooks({
      ...options,
      outbox,
      allowPrivate: false,
      journalFile: join(folder, 'waiting-events.jsonl'),
    });
    await webhooks.create({ url: 'https://hooks.example/' });
    expect((await pins('rotate')).text).toContain('1 PINs and secrets made anew');
    expect((await pins('prune')).code).toBe(0);
    expect(await webhooks.renewSecret((await webhooks.list())[0].id)).toMatch(/^whsec_/);
    await webhooks.close();
  });

  it('gateways on other machines get the new key first', async () => {
    const [meeting] = await make(1);
    const now = new Date().toISOString();
    for (const host of ['berlin', 'hamburg'])
      await records.db
        .insertInto('gateways')
        .values({ name: host, instance: host, process: '', host, started_at: now, renewed_at: now })
        .execute();
    const old = PinKeys.open(file).currentId;
    const asked = await pins('rotate');
    expect(asked).toMatchObject({ code: 1, text: expect.stringContaining('hamburg on hamburg') as string });
    expect(PinKeys.open(file)).toMatchObject({ currentId: old });
    expect((await pins('rotate')).code).toBe(1);
    expect(PinKeys.open(file).ids.all).toHaveLength(2);
    expect((await pins('rotate', '--copied')).code).toBe(0);
    await expectFound([meeting]);
  });

  it('says what it can do', async () => {
    expect(await pins('turn')).toMatchObject({ code: 1, text: expect.stringContaining('rotate') as string });
  });
}

/** The keys of the file as they were before it was turned to its newest. */
function withCurrent(file: string, id: string): PinKeys {
  const copy = `${file}.before`;
  cpSync(file, copy);
  useKey(copy, id);
  return PinKeys.open(copy);
}

describe('keys of PINs over SQLite', () => {
  contract(() => '');
});

describeWith([missingForPostgres()], 'keys of PINs over PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());
  contract(() => postgres.url);
});
