import { afterEach, beforeEach, expect, it } from 'vitest';
import { adminToken, openDoor, type Door } from '../../../fakes/admin.ts';
import { largePlan } from '../../../support/large-plan.ts';
import { oddThread } from '../../../support/odd-thread.ts';
import { openTestPlans, type TestPlans } from '../../../support/plans.ts';

const { text, call } = largePlan(200);
/** The first check never ends. */
const odd = oddThread('for (;;);');
let gateway: TestPlans;
let door: Door;
let url: string;

beforeEach(async () => {
  gateway = await openTestPlans({ thread: { start: odd.start } });
  door = await openDoor({ plans: gateway.desk, http: { port: 0 } });
  url = `http://127.0.0.1:${await door.server.listen()}/api/v1/plans`;
});
afterEach(async () => {
  await door.server.close();
  await gateway.close();
});

const post = async (path: string, body: object, signal?: AbortSignal) => {
  const response = await fetch(`${url}/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'acme', text, ...body }),
    ...(signal && { signal }),
  });
  return { status: response.status, body: await response.json() };
};

it('a check is called off when nobody waits for it any more, and the next ones are answered', async () => {
  const stop = new AbortController();
  const gone = post('check', {}, stop.signal);
  await odd.begun;
  stop.abort();
  await expect(gone).rejects.toThrow();
  expect(await post('check', {})).toMatchObject({ status: 200, body: { problems: [], tests: [] } });
  const tried = await post('try', { call: { called: call(0).called.user } });
  expect(tried).toMatchObject({ status: 200, body: { route: { rule: 'rule 0' } } });
  expect(door.log).not.toContainEqual(expect.objectContaining({ level: 'error' }));
});
