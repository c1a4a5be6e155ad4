import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pacer } from '../../../../mcu/engines/embedded/pacer.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('50 ticks a second, also when each timer is late', () => {
  let lateMs = 0;
  let ticks = 0;
  const pacer = new Pacer(
    () => ticks++,
    () => performance.now() + lateMs,
  );
  pacer.start();
  for (let i = 0; i < 50; i++) {
    lateMs = (i * 7) % 15;
    vi.advanceTimersByTime(20);
  }
  expect(ticks).toBeGreaterThanOrEqual(49);
  expect(ticks).toBeLessThanOrEqual(51);
  pacer.stop();
  vi.advanceTimersByTime(1000);
  expect(vi.getTimerCount()).toBe(0);
});

test('a stall is made up for by three ticks at most', () => {
  let stallMs = 0;
  let ticks = 0;
  const pacer = new Pacer(
    () => ticks++,
    () => performance.now() + stallMs,
  );
  pacer.start();
  vi.advanceTimersByTime(100);
  expect(ticks).toBe(5);
  stallMs = 1000;
  vi.advanceTimersByTime(20);
  expect(ticks).toBe(8);
  expect(pacer.skipped).toBe(48);
  vi.advanceTimersByTime(20);
  expect(ticks).toBe(9);
  pacer.stop();
});
