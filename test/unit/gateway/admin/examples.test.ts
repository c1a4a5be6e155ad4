import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkPlan } from '../../../../dialplans/check.ts';
import { bearer, openDoor, type Door } from '../../../fakes/admin.ts';
import { ask } from './support.ts';

interface Shown {
  readonly schema: z.core.JSONSchema.JSONSchema;
  readonly example?: unknown;
}
interface Operation {
  readonly parameters?: readonly (Shown & { readonly name: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Shown>> };
}

/** What people write clients for. */
const documented = /^\/api\/v1\/(?:plans|dial-plan|meetings|webhooks|calls\/records)/;
/** Bare conditions: nothing is published, so nothing is looked at but the request. */
const headers: Record<string, Record<string, string>> = { put: { 'if-none-match': '*' } };

let door: Door;
let operations: readonly { readonly path: string; readonly method: string; readonly operation: Operation }[];
beforeAll(async () => {
  door = await openDoor();
  const { body } = await ask(door, 'GET /openapi.json');
  const paths = body.paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  operations = Object.entries(paths)
    .filter(([path]) => documented.test(path))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
});
afterAll(() => door.server.close());

const bodies = () =>
  operations.flatMap(({ path, method, operation: { requestBody } }) =>
    Object.entries(requestBody?.content ?? {}).map(([type, shown]) => ({ path, method, type, ...shown })),
  );

describe('the API’s description shows how it is asked', () => {
  it('by an example of every request that has a body', () => {
    const without = bodies().filter(({ example }) => example === undefined);
    expect(without.map(({ path, method }) => `${method} ${path}`)).toEqual([]);
    expect(bodies().length).toBeGreaterThan(12);
  });

  it('that fits its own schema', () => {
    for (const { path, schema, example } of bodies()) {
      const { error } = z.fromJSONSchema(schema).safeParse(example);
      expect([path, error?.issues ?? []]).toEqual([path, []]);
    }
  });

  it('that the gateway understands', async () => {
    for (const { path, method, type, example } of bodies()) {
      const line = `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, 'x')}` as Parameters<typeof ask>[1];
      const { status, body } = await ask(door, line, {
        headers: { host: 'localhost', ...bearer, 'content-type': type, ...headers[method] },
        payload: example as string | object,
      });
      // There may be nothing by the name of x; but nothing is wrong with the request.
      const wrong = [400, 415, 422].includes(status) ? body : null;
      expect([line, wrong]).toEqual([line, null]);
    }
  });

  it('of every condition on records, too', async () => {
    const records = operations.filter(
      ({ path, method }) => method === 'get' && /records(?:\/export)?$/.test(path),
    );
    expect(records).toHaveLength(2);
    for (const { path, operation } of records) {
      const fields = (operation.parameters ?? []).filter(({ example }) => example !== undefined);
      expect(fields.map(({ name }) => name).sort()).toEqual(
        ['from', 'number', 'reason', 'room', 'rule', 'tenant', 'to'].sort(),
      );
      const query = new URLSearchParams(
        Object.fromEntries(fields.map(({ name, example }) => [name, String(example)])),
      );
      if (path.endsWith('export')) query.set('format', 'csv');
      const { status } = await ask(door, `GET ${path}?${query.toString()}`, {
        headers: { host: 'localhost', ...bearer },
      });
      expect([path, status]).toEqual([path, 200]);
    }
  });

  it('with plans that are good, their tests too', () => {
    const texts = bodies()
      .map(({ example }) => example)
      .flatMap((example) =>
        typeof example === 'object' && example !== null && 'text' in example ? [String(example.text)] : [],
      );
    expect(texts.length).toBeGreaterThan(2);
    for (const text of texts) expect(checkPlan([{ name: 'acme', text }]).problems).toEqual([]);
  });
});
