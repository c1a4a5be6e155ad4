import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCall, allUp, aRecord, bearer, onePlan, openDoor, upPart, type Door } from '../../../fakes/admin.ts';
import { ask } from './support.ts';

let door: Door;
beforeEach(async () => {
  door = await openDoor();
});
afterEach(() => door.server.close());

describe('without a token', () => {
  test('health, readiness and metrics answer', async () => {
    expect(await ask(door, 'GET /healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await ask(door, 'GET /readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready', parts: { sip: { state: 'up', embedded: true, version: '1.0.0', pid: 4711 } } },
    });
    const metrics = await ask(door, 'GET /metrics');
    expect(metrics.type).toContain('text/plain');
    expect(metrics.body.text).toContain('gateway_http_request_seconds');
  });

  test.each([
    ['SIP is down', { sip: { ...allUp.sip, state: 'down' as const } }, 503],
    ['rooms are down', { rooms: { ...upPart, state: 'down' as const } }, 503],
    ['no media node is up', { media: [] }, 503],
    ['records are down', { records: { ...upPart, state: 'down' as const } }, 200],
  ])('readiness when %s', async (_what, parts, status) => {
    const other = await openDoor({ status: () => ({ ...allUp, ...parts }) });
    expect((await ask(other, 'GET /readyz')).status).toBe(status);
    await other.server.close();
  });

  test.each([
    'GET /api/v1/calls',
    'GET /api/v1/calls/call-1',
    'DELETE /api/v1/calls/call-1',
    'POST /api/v1/calls/call-1/mute',
    'GET /api/v1/records/calls',
    'GET /api/v1/meetings',
    'POST /api/v1/meetings',
    'DELETE /api/v1/meetings/meeting-1',
    'GET /api/v1/dial-plan',
    'POST /api/v1/dial-plan/try',
  ] as const)('%s is refused', async (line) => {
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer wrong',
      'Basic YTpi',
      `${bearer.authorization}x`,
    ]) {
      const answer = await ask(door, line, authorization === undefined ? {} : { headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
    expect(door.calls.live.size).toBe(1);
  });

  test('an empty admin token lets nobody in', async () => {
    const open = await openDoor({ adminToken: '' });
    expect((await ask(open, 'GET /api/v1/calls', { headers: { authorization: 'Bearer ' } })).status).toBe(
      401,
    );
    await open.server.close();
  });
});

describe('calls', () => {
  test('are listed, shown with full numbers, muted and hung up', async () => {
    expect(await ask(door, 'GET /api/v1/calls', { headers: bearer })).toMatchObject({
      status: 200,
      body: { calls: [aCall] },
    });
    expect((await ask(door, 'GET /api/v1/calls/call-1', { headers: bearer })).body).toEqual(aCall);

    const mute = { headers: bearer, payload: { muted: true } };
    expect((await ask(door, 'POST /api/v1/calls/call-1/mute', mute)).status).toBe(204);
    expect(door.calls.live.get('call-1')?.muted).toBe(true);
    door.calls.live.set('call-2', { ...aCall, id: 'call-2', state: 'asking-pin' });
    expect(await ask(door, 'POST /api/v1/calls/call-2/mute', mute)).toMatchObject({
      status: 409,
      body: { code: 'CALL_NOT_IN_ROOM' },
    });
    door.calls.live.delete('call-2');

    expect((await ask(door, 'DELETE /api/v1/calls/call-1', { headers: bearer })).status).toBe(204);
    expect(door.calls.live.size).toBe(0);
  });

  test('that are not there are a problem', async () => {
    const gone = { status: 404, body: { code: 'CALL_NOT_FOUND' } };
    expect(await ask(door, 'GET /api/v1/calls/x', { headers: bearer })).toMatchObject(gone);
    expect(await ask(door, 'DELETE /api/v1/calls/x', { headers: bearer })).toMatchObject(gone);
    const mute = { headers: bearer, payload: { muted: true } };
    expect(await ask(door, 'POST /api/v1/calls/x/mute', mute)).toMatchObject(gone);
  });

  test('that are over are in the records', async () => {
    const answer = await ask(door, 'GET /api/v1/records/calls?limit=5', { headers: bearer });
    expect(answer).toMatchObject({ status: 200, body: { calls: [aRecord] } });
  });
});

describe('meetings', () => {
  test('are made with PINs and what an invitation needs, listed, shown and removed', async () => {
    const made = await ask(door, 'POST /api/v1/meetings', { headers: bearer, payload: { room: 'weekly' } });
    expect(made.status).toBe(201);
    expect(made.headers.location).toBe('/api/v1/meetings/meeting-1');
    expect(made.body).toMatchObject({
      id: 'meeting-1',
      room: 'weekly',
      pins: { host: '100001', guest: '200001' },
      dialIn: {
        number: '1000',
        uri: 'sip:1000@gateway.example',
        web: 'https://gateway.example/join/weekly',
      },
    });
    const { text } = made.body.dialIn as { text: string };
    expect(text).toContain('200001');
    expect(text).not.toContain('100001');

    const one = await ask(door, 'GET /api/v1/meetings/meeting-1', { headers: bearer });
    expect(one.body).toEqual(made.body);
    const all = await ask(door, 'GET /api/v1/meetings', { headers: bearer });
    expect(all.body).toEqual({ meetings: [made.body], next: null });
    expect((await ask(door, 'DELETE /api/v1/meetings/meeting-1', { headers: bearer })).status).toBe(204);
    expect(await ask(door, 'GET /api/v1/meetings/meeting-1', { headers: bearer })).toMatchObject({
      status: 404,
      body: { code: 'MEETING_NOT_FOUND' },
    });
  });

  test('of another tenant are not listed unless asked for, and none is made for a tenant without a rule', async () => {
    await door.meetings.create({ tenant: 'other', room: 'secret' });
    const list = await ask(door, 'GET /api/v1/meetings', { headers: bearer });
    expect(list.body.meetings).toEqual([]);
    const wrong = { tenant: 'nobody', room: 'weekly' };
    expect(await ask(door, 'POST /api/v1/meetings', { headers: bearer, payload: wrong })).toMatchObject({
      status: 400,
      body: { code: 'TENANT_UNKNOWN' },
    });
  });

  test('are changed only as they were seen', async () => {
    const made = await ask(door, 'POST /api/v1/meetings', { headers: bearer, payload: { room: 'weekly' } });
    const change = (headers: object, payload: object) =>
      ask(door, `PATCH /api/v1/meetings/${String(made.body.id)}`, {
        headers: { ...bearer, ...headers },
        payload,
      });
    expect(made.headers.etag).toBe('"1"');
    expect(await change({}, { locked: true })).toMatchObject({
      status: 428,
      body: { code: 'IF_MATCH_REQUIRED' },
    });
    const locked = await change({ 'if-match': '"1"' }, { locked: true });
    expect(locked).toMatchObject({ status: 200, body: { locked: true, room: 'weekly', version: 2 } });
    expect(locked.headers.etag).toBe('"2"');
    for (const etag of ['"1"', 'W/"2"', 'x']) {
      expect(await change({ 'if-match': etag }, { title: 'B' })).toMatchObject({
        status: 412,
        body: { code: 'MEETING_CHANGED' },
      });
    }
    expect(await change({ 'if-match': '*' }, { title: 'C' })).toMatchObject({
      status: 200,
      body: { title: 'C' },
    });
    expect(await change({ 'if-match': '*' }, { colour: 'red' })).toMatchObject({ status: 400 });
  });

  test('show their next times in UTC', async () => {
    const schedule = {
      startsAt: '2126-11-30T10:00',
      endsAt: '2126-11-30T11:00',
      zone: 'Europe/Berlin',
      recurrence: 'FREQ=DAILY;COUNT=2',
    };
    const payload = { room: 'weekly', schedule };
    const made = await ask(door, 'POST /api/v1/meetings', { headers: bearer, payload });
    expect(made.body.next).toEqual([
      { startsAt: '2126-11-30T09:00:00.000Z', endsAt: '2126-11-30T10:00:00.000Z' },
      { startsAt: '2126-12-01T09:00:00.000Z', endsAt: '2126-12-01T10:00:00.000Z' },
    ]);
  });

  test('have an invitation in three forms', async () => {
    const schedule = { startsAt: '2126-11-30T10:00', endsAt: '2126-11-30T11:00', zone: 'Europe/Berlin' };
    const make = async (payload: object): Promise<string> =>
      String((await ask(door, 'POST /api/v1/meetings', { headers: bearer, payload })).body.id);
    const get = (id: string, query: string) =>
      door.server.inject({
        method: 'GET',
        url: `/api/v1/meetings/${id}/invitation?${query}`,
        headers: bearer,
      });
    const timed = await make({ room: 'weekly', title: '<Jour fixe>', schedule });
    const ics = await get(timed, 'format=ics');
    expect(ics).toMatchObject({
      statusCode: 200,
      body: expect.stringMatching(/^BEGIN:VCALENDAR\r\n/) as string,
    });
    expect(ics.headers['content-type']).toContain('text/calendar');
    const html = await get(timed, 'format=html&language=de&role=host');
    expect(html.headers['content-type']).toContain('text/html');
    expect(html.body).toContain('&lt;Jour fixe&gt;');
    expect(html.body).toContain('Wann');
    const text = await get(timed, 'format=text');
    expect(text.body).toContain('ACME invites you');
    const untimed = await make({ room: 'weekly' });
    expect((await get(untimed, 'format=ics')).json()).toMatchObject({
      code: 'MEETING_HAS_NO_TIME',
      status: 409,
    });
    expect((await get(untimed, 'format=pdf')).json()).toMatchObject({ code: 'REQUEST_INVALID' });
    expect((await get('nothing', 'format=ics')).json()).toMatchObject({ code: 'MEETING_NOT_FOUND' });
  });

  test('speak German when asked to', async () => {
    const payload = { room: 'montag', language: 'de' };
    const made = await ask(door, 'POST /api/v1/meetings', { headers: bearer, payload });
    expect((made.body.dialIn as { text: string }).text).toContain('Raute');
  });

  test.each([{}, { room: '' }, { room: '..' }, { room: 'a\u0000b' }, { room: 'x'.repeat(129) }, { room: 7 }])(
    'are refused for %j',
    async (payload) => {
      const answer = await ask(door, 'POST /api/v1/meetings', { headers: bearer, payload });
      expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
      expect(answer.body.errors).toEqual([{ path: '/room', message: expect.any(String) as string }]);
    },
  );
});

describe('the dial plan', () => {
  test('is shown', async () => {
    const answer = await ask(door, 'GET /api/v1/dial-plan', { headers: bearer });
    expect(answer).toMatchObject({ status: 200, body: { ...onePlan.view() } });
  });

  test.each(['1000', 'sip:1000@gateway.example', 'sips:1000@gateway.example;user=phone?a=b'])(
    'tells where %s goes, and why',
    async (called) => {
      const answer = await ask(door, 'POST /api/v1/dial-plan/try', { headers: bearer, payload: { called } });
      expect(answer).toMatchObject({
        status: 200,
        body: {
          route: { action: { kind: 'ask-pin' }, rule: 'pin' },
          trace: { plan: 'main', steps: [{ matched: true }] },
        },
      });
    },
  );

  test('tells which prompts it may name', async () => {
    const answer = await ask(door, 'GET /api/v1/prompts', { headers: bearer });
    expect(answer.body).toEqual({
      shipped: { en: ['goodbye', 'welcome'], de: ['welcome'] },
      tenants: { acme: { de: ['menu'] } },
    });
  });

  test('tells that a number goes nowhere', async () => {
    const payload = { called: '5555' };
    const answer = await ask(door, 'POST /api/v1/dial-plan/try', { headers: bearer, payload });
    expect(answer.body.route).toMatchObject({ action: { kind: 'reject', why: 'no-route' } });
  });
});
