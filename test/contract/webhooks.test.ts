import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventBus } from '../../gateway/event-bus.ts';
import { openRecords, type OpenRecords } from '../../gateway/records/records.ts';
import { openMeetings } from '../../gateway/rooms/meetings.ts';
import { WebhookOutbox } from '../../gateway/webhooks/outbox.ts';
import { openWebhooks, type OpenWebhooks } from '../../gateway/webhooks/webhooks.ts';
import { TestAuthority } from '../support/certificates.ts';
import { describeWith } from '../support/needs.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { quietLog, type LogLine } from '../support/quiet-log.ts';
import { until } from '../support/until.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

let folder: string;
let records: OpenRecords;
let webhooks: OpenWebhooks;
let bus: EventBus;
let receiver: WebhookReceiver;
let lines: LogLine[];
/** How much later it is than it is. */
let laterMs = 0;
const outbox = new WebhookOutbox(false);
const clock = { nowMs: () => Date.now() + laterMs, monotonicMs: () => performance.now() + laterMs };
const hour = 3_600_000;

/** What holds on every database. */
function contract(url: () => string): void {
  const open = (ca: string | null = null): void => {
    const keysFile = join(folder, 'pin-keys.json');
    const log = quietLog(lines);
    bus = new EventBus(clock, log);
    const options = { keysFile, clock, log, events: bus, outbox, ca, allowPrivate: false };
    const journalFile = join(folder, 'waiting-events.jsonl');
    webhooks = openWebhooks({ ...options, db: records.db, journalFile, everyMs: 20, timeoutMs: 1000 });
  };
  const emit = (text: string, tenant = 'default'): void => bus.emit('webhook.test', tenant, { text });
  const texts = (): unknown[] => receiver.received.map(({ body }) => body.data.text);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webhooks-'));
    lines = [];
    laterMs = 0;
    records = await openRecords({ url: url(), dataFolder: folder, log: quietLog(lines), outbox });
    for (const table of ['webhooks', 'meeting_pins', 'meetings', 'pin_keys'])
      await sql`delete from ${sql.table(table)}`.execute(records.db);
    receiver = await new WebhookReceiver().open();
    open();
  });
  afterEach(async () => {
    await webhooks.close();
    await records.close();
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('tells a receiver what it wants to know, signed, once', async () => {
    const { webhook, secret } = await webhooks.create({ url: receiver.url, events: ['meeting.created'] });
    const all = await webhooks.create({ url: receiver.url, tenant: 'other' });
    const keysFile = join(folder, 'pin-keys.json');
    const store = await openMeetings({ db: records.db, keysFile, clock, outbox });
    const { id, pins } = await store.create({ tenant: 'default', room: 'weekly', title: 'Jour fixe' });
    await store.change(id, null, { locked: true });
    await receiver.gets(1);
    const [first] = receiver.received;
    expect(first.body).toMatchObject({ type: 'meeting.created', data: { meeting: id, title: 'Jour fixe' } });
    expect(first.signedBy(secret)).toBe(true);
    expect(first.signedBy(all.secret)).toBe(false);
    const [delivery] = (await webhooks.deliveries(webhook.id, { limit: 9 })).deliveries;
    await until('it is kept', async () => (await log(webhook.id))[0].state === 'delivered');
    expect(delivery).toMatchObject({ event: first.id, type: 'meeting.created' });
    expect((await log(webhook.id))[0].attempts).toMatchObject([{ status: 204, error: null }]);
    expect(await log(all.webhook.id)).toEqual([]);
    const { rows } = await sql`select * from webhook_deliveries`.execute(records.db);
    for (const secretText of [pins.host, String(pins.guest), secret])
      expect(JSON.stringify([rows, lines, receiver.received])).not.toContain(secretText);
  });

  it('loses nothing of an hour without its receiver', async () => {
    const { webhook } = await webhooks.create({ url: receiver.url });
    await receiver.close();
    for (const text of ['a', 'b', 'c']) emit(text);
    await until('all have failed', async () => (await log(webhook.id)).filter(failed).length === 3);
    laterMs = hour;
    await until('they fail again', async () =>
      (await log(webhook.id)).every((one) => one.attempts.length > 1),
    );
    expect((await webhooks.get(webhook.id))?.failingSince).not.toBeNull();
    await receiver.open();
    laterMs = 3 * hour;
    await receiver.gets(3);
    expect(new Set(texts())).toEqual(new Set(['a', 'b', 'c']));
    await until('all is well', async () =>
      (await log(webhook.id)).every(({ state }) => state === 'delivered'),
    );
    expect(await webhooks.get(webhook.id)).toMatchObject({ active: true, failingSince: null });
  });

  it('brings what waited as soon as one delivery goes well', async () => {
    const { webhook } = await webhooks.create({ url: receiver.url });
    receiver.status = 500;
    emit('a');
    await until('it has failed', async () => (await log(webhook.id)).some(failed));
    receiver.status = 204;
    emit('b');
    await receiver.gets(3);
    expect(texts()).toEqual(['a', 'b', 'a']);
    expect(receiver.received[0].id).toBe(receiver.received[2].id);
  });

  it('loses nothing by a restart of the gateway', async () => {
    const { webhook, secret } = await webhooks.create({ url: receiver.url });
    receiver.status = null;
    emit('a');
    await receiver.gets(1);
    emit('b');
    await webhooks.close();
    receiver.received.length = 0;
    receiver.status = 204;
    open();
    // What was on its way belongs to the gateway that died for a minute.
    laterMs = 2 * 60_000;
    await receiver.gets(2);
    expect(new Set(texts())).toEqual(new Set(['a', 'b']));
    expect(receiver.received.every((one) => one.signedBy(secret))).toBe(true);
    await until('all is well', async () =>
      (await log(webhook.id)).every(({ state }) => state === 'delivered'),
    );
  });

  it('go over HTTPS to whoever shows a certificate of a known authority, and to nobody else', async () => {
    const authority = new TestAuthority();
    const secure = await new WebhookReceiver(authority.issue({ addresses: ['127.0.0.1'] })).open();
    try {
      const { webhook, secret } = await webhooks.create({ url: secure.url });
      emit('a');
      await until('it has failed', async () => (await log(webhook.id)).some(failed));
      expect((await log(webhook.id))[0].attempts[0]).toMatchObject({
        status: null,
        error: expect.stringMatching(/certificate/) as string,
      });
      expect(secure.received).toEqual([]);
      await webhooks.close();
      open(authority.cert);
      laterMs += 60_000;
      await secure.gets(1);
      expect(secure.received[0].signedBy(secret)).toBe(true);
    } finally {
      await secure.close();
    }
  });

  it('counts neither a redirect nor silence, and says in its log what came', async () => {
    const { webhook } = await webhooks.create({ url: receiver.url });
    receiver.status = 302;
    emit('a');
    await until('it has failed', async () => (await log(webhook.id)).some(failed));
    receiver.status = null;
    emit('b');
    await until('both have failed', async () => (await log(webhook.id)).filter(failed).length === 2);
    const errors = (await log(webhook.id)).flatMap(({ attempts }) =>
      attempts.map(({ status, error }) => [status, error]),
    );
    expect(errors).toContainEqual([302, 'answered 302']);
    expect(errors).toContainEqual([null, 'no answer within 1000 ms']);
  });

  it('gives up after a day, and sends again by hand', async () => {
    const { webhook } = await webhooks.create({ url: receiver.url });
    receiver.status = 503;
    emit('a');
    await webhooks.written();
    await until('it is given up', async () => {
      const [{ state, dueAt }] = await log(webhook.id);
      if (dueAt !== null) laterMs = Date.parse(dueAt) - Date.now() + 1000;
      return state === 'given-up';
    });
    const [given] = await log(webhook.id);
    expect(given.attempts).toHaveLength(13);
    receiver.status = 204;
    expect(await webhooks.replaySince(webhook.id, '2020-01-01T00:00:00.000Z')).toBe(1);
    await until('it is delivered', async () => (await log(webhook.id))[0].state === 'delivered');
    const before = receiver.received.length;
    expect(await webhooks.replay(webhook.id, given.id)).toBe(true);
    await receiver.gets(before + 1);
    expect(await webhooks.replay(webhook.id, 'nothing')).toBe(false);
  });

  it('is switched off when all has failed for days, and at once by 410; it can be switched on', async () => {
    const { webhook } = await webhooks.create({ url: receiver.url });
    receiver.status = 500;
    emit('a');
    await until('it has failed', async () => (await log(webhook.id)).some(failed));
    laterMs += 73 * hour;
    await until('it is off', async () => (await webhooks.get(webhook.id))?.active === false);
    expect((await webhooks.get(webhook.id))?.stopped).toContain('three days');
    emit('unheard');
    await webhooks.written();
    const on = await webhooks.change(webhook.id, null, { active: true });
    expect(on).toMatchObject({ active: true, stopped: null, failingSince: null });
    receiver.status = 410;
    emit('b');
    await until('it is off', async () => (await webhooks.get(webhook.id))?.active === false);
    expect((await webhooks.get(webhook.id))?.stopped).toContain('410');
    expect(texts()).not.toContain('unheard');
  });

  it('is changed only as it was seen, gets a new secret, and forgets what waits with its removal', async () => {
    const { webhook, secret } = await webhooks.create({ url: receiver.url });
    await expect(webhooks.change(webhook.id, 7, { title: 'x' })).rejects.toMatchObject({
      code: 'WEBHOOK_CHANGED',
    });
    for (const url of ['http://hooks.example/', 'https://10.0.0.1/'])
      await expect(webhooks.create({ url })).rejects.toMatchObject({
        code: 'WEBHOOK_URL_REFUSED',
        httpStatus: 400,
      });
    const renewed = await webhooks.renewSecret(webhook.id);
    expect(await webhooks.test(webhook.id)).toBe(true);
    await receiver.gets(1);
    expect(receiver.received[0].signedBy(secret)).toBe(false);
    expect(receiver.received[0].signedBy(String(renewed))).toBe(true);
    expect(await webhooks.remove(webhook.id)).toBe(true);
    expect(await webhooks.remove(webhook.id)).toBe(false);
    expect(await webhooks.test(webhook.id)).toBe(false);
    expect(await webhooks.list()).toEqual([]);
  });

  it('goes on with others while one is slow', async () => {
    const slow = await new WebhookReceiver().open();
    slow.status = null;
    await webhooks.create({ url: slow.url });
    await webhooks.create({ url: receiver.url });
    for (let i = 0; i < 40; i++) emit(String(i));
    await receiver.gets(40);
    expect(slow.received.length).toBeLessThanOrEqual(8);
    await slow.close();
  });

  const log = async (id: string) => (await webhooks.deliveries(id, { limit: 100 })).deliveries;
  const failed = ({ attempts }: { attempts: readonly { error: string | null }[] }): boolean =>
    attempts.some(({ error }) => error !== null);
}

describe('webhooks over SQLite', () => {
  contract(() => '');
});

describeWith([missingForPostgres()], 'webhooks over PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.close());

  contract(() => postgres.url);

  it('wait for a database that is away, and lose nothing', async ({ skip }) => {
    if (!postgres.managed) skip('this PostgreSQL is not ours to stop');
    await webhooks.create({ url: receiver.url });
    await postgres.kill();
    bus.emit('webhook.test', 'default', { text: 'meanwhile' });
    await until('it waits', () => webhooks.status().unwritten === 1);
    await expect(webhooks.list()).rejects.toMatchObject({ code: 'WEBHOOKS_UNAVAILABLE', httpStatus: 503 });
    await postgres.restart();
    await receiver.gets(1);
    expect(receiver.received[0].body.data).toEqual({ text: 'meanwhile' });
  });
});
