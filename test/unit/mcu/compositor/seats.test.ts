import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Seats } from '../../../../mcu/compositor/seats.ts';

const never = (): number => -Infinity;

test('people sit in the order in which they came, and move up when one leaves', () => {
  const seats = new Seats();
  expect(seats.choose(['a', 'b', 'c'], 5, never)).toEqual(['a', 'b', 'c']);
  expect(seats.choose(['a', 'c'], 5, never)).toEqual(['a', 'c']);
  expect(seats.choose(['a', 'c', 'd'], 5, never)).toEqual(['a', 'c', 'd']);
});

test('whoever speaks without a place gets that of the one who was silent longest, and nobody else moves', () => {
  const seats = new Seats();
  const spoke = new Map([['a', 10]]);
  const spokeMs = (identity: string): number => spoke.get(identity) ?? -Infinity;
  expect(seats.choose(['a', 'b', 'c', 'd', 'e'], 3, spokeMs)).toEqual(['a', 'b', 'c']);
  spoke.set('e', 20);
  expect(seats.choose(['a', 'b', 'c', 'd', 'e'], 3, spokeMs)).toEqual(['a', 'b', 'e']);
  spoke.set('d', 30);
  expect(seats.choose(['a', 'b', 'c', 'd', 'e'], 3, spokeMs)).toEqual(['a', 'd', 'e']);
  spoke.set('c', 40);
  expect(seats.choose(['a', 'b', 'c', 'd', 'e'], 3, spokeMs)).toEqual(['c', 'd', 'e']);
});

test('a place that gets free goes to one who had none', () => {
  const seats = new Seats();
  seats.choose(['a', 'b', 'c', 'd'], 3, never);
  expect(seats.choose(['a', 'c', 'd'], 3, never)).toEqual(['a', 'd', 'c']);
});

test('whatever happens, each is there once, all who fit are, and who stays moves only when somebody left', () => {
  const identity = fc.integer({ min: 0, max: 40 }).map(String);
  const step = fc.record({
    people: fc.uniqueArray(identity, { maxLength: 40 }),
    speaks: fc.option(identity),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 25 }), (steps, places) => {
      const seats = new Seats();
      const spoke = new Map<string, number>();
      let before: readonly string[] = [];
      steps.forEach(({ people, speaks }, at) => {
        if (speaks !== null) spoke.set(speaks, at);
        const seated = seats.choose(people, places, (one) => spoke.get(one) ?? -Infinity);
        expect(new Set(seated).size).toBe(seated.length);
        expect(seated.length).toBe(Math.min(people.length, places));
        for (const one of seated) expect(people).toContain(one);
        if (speaks !== null && people.includes(speaks)) expect(seated).toContain(speaks);
        if (before.every((one) => people.includes(one)))
          before.forEach((one, seat) => {
            if (seated.includes(one)) expect(seated[seat]).toBe(one);
          });
        before = seated;
      });
    }),
  );
});
