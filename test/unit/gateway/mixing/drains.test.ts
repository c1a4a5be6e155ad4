import { afterEach, beforeEach, expect, it } from 'vitest';
import { FollowedDrains } from '../../../../gateway/mixing/drains.ts';
import { FakeDrains } from '../../../fakes/drains.ts';
import { quietLog } from '../../../support/quiet-log.ts';
import type { LogLine } from '../../../support/quiet-log.ts';
import { until } from '../../../support/until.ts';

let store: FakeDrains;
let lines: LogLine[];
const open: FollowedDrains[] = [];

beforeEach(() => {
  store = new FakeDrains();
  lines = [];
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function gateway(followMs?: number): {
  drains: FollowedDrains;
  a: { name: string; draining: boolean };
  b: { name: string; draining: boolean };
} {
  const [a, b] = ['a', 'b'].map((name) => ({ name, draining: false }));
  const drains = new FollowedDrains({
    servers: [a, b],
    store,
    log: quietLog(lines),
    ...(followMs !== undefined && { followMs }),
  });
  open.push(drains);
  return { drains, a, b };
}

it('keeps a drain for the next run', async () => {
  const { drains, a, b } = gateway();
  expect(await drains.set('a', true)).toBe(true);
  expect(await drains.set('nobody', true)).toBe(false);
  expect([a.draining, b.draining]).toEqual([true, false]);
  const next = gateway();
  await next.drains.follow();
  expect([next.a.draining, next.b.draining]).toEqual([true, false]);
  await next.drains.set('a', false);
  expect(store.drained.size).toBe(0);
});

it('follows what another gateway was told', async () => {
  const [one, other] = [gateway(), gateway(10)];
  await one.drains.set('b', true);
  await until('the other follows', () => other.b.draining);
  await one.drains.set('b', false);
  await until('and takes it back', () => !other.b.draining);
  expect(other.a.draining).toBe(false);
});

it('changes nothing while the store is away, and tells of that once', async () => {
  const { drains, a } = gateway();
  await drains.set('a', true);
  store.away = new Error('no database');
  await expect(drains.set('a', false)).rejects.toThrow('no database');
  await drains.follow();
  await drains.follow();
  expect(a.draining).toBe(true);
  expect(lines.filter(({ sentence }) => sentence === 'drains of FreeSWITCH can not be read')).toHaveLength(1);
});

it('does not undo a drain by what was read before it', async () => {
  const { drains, a } = gateway();
  const reading = drains.follow();
  await drains.set('a', true);
  await reading;
  expect(a.draining).toBe(true);
});
