import { expect, it } from 'vitest';
import { RefusedSeats } from '../../../../gateway/mixing/refused.ts';

it('a caller who is refused for too long waits no more; one who was taken meanwhile begins anew', () => {
  const seats = new RefusedSeats(5000);
  expect([0, 100, 4000].map((ms) => seats.refused('anna', ms))).toEqual([false, false, false]);
  expect(seats.refused('bob', 4500)).toBe(false);
  expect(seats.refused('anna', 8000)).toBe(true);
  expect(seats.refused('bob', 9000)).toBe(false);
  seats.taken('bob');
  expect(seats.refused('bob', 9600)).toBe(false);
});

it('whoever was refused once, long ago, is not counted any more', () => {
  const seats = new RefusedSeats(5000);
  seats.refused('anna', 0);
  expect(seats.refused('anna', 40_000)).toBe(false);
});
