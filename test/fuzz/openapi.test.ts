import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../gateway/admin/problems.ts';
import { readAudit } from '../../gateway/records/audit.ts';
import { adminToken, bearer, openDoor, type Door } from '../fakes/admin.ts';
import { echoPlan, openTestPlans, type TestPlans } from '../support/plans.ts';
import { nearly, valueOf, type JsonSchema } from '../support/schema-arbitrary.ts';

interface Operation {
  readonly parameters?: readonly { name: string; in: 'path' | 'query' | 'header'; schema: JsonSchema }[];
  readonly requestBody?: { content: Readonly<Record<string, { schema: JsonSchema }>> };
  readonly responses: Readonly<
    Partial<Record<string, { content?: Readonly<Partial<Record<string, { schema: object }>>> }>>
  >;
}
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const envSecret = randomBytes(12).toString('hex');
let gateway: TestPlans;
let door: Door;
let operations: { method: Method; path: string; operation: Operation }[];

beforeAll(async () => {
  gateway = await openTestPlans();
  process.env.FUZZ_SECRET = envSecret;
  await gateway.desk.put({ name: 'acme', text: planTexts[0] }, 'new', { by: 'ann' });
  door = await openDoor({
    plans: gateway.desk,
    canaries: gateway.canaries,
    audit: (page) => readAudit(gateway.database.db, page),
    adminToken,
  });
  await door.meetings.create({ tenant: 'default', room: 'weekly' });
  const { paths } = (await door.server.inject('/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>;
  }>();
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase() as Method,
      path,
      operation,
    })),
  );
});
afterAll(async () => {
  delete process.env.FUZZ_SECRET;
  await door.server.close();
  await gateway.close();
});

/** What is there, so that requests get beyond "no such thing". */
const known: Readonly<Record<string, readonly string[]>> = {
  name: ['acme', 'main.yaml', 'new'],
  id: ['call-1', 'call-0', 'meeting-1'],
  room: ['weekly'],
  version: ['1', '2', '3'],
};
const secrets = 'secrets: { token: { env: FUZZ_SECRET } }\n';
const planTexts = [
  echoPlan('acme', 2000) + secrets,
  echoPlan('acme', 2001),
  'version: 1\nrulez: []',
  'rules: [',
  '',
];

/** A request that fits the document, or nearly. */
function requestFor({ path, operation }: (typeof operations)[number]) {
  const body = Object.values(operation.requestBody?.content ?? {}).at(0)?.schema;
  const parameters = (where: string) => (operation.parameters ?? []).filter((one) => one.in === where);
  const texts = (where: string) =>
    fc.record(
      Object.fromEntries(
        parameters(where).map(({ name, schema }) => [
          name,
          fc.oneof(
            { weight: 4, arbitrary: fc.constantFrom(...(known[name] ?? ['x'])) },
            { weight: 3, arbitrary: valueOf(schema).map(String) },
            { weight: 1, arbitrary: fc.string() },
          ),
        ]),
      ),
      where === 'path' ? {} : { requiredKeys: [] },
    );
  const headers = fc.record(
    {
      'if-match': fc.constantFrom('*', '"v1"', '"v2"', '"v3"', 'v', ''),
      'if-none-match': fc.constantFrom('*', '"v1"'),
      'x-admin': fc.oneof(
        { weight: 4, arbitrary: fc.constant('ann') },
        { weight: 1, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 80 }) },
      ),
    },
    { requiredKeys: [] },
  );
  return fc.record({
    path: texts('path').map((values) =>
      path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent((values[name] ?? 'x').toWellFormed()),
      ),
    ),
    query: texts('query'),
    headers,
    body:
      body === undefined
        ? fc.constant(undefined)
        : fc.oneof(valueOf(body), nearly(body), fc.jsonValue()).chain((value) => withPlanText(value)),
  });
}

/** Texts that are plans now and then: what a schema calls text is seldom one. */
function withPlanText(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null || !('text' in value)) return fc.constant(value);
  return fc.constantFrom(value.text, ...planTexts).map((text: unknown) => ({ ...value, text }));
}

/** The answer's own schema, by its status. */
function schemaOf({ responses }: Operation, status: number): z.ZodType | null {
  const schema = responses[status]?.content?.['application/json']?.schema;
  return schema === undefined ? null : z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
}

test('every operation answers what fits and what does not as its description says', async () => {
  const answered = new Set<string>();
  for (const one of operations) {
    await fc.assert(
      fc.asyncProperty(requestFor(one), async ({ path, query, headers, body }) => {
        const given = Object.entries(query).map(([name, value]) => [name, String(value).toWellFormed()]);
        const search = new URLSearchParams(given as [string, string][]).toString();
        const response = await door.server.inject({
          method: one.method,
          url: search === '' ? path : `${path}?${search}`,
          headers: { host: 'localhost', ...bearer, ...headers },
          ...(body === undefined
            ? {}
            : { payload: JSON.stringify(body), headers: { ...json, ...bearer, ...headers } }),
        });
        const { statusCode } = response;
        const name = `${one.method} ${one.path}`;
        expect([name, statusCode, statusCode < 500]).toEqual([name, statusCode, true]);
        for (const secret of [adminToken, envSecret]) expect(response.body).not.toContain(secret);
        if (statusCode >= 400) {
          expect(response.headers['content-type']).toContain('application/problem+json');
          const problem = problemSchema.parse(response.json());
          expect([name, problem.status, problem.remedy !== undefined && problem.remedy !== '']).toEqual([
            ...[name, statusCode],
            true,
          ]);
          expect(problem.code).toMatch(/^[A-Z][A-Z_]+$/);
          return;
        }
        answered.add(name);
        schemaOf(one.operation, statusCode)?.parse(response.json());
      }),
      { numRuns: 40 },
    );
  }
  // Not all is refused.
  expect(answered.size).toBeGreaterThan(operations.length / 2);
  expect(door.log.filter(({ level }) => level === 'error')).toEqual([]);
}, 120_000);

const json = { 'content-type': 'application/json', host: 'localhost' };
