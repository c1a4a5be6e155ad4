import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAudit } from '../../../../gateway/records/audit.ts';
import { bearer, openDoor, type Door } from '../../../fakes/admin.ts';
import { echoPlan, openTestPlans, type TestPlans } from '../../../support/plans.ts';
import { ask } from './support.ts';

let gateway: TestPlans;
let door: Door;

beforeEach(async () => {
  gateway = await openTestPlans();
  door = await openDoor({
    plans: gateway.desk,
    canaries: gateway.canaries,
    audit: (page) => readAudit(gateway.database.db, page),
  });
});
afterEach(async () => {
  await door.server.close();
  await gateway.close();
});

const get = (path: string) => ask(door, `GET /api/v1${path}`, { headers: bearer });
const post = (path: string, payload: object, headers: Record<string, string> = {}) =>
  ask(door, `POST /api/v1${path}`, { headers: { ...bearer, ...headers }, payload });
const put = (name: string, payload: object, headers: Record<string, string> = {}) =>
  ask(door, `PUT /api/v1/plans/${name}`, { headers: { ...bearer, ...headers }, payload });

const asNew = { 'if-none-match': '*', 'x-admin': 'ann' };
const broken = 'version: 1\nrulez: []';

describe('plans', () => {
  it('are checked for whoever comes by a socket, whose request has ended long before its answer', async () => {
    const port = await door.server.listen();
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/plans/check`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'acme', text: echoPlan('acme', 2000) }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([200, { problems: [] }]);
  });

  it('are listed with their owners, and shown with their text and ETag', async () => {
    await put('acme', { text: echoPlan('acme', 2000), note: 'first' }, asNew);
    expect((await get('/plans')).body).toMatchObject({
      plans: [
        { name: 'acme', owner: 'database', version: 1, etag: 'v1', rules: 1, tests: 0, updatedBy: 'ann' },
        { name: 'main.yaml', owner: 'file', version: null, rules: 1, updatedBy: null },
      ],
    });
    const file = await get('/plans/main.yaml');
    expect(file.body).toMatchObject({ text: echoPlan('main', 1000), enabled: true });
    expect(file.headers.etag).toMatch(/^"f[0-9a-f]{12}"$/);
    expect(await get('/plans/nothing')).toMatchObject({ status: 404, body: { code: 'PLAN_NOT_FOUND' } });
    expect((await get('/dial-plan')).body).toMatchObject({
      plans: [
        { name: 'acme', version: 'v1' },
        { name: 'main.yaml', version: expect.stringMatching(/^f/) as string },
      ],
    });
  });

  it('are published under a precondition, and say who was faster', async () => {
    const text = echoPlan('acme', 2000);
    expect(await put('acme', { text })).toMatchObject({
      status: 428,
      body: { code: 'PRECONDITION_REQUIRED' },
    });
    const made = await put('acme', { text, note: 'a new number' }, asNew);
    expect(made).toMatchObject({ status: 201, body: { version: 1 }, headers: { etag: '"v1"' } });
    expect(await put('acme', { text }, { 'if-match': '"v1"' })).toMatchObject({
      status: 200,
      body: { version: 2, updatedBy: 'admin' },
    });
    expect(await put('acme', { text }, { 'if-match': '"v1"' })).toMatchObject({
      status: 412,
      body: {
        code: 'PLAN_VERSION_CONFLICT',
        detail: expect.stringContaining('is at version 2, which admin made at') as string,
        current: { version: 2, by: 'admin', note: null },
      },
    });
    expect(await put('acme', { text }, asNew)).toMatchObject({ status: 412 });
  });

  it('with mistakes are refused with place and remedy', async () => {
    expect(await put('acme', { text: broken }, asNew)).toMatchObject({
      status: 422,
      type: 'application/problem+json; charset=utf-8',
      body: {
        code: 'PLAN_INVALID',
        problems: [{ file: 'acme', line: 2, column: 1, code: 'PLAN_UNKNOWN_KEY' }],
      },
    });
    expect((await get('/plans/acme')).status).toBe(404);
  });

  it('of files are not changed here; they are taken over', async () => {
    const refused = await put('main.yaml', { text: echoPlan('x', 1) }, { 'if-match': '*' });
    expect(refused).toMatchObject({
      status: 403,
      body: { code: 'PLAN_IS_A_FILE', remedy: expect.stringContaining('take-over') as string },
    });
    const removed = await ask(door, 'DELETE /api/v1/plans/main.yaml', {
      headers: { ...bearer, 'if-match': '*' },
    });
    expect(removed).toMatchObject({ status: 403 });
    expect(await post('/plans/main.yaml/take-over', { as: 'main' })).toMatchObject({
      status: 201,
      body: { name: 'main', enabled: false, replaces: 'main.yaml' },
    });
    expect(await post('/plans/main.yaml/take-over', { as: 'main' })).toMatchObject({
      status: 409,
      body: { code: 'PLAN_NAME_TAKEN' },
    });
  });

  it('are checked and tried without being published', async () => {
    const checked = await post('/plans/check', { name: 'acme', text: echoPlan('acme', 2000) });
    expect(checked).toMatchObject({
      status: 200,
      body: {
        problems: [],
        changes: expect.arrayContaining([
          { kind: 'added', part: 'rules', name: 'acme', keys: [] },
        ]) as unknown,
      },
    });
    expect((await post('/plans/check', { name: 'main.yaml', text: broken })).body).toMatchObject({
      problems: [{ file: 'main.yaml', line: 2 }],
    });
    const call = { called: '2000' };
    expect((await post('/plans/try', { call })).body).toMatchObject({ route: { rule: null } });
    const tried = await post('/plans/try', { name: 'acme', text: echoPlan('acme', 2000), call });
    expect(tried.body).toMatchObject({
      route: { rule: 'acme', action: { kind: 'echo' } },
      words: expect.arrayContaining(['“acme” decides: the caller hears itself (tenant default).']) as unknown,
    });
    expect(await post('/plans/try', { name: 'acme', text: broken, call })).toMatchObject({ status: 422 });
    expect(await post('/plans/try', { text: broken, call })).toMatchObject({ status: 400 });
    expect((await get('/plans')).body).toMatchObject({ plans: [{ name: 'main.yaml' }] });
  });

  it('tell of a call by which trunk it comes, from its address, unless its trunk is said', async () => {
    const text = `version: 1
trunks: [{ name: carrier, sources: [192.0.2.0/24] }]
rules: [{ name: from the carrier, match: { trunk: carrier }, action: echo }]
`;
    const ruleOf = async (facts: object): Promise<unknown> => {
      const call = { called: '1', source: '192.0.2.7', ...facts };
      return (await post('/plans/try', { name: 'acme', text, call })).body;
    };
    const byCarrier = { route: { rule: 'from the carrier' } };
    const byNone = { route: { rule: null } };
    expect(await ruleOf({})).toMatchObject(byCarrier);
    expect(await ruleOf({ source: '198.51.100.7' })).toMatchObject(byNone);
    expect(await ruleOf({ trunk: null })).toMatchObject(byNone);
    expect(await ruleOf({ trunk: 'none' })).toMatchObject(byNone);
    await put('acme', { text }, asNew);
    expect((await post('/dial-plan/try', { called: '1', source: '192.0.2.7' })).body).toMatchObject(
      byCarrier,
    );
  });

  it('may be as large as a plan may be, and no larger', async () => {
    const large = `${echoPlan('acme', 2000)}# ${'"'.repeat(2_000_000)}`;
    expect((await post('/plans/check', { name: 'acme', text: large })).body).toMatchObject({ problems: [] });
    expect(await post('/plans/check', { name: 'acme', text: `${large}${large}` })).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/text', message: 'must have at most 2097152 bytes' }] },
    });
    const huge = 'x'.repeat(10 * 1024 * 1024);
    for (const answer of [
      await put('acme', { text: huge }, asNew),
      await post('/plans/check', { name: 'acme', text: huge }),
    ])
      expect(answer).toMatchObject({
        status: 413,
        body: { code: 'BODY_TOO_LARGE', remedy: expect.stringContaining('2 MiB') as string },
      });
    expect((await post('/dial-plan/try', { called: 'x'.repeat(100_000) })).status).toBe(413);
  });

  it('have a history, a diff, a way back, and an end', async () => {
    await put('acme', { text: echoPlan('acme', 2000) }, asNew);
    await put('acme', { text: echoPlan('acme', 2001) }, { 'if-match': '"v1"', 'x-admin': 'bob' });
    expect((await get('/plans/acme/versions')).body).toMatchObject({
      versions: [
        { version: 2, by: 'bob' },
        { version: 1, by: 'ann' },
      ],
    });
    expect((await get('/plans/acme/versions/1')).body).toEqual({ text: echoPlan('acme', 2000) });
    expect((await get('/plans/acme/versions/7')).body).toMatchObject({ code: 'PLAN_VERSION_NOT_FOUND' });
    expect((await get('/plans/acme/diff?from=1&to=2')).body).toMatchObject({
      text: expect.stringContaining('+    match: { called: 2001 }') as string,
      changes: [{ kind: 'changed', part: 'rules', name: 'acme', keys: ['match'] }],
    });
    expect(await post('/plans/acme/roll-back', { to: 1 })).toMatchObject({ status: 428 });
    expect(await post('/plans/acme/roll-back', { to: 1 }, { 'if-match': '"v2"' })).toMatchObject({
      status: 200,
      body: { version: 3 },
    });
    const gone = await ask(door, 'DELETE /api/v1/plans/acme', { headers: { ...bearer, 'if-match': '"v3"' } });
    expect(gone.status).toBe(204);
    expect((await get('/plans/acme')).status).toBe(404);
    expect((await get('/plans/main.yaml/versions')).body).toEqual({ versions: [] });
  });

  it('are all in the audit log, page by page', async () => {
    await put('acme', { text: echoPlan('acme', 2000) }, asNew);
    await put('acme', { text: echoPlan('acme', 2001) }, { 'if-match': '"v1"', 'x-admin': 'bob' });
    const first = await get('/audit?limit=1');
    expect(first.body).toMatchObject({ entries: [{ by: 'bob', action: 'plan.published', subject: 'acme' }] });
    const rest = await get(`/audit?limit=1&after=${String(first.body.next)}`);
    expect(rest.body).toMatchObject({ entries: [{ by: 'ann' }], next: null });
  });
});

