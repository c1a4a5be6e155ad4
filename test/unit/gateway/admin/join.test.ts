import { describe, expect, test } from 'vitest';
import { isLoopback } from '../../../../gateway/config/outside.ts';
import { configSchema } from '../../../../gateway/config/schema.ts';
import { dialInOf } from '../../../../gateway/desk.ts';
import { allUp, openDoor, type Door } from '../../../fakes/admin.ts';
import { ask, type Answer } from './support.ts';

type Join = 'auto' | 'open' | 'pin';

async function doorWith(join: Join, host = '127.0.0.1'): Promise<Door & { host: string; guest: string }> {
  const door = await openDoor({ http: { join }, host });
  const { pins } = await door.meetings.create({
    tenant: 'default',
    room: 'weekly',
    waitForHost: false,
    language: null,
  });
  return { ...door, host: pins.host, guest: String(pins.guest) };
}

const knock = (door: Door, pin?: string, question: object = {}): Promise<Answer> =>
  ask(door, 'POST /api/v1/join/weekly', {
    payload: { name: 'Ann', ...(pin === undefined ? {} : { pin }) },
    ...question,
  });

test('the start page is told of the demo room where there is one', async () => {
  const door = await openDoor();
  expect((await ask(door, 'GET /api/v1/welcome')).body['demo']).toEqual({
    room: 'demo',
    uri: 'sip:demo@gateway.example',
    web: 'https://gateway.example/join/demo',
  });
  await door.server.close();
  const dialIn = dialInOf(configSchema.parse({ demo: { room: '' } }), () => allUp.sip);
  const without = await openDoor({ dialIn });
  expect((await ask(without, 'GET /api/v1/welcome')).body['demo']).toBeNull();
  await without.server.close();
});

describe('who may join from a browser', () => {
  test('anybody on this machine, as a guest', async () => {
    const door = await doorWith('auto');
    const answer = await knock(door);
    expect(answer).toMatchObject({ status: 200, body: { room: 'weekly', role: 'guest' } });
    expect(answer.body.token).toBe(`weekly|${String(answer.body.identity)}|Ann|guest`);
    expect(answer.headers['cache-control']).toBe('no-store');
    await door.server.close();
  });

  test.each([
    ['comes through a proxy', '127.0.0.1', { 'x-forwarded-for': '198.51.100.7' }],
    ['comes through a proxy (RFC 7239)', '127.0.0.1', { forwarded: 'for=198.51.100.7' }],
    ['asks for another host (DNS rebinding)', '127.0.0.1', { host: 'evil.example' }],
    ['meets a server on all addresses', '0.0.0.0', {}],
  ])('not without a PIN who %s', async (_who, host, headers) => {
    const door = await doorWith('auto', host);
    expect(await knock(door, undefined, { headers: { host: 'localhost', ...headers } })).toMatchObject({
      status: 403,
      body: { code: 'PIN_REQUIRED' },
    });
    await door.server.close();
  });

  test('where everybody may, also from outside', async () => {
    const door = await doorWith('open', '0.0.0.0');
    expect((await knock(door, undefined, { headers: { host: 'gateway.example' } })).status).toBe(200);
    await door.server.close();
  });

  test('the PIN gives the role, written with spaces and # or not', async () => {
    const door = await doorWith('pin');
    expect((await knock(door, door.host)).body.role).toBe('host');
    expect((await knock(door, ` ${door.guest.slice(0, 3)} ${door.guest.slice(3)}#`)).body.role).toBe('guest');
    await door.server.close();
  });

  test('a PIN of another room does not fit, and counts as a miss', async () => {
    const door = await doorWith('pin');
    const other = { tenant: 'default', room: 'board', waitForHost: false, language: null };
    const { pins } = await door.meetings.create(other);
    expect(await knock(door, pins.host)).toMatchObject({ status: 403, body: { code: 'PIN_WRONG' } });
    expect([...door.guard.misses]).toEqual([['address:127.0.0.1', 1]]);
    await door.server.close();
  });

  test('guessing is slowed, then blocked, for the address that guesses', async () => {
    const door = await doorWith('pin');
    for (let miss = 0; miss < 3; miss += 1) expect((await knock(door, '999999')).status).toBe(403);
    const slowed = await knock(door, door.host);
    expect(slowed).toMatchObject({ status: 429, body: { code: 'PIN_SLOWED' } });
    expect(slowed.headers['retry-after']).toBe('4');
    door.guard.misses.set('address:127.0.0.1', 99);
    expect((await knock(door, door.host)).body.code).toBe('PIN_BLOCKED');
    expect((await knock(door, door.host, { remoteAddress: '198.51.100.9' })).status).toBe(200);
    await door.server.close();
  });

  test('guesses side by side don’t all slip through', async () => {
    const door = await doorWith('pin');
    const answers = await Promise.all(Array.from({ length: 20 }, () => knock(door, '999999')));
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(3);
    await door.server.close();
  });

  test('nobody while the rooms are down, in words', async () => {
    const door = await doorWith('open');
    door.rooms.state = 'down';
    expect(await knock(door)).toMatchObject({ status: 503, body: { code: 'ROOMS_UNAVAILABLE' } });
    await door.server.close();
  });

  test('the door tells what it asks for, but not whether the room is there', async () => {
    const door = await doorWith('pin');
    for (const room of ['weekly', 'nowhere']) {
      expect((await ask(door, `GET /api/v1/join/${room}`)).body).toEqual({
        room,
        pinRequired: true,
        dialIn: { number: '1000', uri: 'sip:1000@gateway.example' },
      });
    }
    await door.server.close();
  });

  test('no PIN, token or name is in the log', async () => {
    const door = await doorWith('pin');
    await knock(door, door.host);
    await knock(door, '987654');
    const text = JSON.stringify(door.log);
    for (const secret of [door.host, '987654', 'Ann', '|host']) expect(text).not.toContain(secret);
    await door.server.close();
  });
});

describe('addresses', () => {
  test.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', 'LOCALHOST', 'a.localhost'])(
    '%s is this machine',
    (host) => expect(isLoopback(host)).toBe(true),
  );
  test.each(['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.0.0.1.example', ''])(
    '%s is not',
    (host) => expect(isLoopback(host)).toBe(false),
  );
});
