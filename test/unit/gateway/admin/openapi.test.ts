import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openDoor, type Door } from '../../../fakes/admin.ts';
import { ask } from './support.ts';

/** OpenAPI 3.1 §4.8, as far as this document uses it; unknown members are errors. */
const media = z.record(
  z.string(),
  z.strictObject({ schema: z.record(z.string(), z.unknown()), example: z.unknown().optional() }),
);
const operation = z.strictObject({
  summary: z.string().min(5),
  tags: z.array(z.string()).length(1),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z
    .array(
      z.strictObject({
        name: z.string(),
        in: z.enum(['path', 'query', 'header']),
        required: z.boolean(),
        schema: z.record(z.string(), z.unknown()),
        description: z.string().optional(),
        example: z.unknown().optional(),
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.literal(true), content: media }).optional(),
  responses: z.record(
    z.string().regex(/^([1-5]\d\d|[45]XX)$/),
    z.strictObject({ description: z.string().min(1), content: media.optional() }),
  ),
});
const document = z.strictObject({
  openapi: z.string().startsWith('3.1.'),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), z.record(z.string(), z.string())),
    schemas: z.record(z.string(), z.unknown()).optional(),
  }),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  paths: z.record(
    z.string().startsWith('/'),
    z.record(z.enum(['get', 'post', 'put', 'patch', 'delete']), operation.optional()),
  ),
});

let door: Door;
let api: z.infer<typeof document>;
beforeAll(async () => {
  door = await openDoor();
  api = document.parse((await ask(door, 'GET /openapi.json')).body);
});
afterAll(() => door.server.close());

const operations = () =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, one]) => (one === undefined ? [] : [{ path, method, ...one }])),
  );

test('every resource is described', () => {
  expect(
    operations()
      .map(({ path, method }) => `${method} ${path}`)
      .sort(),
  ).toEqual([
    'delete /api/v1/calls/{id}',
    'delete /api/v1/guesses/{id}',
    'delete /api/v1/meetings/{id}',
    'delete /api/v1/plans/{name}',
    'delete /api/v1/plans/{name}/canary',
    'delete /api/v1/webhooks/{id}',
    'get /api/v1/audit',
    'get /api/v1/calls',
    'get /api/v1/calls/records',
    'get /api/v1/calls/records/export',
    'get /api/v1/calls/records/{id}',
    'get /api/v1/calls/{id}',
    'get /api/v1/dial-plan',
    'get /api/v1/guesses',
    'get /api/v1/join/{room}',
    'get /api/v1/meetings',
    'get /api/v1/meetings/export',
    'get /api/v1/meetings/{id}',
    'get /api/v1/meetings/{id}/invitation',
    'get /api/v1/mixing/servers',
    'get /api/v1/plans',
    'get /api/v1/plans/{name}',
    'get /api/v1/plans/{name}/canary',
    'get /api/v1/plans/{name}/diff',
    'get /api/v1/plans/{name}/versions',
    'get /api/v1/plans/{name}/versions/{version}',
    'get /api/v1/prompts',
    'get /api/v1/records/calls',
    'get /api/v1/webhooks',
    'get /api/v1/webhooks/{id}',
    'get /api/v1/webhooks/{id}/deliveries',
    'get /api/v1/welcome',
    'get /healthz',
    'get /metrics',
    'get /readyz',
    'patch /api/v1/meetings/{id}',
    'patch /api/v1/webhooks/{id}',
    'post /api/v1/calls/{id}/mute',
    'post /api/v1/dial-plan/try',
    'post /api/v1/join/{room}',
    'post /api/v1/meetings',
    'post /api/v1/meetings/import',
    'post /api/v1/mixing/servers/{name}/drain',
    'post /api/v1/mixing/servers/{name}/undrain',
    'post /api/v1/plans/check',
    'post /api/v1/plans/try',
    'post /api/v1/plans/{name}/canary',
    'post /api/v1/plans/{name}/canary/promote',
    'post /api/v1/plans/{name}/roll-back',
    'post /api/v1/plans/{name}/take-over',
    'post /api/v1/webhooks',
    'post /api/v1/webhooks/{id}/deliveries/{delivery}/replay',
    'post /api/v1/webhooks/{id}/replay',
    'post /api/v1/webhooks/{id}/secret',
    'post /api/v1/webhooks/{id}/test',
    'put /api/v1/plans/{name}',
  ]);
});

test('every operation names its parameters, its answers, and problems as problems', () => {
  for (const { path, method, parameters = [], requestBody, responses } of operations()) {
    const named = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
    expect(named).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    expect(requestBody !== undefined).toBe(
      ['post', 'put', 'patch'].includes(method) &&
        !/(drain|\{delivery\}\/replay|\/secret|\/test)$/.test(path),
    );
    expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
    expect(Object.keys(responses['4XX'].content ?? {})).toEqual(['application/problem+json']);
  }
});

test('what the document says of tokens is so', async () => {
  for (const { path, method, security } of operations()) {
    const url = path.replaceAll(/\{\w+\}/g, 'x');
    const line = `${method.toUpperCase()} ${url}` as Parameters<typeof ask>[1];
    const { status } = await ask(door, line);
    expect([line, status === 401]).toEqual([line, security === undefined]);
  }
});
