import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderSrv } from '../../../../../../../gateway/sip/edge/transport/resolve/order.ts';

const record = (name: string, priority: number, weight: number) => ({ name, priority, weight, port: 5060 });

test('each server comes once, by priority', () => {
  const weights = fc.record({ priority: fc.nat(3), weight: fc.nat(65_535) });
  fc.assert(
    fc.property(
      fc.array(weights, { maxLength: 8 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (given, lot) => {
        const records = given.map(({ priority, weight }, index) => record(`s${index}`, priority, weight));
        const ordered = orderSrv(records, () => lot);
        expect(new Set(ordered)).toEqual(new Set(records));
        const priorities = ordered.map(({ priority }) => priority);
        expect(priorities).toEqual([...priorities].sort((one, other) => one - other));
      },
    ),
  );
});

test('weight favours, and zero still has a chance (RFC 2782)', () => {
  const records = [record('heavy', 1, 90), record('light', 1, 10), record('none', 1, 0)];
  const firsts = new Map<string, number>();
  for (let lot = 0; lot < 101; lot += 1) {
    const name = orderSrv(records, () => lot / 101)[0]?.name ?? '';
    firsts.set(name, (firsts.get(name) ?? 0) + 1);
  }
  expect(Object.fromEntries(firsts)).toEqual({ heavy: 90, light: 10, none: 1 });
});
