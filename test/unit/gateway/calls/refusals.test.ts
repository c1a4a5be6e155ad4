import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Refusals } from '../../../../gateway/calls/refusals.ts';
import type { CallRecord } from '../../../../gateway/ports.ts';
import type { EndReason } from '../../../../gateway/reasons.ts';

let kept: CallRecord[];
let refusals: Refusals;
let count: number;

beforeEach(() => {
  vi.useFakeTimers();
  kept = [];
  count = 0;
  const clock = { nowMs: () => Date.parse('2026-11-26T12:01:00Z'), monotonicMs: () => 0 };
  refusals = new Refusals({
    keep: (record) => kept.push(record),
    clock,
    singly: { perSource: 3, inAll: 10 },
  });
});
afterEach(() => void vi.useRealTimers());

function refuse(source: string, endReason: EndReason = 'no-route'): void {
  count += 1;
  const now = '2026-11-26T12:00:00.000Z';
  const record: CallRecord = {
    ...{ id: `call ${count}`, tenant: 'default', direction: 'inbound', protocol: 'sip', from: '1', to: '2' },
    ...{ routedFrom: '1', routedTo: '2', steps: [] },
    ...{ trunk: null, origin: null, room: null, participant: null, rule: null, attempts: 1, startedAt: now },
    ...{ answeredAt: null, endedAt: now, endReason, trace: null, noVideo: null, media: null },
  };
  refusals.add(record, source);
}

it('keeps each call of a quiet minute', () => {
  refuse('192.0.2.1');
  refuse('192.0.2.1', 'bad-request');
  refuse('192.0.2.2');
  vi.advanceTimersByTime(60_000);
  expect(kept.map(({ id, attempts }) => [id, attempts])).toEqual([
    ['call 1', 1],
    ['call 2', 1],
    ['call 3', 1],
  ]);
});

it('makes one record a reason of a flood, with how many and from where', () => {
  for (let i = 0; i < 1000; i++) refuse('192.0.2.1');
  refuse('192.0.2.2');
  expect(kept).toHaveLength(4);
  vi.advanceTimersByTime(60_000);
  expect(kept).toHaveLength(5);
  expect(kept[4]).toMatchObject({
    endReason: 'no-route',
    attempts: 997,
    from: '',
    endedAt: '2026-11-26T12:01:00.000Z',
    trace: { refused: { attempts: 997, sources: { '192.0.2.1': 997 } } },
  });
  // A new minute begins with the next one.
  refuse('192.0.2.1');
  expect(kept).toHaveLength(6);
});

it('a flood of made-up addresses costs no more', () => {
  for (let i = 0; i < 10_000; i++) refuse(`2001:db8::${i.toString(16)}`);
  refusals.flush();
  expect(kept).toHaveLength(11);
  const { sources } = (kept[10].trace as { refused: { sources: object } }).refused;
  expect(Object.keys(sources)).toHaveLength(20);
  expect(kept.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(10_000);
});
