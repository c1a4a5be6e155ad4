import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPolicyClient } from '../../../../gateway/policies/client.ts';
import type { PolicyQuestion } from '../../../../gateway/ports.ts';
import { startPolicyServer } from '../../../support/policy-server.ts';
import type { PolicyServer } from '../../../support/policy-server.ts';

let server: PolicyServer;
let elsewhere: PolicyServer;
beforeAll(async () => {
  server = await startPolicyServer(() => ({ join: { room: 'blue' } }));
  elsewhere = await startPolicyServer(() => ({ echo: {} }));
});
afterAll(() => Promise.all([server.close(), elsewhere.close()]));

const secrets: Record<string, string> = { token: 's3cret', broken: 's3c\nret' };
const client = createPolicyClient({
  readSecret: ({ name }) =>
    name in secrets ? Promise.resolve(secrets[name]) : Promise.reject(new Error('POLICY_TOKEN is not set')),
});
const neverOver = new AbortController().signal;

function ask(path: string, more: Partial<PolicyQuestion> = {}, signal = neverOver) {
  const question = { url: server.url + path, timeoutMs: 2000, headers: {}, body: { called: '1000' } };
  return client.ask({ ...question, ...more }, signal);
}
const secret = (name: string) => ({ secret: { name, env: 'POLICY_TOKEN' } });

it('posts the call’s facts and gives what the answer says', async () => {
  const reply = await ask('/route', {
    headers: { Authorization: ['Bearer ', secret('token')], 'X-Site': ['1'] },
  });
  expect(reply).toEqual({ kind: 'answer', body: { join: { room: 'blue' } } });
  expect(server.asked.at(-1)).toMatchObject({
    path: '/route',
    headers: { authorization: 'Bearer s3cret', 'x-site': '1', 'content-type': 'application/json' },
    body: { called: '1000' },
  });
});

it.each([
  ['/hang', 'timed-out'],
  ['/late', 'timed-out'],
  ['/drip', 'timed-out'],
  ['/500', 'status'],
  ['/garbage', 'not-json'],
  ['/noise', 'unreachable'],
  ['/reset', 'unreachable'],
  ['/bomb', 'too-large'],
  ['/huge', 'too-large'],
])('%s is no answer: %s', async (path, why) => {
  expect(await ask(path, { timeoutMs: 300 })).toMatchObject({ kind: 'failed', why });
});

it('follows no redirection, so that no secret goes elsewhere', async () => {
  const headers = { Authorization: [secret('token')] };
  const reply = await ask(`/redirect?${elsewhere.url}/steal`, { headers });
  expect(reply).toMatchObject({ kind: 'failed', why: 'redirected' });
  expect(elsewhere.asked).toEqual([]);
});

it('says that nobody is there', async () => {
  const gone = await startPolicyServer(() => null);
  await gone.close();
  expect(await ask('', { url: gone.url })).toMatchObject({ kind: 'failed', why: 'unreachable' });
});

it('asks nobody without its secret, and names neither it nor what is in it', async () => {
  const before = server.asked.length;
  for (const name of ['missing', 'broken']) {
    const reply = await ask('/route', { headers: { Authorization: [secret(name)] } });
    expect(reply).toMatchObject({ kind: 'failed', why: 'secret-missing' });
    expect(JSON.stringify(reply)).not.toMatch(/s3c|POLICY_TOKEN/);
  }
  expect(server.asked).toHaveLength(before);
});

it('stops with the call', async () => {
  const call = new AbortController();
  const reply = ask('/hang', { timeoutMs: 60_000 }, call.signal);
  call.abort();
  expect(await reply).toMatchObject({ kind: 'failed', why: 'unreachable' });
});
