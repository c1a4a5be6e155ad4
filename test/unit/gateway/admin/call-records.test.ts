import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CallRecord, CallSearch } from '../../../../gateway/ports.ts';
import { aRecord, bearer, FakeRecords, openDoor, type Door } from '../../../fakes/admin.ts';
import { ask } from './support.ts';

let records: FakeRecords;
let door: Door;

const past = (id: string, more: Partial<CallRecord> = {}): CallRecord => ({
  ...aRecord,
  ...{ id, from: '+4930123456', to: '1000', routedFrom: '+4930123456', routedTo: '1000' },
  ...more,
});

beforeEach(async () => {
  records = new FakeRecords();
  records.kept.splice(0);
  door = await openDoor({ records });
});
afterEach(() => door.server.close());

const get = (path: string) => ask(door, `GET /api/v1${path}`, { headers: bearer });

it('lists past calls page by page, with the reason in words', async () => {
  for (const id of ['a', 'b', 'c']) records.keepCall(past(id));
  const first = await get('/calls/records?limit=2');
  expect(first.body).toMatchObject({
    calls: [{ id: 'c', endReason: 'caller-hung-up', endText: 'The caller hung up.' }, { id: 'b' }],
  });
  const rest = await get(`/calls/records?limit=2&cursor=${String(first.body.next)}`);
  expect(rest.body).toMatchObject({ calls: [{ id: 'a' }], next: null });
  expect(await get('/calls/records?cursor=garbage')).toMatchObject({ status: 400 });
  expect(await get('/calls/records?reason=boredom')).toMatchObject({ status: 400 });
});

it('hands filters on in UTC', async () => {
  let asked: CallSearch | undefined;
  records.findCalls = (search) => {
    asked = search;
    return Promise.resolve([]);
  };
  await get(
    '/calls/records?from=2026-11-27T01:00:00%2B01:00&tenant=acme&number=1000&reason=no-route&limit=5',
  );
  expect(asked).toEqual({
    ...{ from: '2026-11-27T00:00:00.000Z', tenant: 'acme', number: '1000', reason: 'no-route' },
    limit: 6,
  });
});

it('shows one with its explanation', async () => {
  const steps = [
    { rule: 'closed', matched: false, missed: 'called is not 2000' },
    { rule: 'pin', matched: true, missed: null },
  ];
  const trace = {
    plan: 'main',
    version: 'v1',
    steps,
    skipped: 3,
    variables: {},
    planVersion: 'v7',
    canary: null,
  };
  records.keepCall(past('a', { trace }));
  expect((await get('/calls/records/a')).body).toMatchObject({
    id: 'a',
    trace: { planVersion: 'v7' },
    words: [
      '“closed”: called is not 2000.',
      '“pin”: all that it asks for holds.',
      '3 rules for other calls were not looked at.',
      '“pin” decided.',
    ],
  });
  records.keepCall(past('b', { trace: { refused: { status: 420 } } }));
  expect((await get('/calls/records/b')).body).toMatchObject({ words: [] });
  expect(await get('/calls/records/nothing')).toMatchObject({
    status: 404,
    body: { code: 'RECORD_NOT_FOUND' },
  });
});

it('exports all as CSV that a spreadsheet does not run', async () => {
  for (let n = 0; n < 1_200; n++) records.keepCall(past(`call-${n}`));
  records.keepCall(past('evil', { from: '=cmd()', room: 'a "room", really' }));
  const answer = await get('/calls/records/export?format=csv');
  expect(answer.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="calls.csv"',
  });
  const lines = String(answer.body.text).trimEnd().split('\r\n');
  expect(lines).toHaveLength(1_202);
  expect(lines[0]).toMatch(/^id,tenant,direction,protocol,from,to,/);
  expect(lines[1]).toMatch(/^evil,default,inbound,sip,"'=cmd\(\)",1000,.*,"a ""room"", really",/);
});

it('exports all as JSON lines, and numbers by their ends only where they are hidden', async () => {
  const hidden = await openDoor({ records, hideNumbers: true });
  records.keepCall(past('a', { trace: { transformed: { called: '+4930123456' } } }));
  const lines = async ({ server }: Door): Promise<string> => {
    const url = '/api/v1/calls/records/export?format=jsonl';
    return (await server.inject({ method: 'GET', url, headers: bearer })).body.trimEnd();
  };
  expect(JSON.parse(await lines(door))).toMatchObject({ id: 'a', from: '+4930123456' });
  const text = await lines(hidden);
  expect(JSON.parse(text)).toMatchObject({ id: 'a', from: '+…3456', to: '1000', trace: null });
  expect(text).not.toContain('30123456');
  await hidden.server.close();
});

it('answers an export with a problem while the database is away', async () => {
  records.findCalls = () => Promise.reject(new Error('away'));
  expect(await get('/calls/records/export?format=csv')).toMatchObject({
    status: 500,
    type: 'application/problem+json; charset=utf-8',
  });
});
