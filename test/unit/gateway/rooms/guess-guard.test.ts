import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryGuessGuard } from '../../../../gateway/rooms/guess-guard.ts';

const limits = { freeMisses: 3, blockAfter: 6, windowMinutes: 60 };
const minute = 60_000;

function setUp(maxSources?: number) {
  let nowMs = 1_000_000;
  const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
  const guard = new MemoryGuessGuard({ limits, clock, ...(maxSources === undefined ? {} : { maxSources }) });
  return {
    guard,
    pass: (ms: number) => (nowMs += ms),
    miss: (times: number, source = '+49301') => {
      for (let i = 0; i < times; i++) guard.missed('default', source);
    },
    delay: (source = '+49301', tenant = 'default') => guard.delayMs(tenant, source),
  };
}

describe('a source that guesses', () => {
  it('is slowed past the free misses, twice as long each time, then blocked', () => {
    const { miss, delay } = setUp();
    const delays = [1, 2, 3, 4, 5, 6, 7].map(() => {
      miss(1);
      return delay();
    });
    expect(delays).toEqual([0, 0, 0, 1000, 2000, Infinity, Infinity]);
  });

  it('need not wait again for what it has waited already', () => {
    const { miss, delay, pass } = setUp();
    miss(5);
    pass(1500);
    expect(delay()).toBe(500);
    pass(500);
    expect(delay()).toBe(0);
  });

  it('is forgiven when its misses are older than the window', () => {
    const { miss, delay, pass } = setUp();
    miss(6);
    pass(60 * minute - 1);
    expect(delay()).toBe(Infinity);
    pass(1);
    expect(delay()).toBe(0);
  });

  it('stays blocked while it tries on', () => {
    const { miss, delay, pass } = setUp();
    miss(6);
    for (let i = 0; i < 10; i++) {
      pass(10 * minute);
      miss(1);
      expect(delay()).toBe(Infinity);
    }
  });

  it('is counted apart from other numbers and tenants', () => {
    const { miss, delay, guard } = setUp();
    miss(6);
    expect(delay('+49302')).toBe(0);
    expect(delay('+49301', 'other')).toBe(0);
    // A tenant and a source that run together in one text are not the same.
    guard.missed('a', 'b1');
    for (let i = 0; i < 6; i++) guard.missed('ab', '1');
    expect(delay('b1', 'a')).toBe(0);
  });

  it('is forgiven one miss by a right PIN', () => {
    const { miss, delay, guard } = setUp();
    miss(4);
    expect(delay()).toBe(1000);
    guard.hit('default', '+49301');
    expect(delay()).toBe(0);
  });

  it('is blocked although it knows a PIN, when it guesses more than it enters that one', () => {
    const { miss, delay, guard } = setUp();
    for (let i = 0; i < 6; i++) {
      miss(2);
      guard.hit('default', '+49301');
    }
    miss(1);
    expect(delay()).toBe(Infinity);
  });
});

describe('who is slowed or blocked', () => {
  it('is told once when it is blocked, and seen until it is forgiven or lifted', () => {
    let nowMs = 1_000_000;
    const blocked: unknown[] = [];
    const clock = {
      nowMs: () => Date.parse('2026-01-01T12:00:00Z') + nowMs - 1_000_000,
      monotonicMs: () => nowMs,
    };
    const guard = new MemoryGuessGuard({ limits, clock, onBlocked: (one) => blocked.push(one) });
    for (let i = 0; i < 8; i++) guard.missed('default', 'number:+4930123456');
    for (let i = 0; i < 4; i++) guard.missed('acme', 'address:192.0.2.7');
    guard.missed('default', 'number:1');
    expect(blocked).toEqual([
      { tenant: 'default', source: 'number:+4930123456', misses: 6, until: '2026-01-01T13:00:00.000Z' },
    ]);
    const [slowed, shut, ...more] = guard.list();
    expect(more).toEqual([]);
    expect(slowed).toMatchObject({ tenant: 'acme', kind: 'address', source: '192.0.2.7', state: 'slowed' });
    expect(slowed.until).toBe('2026-01-01T12:00:01.000Z');
    expect(shut).toMatchObject({ kind: 'number', source: '…56', state: 'blocked', misses: 6 });
    expect(JSON.stringify(shut)).not.toContain('123456');
    expect(guard.lift('nothing')).toBe(false);
    expect(guard.lift(shut.id)).toBe(true);
    expect(guard.delayMs('default', 'number:+4930123456')).toBe(0);
    nowMs += 61 * minute;
    expect(guard.list()).toEqual([]);
  });
});

it('remembers a bounded number of sources, the latest ones', () => {
  const { miss, delay, guard } = setUp(100);
  miss(6, 'attacker');
  for (let i = 0; i < 99; i++) miss(1, `n${i}`);
  expect(delay('attacker')).toBe(Infinity);
  miss(1, 'attacker');
  for (let i = 0; i < 99; i++) miss(1, `m${i}`);
  expect(guard.size).toBe(100);
  expect(delay('attacker')).toBe(Infinity);
  for (let i = 0; i < 1000; i++) guard.hit('default', `unknown${i}`);
  expect(guard.size).toBe(100);
  miss(1, 'x'.repeat(100_000));
  expect(guard.size).toBe(100);
});

it('never lets more tries through than the limits say, whatever the timing', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 * minute }), { maxLength: 80 }), (pauses) => {
      const { miss, delay, pass } = setUp();
      const triesAt: number[] = [];
      let now = 0;
      for (const ms of pauses) {
        pass(ms);
        now += ms;
        if (delay() > 0) continue;
        miss(1);
        triesAt.push(now);
        const recent = triesAt.filter((at) => at > now - limits.windowMinutes * minute);
        expect(recent.length).toBeLessThanOrEqual(limits.blockAfter);
      }
    }),
  );
});
