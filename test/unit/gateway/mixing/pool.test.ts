import { expect, it } from 'vitest';
import { MixingPool } from '../../../../gateway/mixing/pool.ts';
import type { FreeSwitchServer } from '../../../../gateway/mixing/server.ts';

type Facts = Pick<FreeSwitchServer, 'name' | 'state' | 'draining' | 'weight' | 'load'>;

function server(
  name: string,
  facts: Partial<Facts> = {},
): FreeSwitchServer & { -readonly [K in keyof Facts]: Facts[K] } {
  return { name, state: 'up', draining: false, weight: 0, load: null, ...facts } as never;
}

const idle = { channels: 10, maxChannels: 1000, idleCpuPercent: 90 };

it('gives new rooms to the one that carries least, and keeps rooms where they are', () => {
  const [a, b] = [server('a', { weight: 5 }), server('b', { weight: 2 })];
  const pool = new MixingPool([a, b]);
  expect(pool.choose('room-1')).toBe(b);
  expect(pool.enter('room-1', b)).toBe(true);
  Object.assign(b, { weight: 50 });
  expect(pool.choose('room-1')).toBe(b);
  expect(pool.choose('room-2')).toBe(a);
  expect(pool.enter('room-1', a)).toBe(false);
  pool.leave('room-1', b);
  expect(pool.choose('room-1')).toBe(a);
});

it('passes over those that are full, busy, drained or away, as long as there is another', () => {
  const full = server('full', { load: { ...idle, channels: 1000 } });
  const busy = server('busy', { load: { ...idle, idleCpuPercent: 3 } });
  const drained = server('drained', { draining: true });
  const away = server('away', { state: 'down' });
  const heavy = server('heavy', { weight: 300, load: idle });
  expect(new MixingPool([full, busy, drained, away, heavy]).choose(null)).toBe(heavy);
  expect(new MixingPool([full, drained, away]).choose(null)).toBe(full);
  expect(new MixingPool([drained, away]).choose(null)).toBe(drained);
  expect(new MixingPool([away]).choose(null)).toBeNull();
});

it('lets a drained one keep its rooms, and has none begin there', () => {
  const [a, b] = [server('a'), server('b')];
  const pool = new MixingPool([a, b]);
  pool.enter('old', a);
  Object.assign(a, { draining: true });
  expect(pool.enter('old', a)).toBe(true);
  expect(pool.enter('new', a)).toBe(false);
  expect(pool.enter('new', b)).toBe(true);
  expect([pool.rooms(a), pool.rooms(b)]).toEqual([1, 1]);
});

it('forgets where a room was when that FreeSWITCH is gone', () => {
  const [a, b] = [server('a'), server('b')];
  const pool = new MixingPool([a, b]);
  pool.enter('r', a);
  Object.assign(a, { state: 'down' });
  expect(pool.choose('r')).toBe(b);
  expect(pool.enter('r', b)).toBe(true);
  pool.leave('r', a);
  expect(pool.rooms(b)).toBe(1);
});
