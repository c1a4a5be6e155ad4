import fc from 'fast-check';
import { expect, test } from 'vitest';
import { empty, JitterBuffer, lost } from '../../../../mcu/jitter/buffer.ts';

function put(jitter: JitterBuffer, sequence: number): void {
  jitter.put(Buffer.from([sequence >> 8, sequence & 0xff]), 0, 2, sequence & 0xffff);
}

/** A sequence, `lost` or `empty`. */
function take(jitter: JitterBuffer): number {
  const slot = jitter.take();
  return slot < 0 ? slot : jitter.release(slot).readUInt16BE(0);
}

test('holds 40 ms, then plays in step', () => {
  const jitter = new JitterBuffer();
  put(jitter, 10);
  expect(take(jitter)).toBe(empty);
  put(jitter, 11);
  expect(take(jitter)).toBe(10);
  put(jitter, 12);
  expect(take(jitter)).toBe(11);
});

test('puts packets in order over the end of the numbers', () => {
  const jitter = new JitterBuffer();
  for (const sequence of [65_535, 0, 65_534, 2, 1]) put(jitter, sequence);
  expect([take(jitter), take(jitter), take(jitter), take(jitter), take(jitter)]).toEqual([
    65_534, 65_535, 0, 1, 2,
  ]);
});

test('a single packet is played too, when nothing else comes', () => {
  const jitter = new JitterBuffer();
  put(jitter, 7);
  const taken = [take(jitter), take(jitter), take(jitter)];
  expect(taken).toContain(7);
});

test('a missing packet is concealed, a late one makes the delay grow', () => {
  const jitter = new JitterBuffer();
  for (const sequence of [1, 2, 4, 5]) put(jitter, sequence);
  expect([take(jitter), take(jitter), take(jitter)]).toEqual([1, 2, lost]);
  put(jitter, 3);
  expect(jitter.lateCount).toBe(1);
  expect(jitter.targetMs).toBe(50);
  // The stream waits one packet longer from here on.
  expect([take(jitter), take(jitter), take(jitter)]).toEqual([lost, 4, 5]);
});

test('a pause is concealed shortly, then silence; the next talkspurt is held again', () => {
  const jitter = new JitterBuffer();
  put(jitter, 1);
  put(jitter, 2);
  expect([1, 2, 3, 4, 5, 6].map(() => take(jitter))).toEqual([1, 2, lost, lost, lost, empty]);
  put(jitter, 3);
  expect(take(jitter)).toBe(empty);
  put(jitter, 4);
  expect(take(jitter)).toBe(3);
});

test('a burst that stays is worked off', () => {
  const jitter = new JitterBuffer();
  for (let sequence = 0; sequence < 12; sequence++) put(jitter, sequence);
  for (let sequence = 12; sequence < 1500; sequence++) {
    put(jitter, sequence);
    take(jitter);
  }
  expect(jitter.depth * 20).toBeLessThanOrEqual(80);
});

test('a sender that begins anew is followed after its second packet, a stray one is not', () => {
  const jitter = new JitterBuffer();
  put(jitter, 1);
  put(jitter, 2);
  put(jitter, 30_000);
  expect(take(jitter)).toBe(1);
  put(jitter, 3);
  expect(take(jitter)).toBe(2);
  put(jitter, 40_000);
  put(jitter, 40_001);
  put(jitter, 40_002);
  expect(take(jitter)).toBe(40_001);
});

test('whatever comes: nothing is played twice, nothing backwards, memory stays bounded', () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('put' as const), jump: fc.integer({ min: -5, max: 5 }) }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('take' as const), jump: fc.constant(0) }) },
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), fc.array(step, { maxLength: 400 }), (first, steps) => {
      const jitter = new JitterBuffer();
      let at = first;
      let played: number | null = null;
      const seen = new Set<number>();
      for (const { do: action, jump } of steps) {
        if (action === 'put') {
          put(jitter, (at + jump) & 0xffff);
          at = (at + 1) & 0xffff;
        } else {
          const got = take(jitter);
          if (got < 0) continue;
          expect(seen.has(got)).toBe(false);
          seen.add(got);
          if (played !== null) expect(((got - played) << 16) >> 16).toBeGreaterThan(0);
          played = got;
        }
        expect(jitter.depth).toBeLessThanOrEqual(64);
      }
    }),
  );
});
