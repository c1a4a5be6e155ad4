import { expect, test } from 'vitest';
import { bearer, openDoor } from '../../../fakes/admin.ts';
import { ask } from './support.ts';

test('letting a guesser in again is told in the audit log first, with who did it', async () => {
  const told: unknown[] = [];
  let away = true;
  const door = await openDoor({
    keepAudit: (entry) => {
      if (away) return Promise.reject(new Error('the database is away'));
      told.push(entry);
      return Promise.resolve();
    },
  });
  door.guard.misses.set('192.0.2.1', 5);
  const lift = () =>
    ask(door, 'DELETE /api/v1/guesses/guess-192.0.2.1', { headers: { ...bearer, 'x-admin': 'Ann' } });
  expect((await lift()).status).toBe(500);
  expect(door.guard.misses.size).toBe(1);
  away = false;
  expect((await lift()).status).toBe(204);
  expect(door.guard.misses.size).toBe(0);
  expect(told).toEqual([
    {
      ...{ by: 'Ann', action: 'guess.lifted', subject: '192.0.2.1' },
      details: { tenant: 'default', state: 'blocked', misses: 5 },
    },
  ]);
  expect(await lift()).toMatchObject({ status: 404, body: { code: 'GUESS_NOT_FOUND' } });
  await door.server.close();
});
