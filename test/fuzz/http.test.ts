import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemSchema } from '../../gateway/admin/problems.ts';
import { bearer, openDoor, type Door } from '../fakes/admin.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.server.close());

const routes = [
  '/',
  '/join/weekly',
  '/healthz',
  '/readyz',
  '/openapi.json',
  '/api/v1/calls',
  '/api/v1/calls/call-1',
  '/api/v1/calls/call-1/mute',
  '/api/v1/records/calls',
  '/api/v1/meetings',
  '/api/v1/meetings/meeting-1',
  '/api/v1/dial-plan',
  '/api/v1/dial-plan/try',
  '/api/v1/welcome',
  '/api/v1/join/weekly',
];
const text = fc.string({ unit: 'binary', maxLength: 40 });
const key = fc.constantFrom('room', 'name', 'pin', 'muted', 'called', 'calling', 'trunk', '__proto__', 'x');

const path = fc
  .oneof(
    fc.constantFrom(...routes),
    fc
      .tuple(fc.constantFrom(...routes), text)
      .map(([route, tail]) => `${route}/${encodeURI(tail.toWellFormed())}`),
    fc.tuple(fc.constantFrom(...routes), fc.string()).map(([route, query]) => `${route}?${query}`),
    fc.string().map((tail) => `/${tail}`),
  )
  // What the injector can parse at all.
  .filter((one) => URL.canParse(one, 'http://localhost'));
const payload = fc.oneof(
  fc.json(),
  fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })).map((body) => JSON.stringify(body)),
  fc.dictionary(key, text).map((body) => JSON.stringify(body)),
  text,
);
const headers = fc.record({
  authorization: fc.oneof(fc.constant(bearer.authorization), fc.string({ unit: 'grapheme-ascii' })),
  'content-type': fc.constantFrom('application/json', 'application/json; charset=x', 'text/plain', ';', ''),
  host: fc.oneof(fc.constantFrom('localhost', '', '[::1', 'a:b:c'), fc.string({ unit: 'grapheme-ascii' })),
  'x-forwarded-for': fc.string({ unit: 'grapheme-ascii' }),
});

test('whatever is sent, the answer is never a failure of ours, and every refusal is a problem', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET' as const, 'POST' as const, 'DELETE' as const, 'PUT' as const),
      path,
      headers,
      payload,
      async (method, url, sent, body) => {
        const response = await door.server.inject({
          method,
          url,
          headers: sent,
          ...(method === 'GET' ? {} : { payload: body }),
        });
        const { statusCode } = response;
        // 503 is "the pages are not built", which is so here.
        expect(statusCode < 500 || statusCode === 503).toBe(true);
        if (statusCode < 400) return;
        expect(response.headers['content-type']).toContain('application/problem+json');
        expect(problemSchema.parse(response.json()).status).toBe(statusCode);
      },
    ),
    { numRuns: 1_000 },
  );
  expect(door.log.filter(({ level }) => level === 'error')).toEqual([]);
}, 60_000);
