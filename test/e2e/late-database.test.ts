/** Gateways whose PostgreSQL comes later than they do, goes away, and is shared. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { echoPlan } from '../support/plans.ts';
import { missingForPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

const notOurs =
  process.env.TEST_DATABASE_URL === undefined
    ? null
    : 'the PostgreSQL of TEST_DATABASE_URL is not ours to stop';

describeWith([missingForGateway(), missingForPostgres(), notOurs], 'a gateway and its PostgreSQL', () => {
  let postgres: TestPostgres;
  let folder: string;
  const open: { close(): unknown }[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'late-database-'));
    postgres = await startPostgres();
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    await postgres.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function gateway(name = 'one'): Promise<TestGateway> {
    const started = await startTestGateway([
      ...['--database.url', postgres.url, '--dataFolder', join(folder, name)],
      ...['--calls.pinSeconds', '20'],
    ]);
    open.push(started);
    return started;
  }

  async function caller({ sipPort }: TestGateway): Promise<Caller> {
    const one = await Caller.open(sipPort);
    open.push(one);
    return one;
  }

  async function parts({ httpUrl }: TestGateway) {
    const response = await fetch(`${httpUrl}/readyz`);
    const { parts: all } = (await response.json()) as {
      parts: Record<'records' | 'plans', { state: string; detail?: string }>;
    };
    return { status: response.status, ...all };
  }
  const recovered = (one: TestGateway): Promise<unknown> =>
    until(
      'records and plans are up',
      async () => {
        const { records, plans } = await parts(one);
        return records.state === 'up' && plans.state === 'up';
      },
      30_000,
    );

  it('starts without it, carries calls that need none, tells the others, and catches up', async () => {
    await postgres.kill();
    const one = await gateway();
    expect(one.facts.demo).toBeNull();
    expect(await parts(one)).toMatchObject({
      status: 200,
      records: { state: 'down', detail: expect.stringContaining('ECONNREFUSED') as string },
      plans: { state: 'down', detail: expect.stringContaining('calls go by the files') as string },
    });
    expect(one.log()).toContain('database is away, the gateway goes on without it');

    const talking = await caller(one);
    await talking.dial('demo');
    await talking.hears('first-here');
    const asked = await caller(one);
    await asked.dial('1000');
    await asked.hears('welcome');
    asked.type('48215377#');
    await asked.hears('meetings-unavailable');
    expect(await asked.hungUp()).toContain('database');
    const unknown = await caller(one);
    await unknown.invite('nowhere').response(503);
    expect((await one.api('/meetings')).status).toBe(503);

    await postgres.restart();
    await recovered(one);
    await talking.hangUp();
    const reasons = await until('all calls are in the records', async () => {
      const found = (await one.records()).map(({ endReason }) => endReason);
      return found.length === 3 ? found.sort() : null;
    });
    expect(reasons).toEqual(['caller-hung-up', 'database-unavailable', 'database-unavailable']);
    const { pins } = await until('the demo has its meeting', async () => {
      const { body } = await one.api('/meetings?search=demo');
      return (body as { meetings: { pins: { guest: string } }[] }).meetings.at(0);
    });
    const guest = await caller(one);
    await guest.dial('1000');
    guest.type(`${pins.guest}#`);
    await guest.hears('first-here');
  }, 120_000);

  it('loses nothing when it is gone for a while: calls go on, and it is said what does not', async () => {
    const one = await gateway();
    const receiver = await new WebhookReceiver().open();
    open.push(receiver);
    await one.api('/webhooks', { method: 'POST', body: { url: receiver.url } });
    const { id } = await one.meeting('kept');
    const before = await caller(one);
    await before.dial('demo');
    await before.hears('first-here');

    await postgres.kill();
    const during = await caller(one);
    await during.dial('demo');
    await until('both are in the room', async () => {
      const calls = await one.calls();
      return calls.filter(({ state }) => state === 'in-room').length === 2;
    });
    for (const path of ['/meetings', '/calls/records', '/webhooks'])
      expect(await one.api(path)).toMatchObject({
        status: 503,
        body: { remedy: expect.any(String) as string },
      });
    const put = { method: 'PUT', body: { text: echoPlan('hello', 2000) }, headers: { 'if-none-match': '*' } };
    expect((await one.api('/plans/hello', put)).status).toBe(503);
    await before.hangUp();
    await until('its record waits', async () =>
      (await parts(one)).records.detail?.includes('1 records wait'),
    );

    await postgres.restart();
    await recovered(one);
    await during.hangUp();
    await until('both have their records', async () => (await one.records()).length === 2);
    expect((await one.api(`/meetings/${id}`)).status).toBe(200);
    const both = ['call.started', 'call.answered', 'participant.joined', 'participant.left', 'call.ended'];
    await until(
      'the webhook is told all of both',
      () => both.every((type) => receiver.types.filter((one) => one === type).length === 2),
      30_000,
    );
    const told = receiver.received.map(({ id: event }) => event);
    expect(new Set(told).size).toBe(told.length);
  }, 120_000);

  it('begins with the plans that it had, while it is away', async () => {
    const before = await gateway();
    const put = { method: 'PUT', body: { text: echoPlan('hello', 2000) }, headers: { 'if-none-match': '*' } };
    expect((await before.api('/plans/hello', put)).status).toBe(201);
    await before.close();
    open.splice(0);
    await postgres.kill();
    const after = await gateway();
    const phone = await caller(after);
    await phone.dial('2000');
    await phone.hears('echo-test');
    await phone.hangUp();
    const { plans } = await parts(after);
    expect(plans.detail).toMatch(/revision \d+ of its plans/);
    await postgres.restart();
    await recovered(after);
  }, 120_000);

  it('shares it with another: what one publishes the other goes by within seconds', async () => {
    const one = await gateway('one');
    const other = await gatewayWithKeys('other', join(folder, 'one', 'pin-keys.json'));
    const put = { method: 'PUT', body: { text: echoPlan('hello', 2000) }, headers: { 'if-none-match': '*' } };
    const phone = await caller(other);
    await phone.invite('2000').response(404);
    expect((await one.api('/plans/hello', put)).status).toBe(201);
    const rules = async (of: TestGateway): Promise<string[]> =>
      ((await of.api('/dial-plan')).body as { rules: { name: string }[] }).rules.map(({ name }) => name);
    await until('the other has the rule', async () => (await rules(other)).includes('hello'), 10_000);
    const again = await caller(other);
    await again.dial('2000');
    await again.hears('echo-test');
    const { pins } = await one.meeting('shared');
    const guest = await caller(other);
    await guest.dial('1000');
    guest.type(`${pins.guest}#`);
    await guest.hears('first-here');
  }, 120_000);

  /** Gateways on one database need the same keys of PINs. */
  function gatewayWithKeys(name: string, keys: string): Promise<TestGateway> {
    mkdirSync(join(folder, name), { mode: 0o700 });
    copyFileSync(keys, join(folder, name, 'pin-keys.json'));
    return gateway(name);
  }
});
