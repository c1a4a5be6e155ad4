import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { problems, problemSchema, toProblem } from '../../../../gateway/admin/problems.ts';
import { GatewayError } from '../../../../gateway/errors.ts';
import { bearer, openDoor, type Door } from '../../../fakes/admin.ts';
import { ask, type Answer } from './support.ts';

let door: Door;
beforeEach(async () => {
  door = await openDoor();
});
afterEach(() => door.server.close());

function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.type).toBe('application/problem+json; charset=utf-8');
  const body = problemSchema.parse(answer.body);
  expect(body).toMatchObject({ status, code });
  expect(body.type).toBe(`urn:interop-gateway:problem:${code.toLowerCase().replaceAll('_', '-')}`);
}

const json = { ...bearer, 'content-type': 'application/json' };

describe('every problem is an RFC 9457 body', () => {
  test('unknown addresses and methods', async () => {
    expectProblem(await ask(door, 'GET /nowhere'), 404, 'ROUTE_NOT_FOUND');
    expectProblem(await ask(door, 'GET /api/v1/nowhere', { headers: bearer }), 404, 'ROUTE_NOT_FOUND');
    expectProblem(await ask(door, 'PUT /api/v1/calls', { headers: bearer }), 404, 'ROUTE_NOT_FOUND');
  });

  test('an address that is no URL', async () => {
    expectProblem(await ask(door, 'GET /%'), 400, 'REQUEST_MALFORMED');
    expectProblem(await ask(door, 'GET /join/%ff'), 400, 'REQUEST_MALFORMED');
  });

  test('a body that is too large, of another type, or no JSON', async () => {
    const large = { headers: json, payload: JSON.stringify({ room: 'x'.repeat(70_000) }) };
    expectProblem(await ask(door, 'POST /api/v1/meetings', large), 413, 'BODY_TOO_LARGE');
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'nonsense',
    ]) {
      const headers = { ...bearer, 'content-type': type };
      const answer = await ask(door, 'POST /api/v1/meetings', { headers, payload: 'room=x' });
      expectProblem(answer, 415, 'MEDIA_TYPE_UNSUPPORTED');
    }
    for (const payload of ['{"room":', '', '{]']) {
      const answer = await ask(door, 'POST /api/v1/meetings', { headers: json, payload });
      expectProblem(answer, 400, 'BODY_UNREADABLE');
    }
  });

  test('what does not fit the schema, with the place', async () => {
    const unknown = await ask(door, 'POST /api/v1/meetings', {
      headers: bearer,
      payload: { room: 'weekly', waitForHosts: true },
    });
    expectProblem(unknown, 400, 'REQUEST_INVALID');
    expect(unknown.body.errors).toEqual([
      { path: '', message: expect.stringContaining('waitForHosts') as string },
    ]);

    const query = await ask(door, 'GET /api/v1/records/calls?limit=-1', { headers: bearer });
    expectProblem(query, 400, 'REQUEST_INVALID');
    expect(query.body.errors).toMatchObject([{ path: '/limit' }]);
  });

  test('a failure of ours keeps its inside to the log', async () => {
    door.calls.list = () => Promise.reject(new Error('connect ECONNREFUSED postgres://user:hunter2@db'));
    const answer = await ask(door, 'GET /api/v1/calls', { headers: bearer });
    expectProblem(answer, 500, 'INTERNAL');
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    const failure = door.log.find(({ level }) => level === 'error');
    expect(failure?.sentence).toBe('request failed');
    const { requestId } = failure?.facts as { requestId: string };
    expect(answer.body.instance).toBe(`urn:uuid:${requestId}`);
  });

  test('a domain error brings its code and remedy', async () => {
    door.meetings.create = () =>
      Promise.reject(
        new GatewayError({
          code: 'ROOM_TAKEN',
          httpStatus: 409,
          message: 'The room has a meeting already.',
          remedy: 'Take another name.',
        }),
      );
    const answer = await ask(door, 'POST /api/v1/meetings', { headers: bearer, payload: { room: 'weekly' } });
    expectProblem(answer, 409, 'ROOM_TAKEN');
    expect(answer.body).toMatchObject({
      detail: 'The room has a meeting already.',
      remedy: 'Take another name.',
    });
  });

  test('an answer that never comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = new Promise<void>((resolve) => {
      door.calls.list = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const answer = ask(door, 'GET /api/v1/calls', { headers: bearer });
    await asked;
    await vi.advanceTimersByTimeAsync(10_000);
    expectProblem(await answer, 503, 'TOOK_TOO_LONG');
  });

  test('an answer that never comes, to a request whose body was read', async () => {
    const port = await door.server.listen();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = new Promise<void>((resolve) => {
      door.meetings.create = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    const answer = fetch(`http://127.0.0.1:${port}/api/v1/meetings`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: JSON.stringify({ room: 'weekly' }),
    });
    await asked;
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await answer).status).toBe(503);
    expect(await (await answer).json()).toMatchObject({ code: 'TOOK_TOO_LONG' });
  });

  test('pages that are not built say how to build them', async () => {
    for (const line of ['GET /', 'GET /join/weekly'] as const) {
      const answer = await ask(door, line);
      expectProblem(answer, 503, 'PAGES_NOT_BUILT');
      expect(answer.body.remedy).toContain('npx vite build');
    }
  });
});

test('a thrown non-error is a failure of ours', () => {
  expect(toProblem('boom')).toMatchObject({ status: 500, code: 'INTERNAL' });
});

test('the table has an error status, a title and a remedy for each code', () => {
  const row = z.tuple([z.number().min(400).max(599), z.string().min(5), z.string().endsWith('.')]);
  for (const entry of Object.values(problems)) row.parse(entry);
});