describe('a canary', () => {
  const start = (more: object = {}) =>
    post('/plans/acme/canary', { text: echoPlan('new', 2000), share: 10, ...more }, { 'x-admin': 'bob' });

  beforeEach(async () => {
    await put('acme', { text: echoPlan('acme', 2000) }, asNew);
  });

  it('is started, shown, and promoted', async () => {
    expect(await start()).toMatchObject({
      status: 201,
      body: { plan: 'acme', version: 2, state: 'running', share: 10, failureRate: 5, calls: 20 },
    });
    expect((await get('/plans')).body).toMatchObject({ plans: [{ canary: { version: 2 } }, {}] });
    expect((await get('/plans/acme/canary')).body).toMatchObject({
      candidate: { served: 0, failed: 0, failureRate: null },
    });
    expect(await put('acme', { text: echoPlan('x', 2000) }, { 'if-match': '*' })).toMatchObject({
      status: 409,
      body: { code: 'CANARY_RUNNING' },
    });
    expect(await post('/plans/acme/canary/promote', { note: 'fine' })).toMatchObject({
      status: 200,
      body: { state: 'promoted' },
    });
    expect((await get('/plans/acme')).body).toMatchObject({ version: 2, note: 'fine', canary: null });
  });

  it('is ended, and asks for numbers or a share', async () => {
    expect(await start({ share: 100 })).toMatchObject({ status: 400 });
    expect(await start({ share: 100, numbers: ['2000'] })).toMatchObject({ status: 201 });
    const ended = await ask(door, 'DELETE /api/v1/plans/acme/canary', { headers: bearer });
    expect(ended).toMatchObject({ status: 200, body: { state: 'ended' } });
    expect(await ask(door, 'DELETE /api/v1/plans/acme/canary', { headers: bearer })).toMatchObject({
      status: 404,
      body: { code: 'CANARY_NOT_FOUND' },
    });
  });
});
