import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watchdog } from '../../../../mcu/control/watchdog.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watch(answer: () => boolean) {
  const seen = { asked: 0, hung: 0 };
  const watchdog: Watchdog = new Watchdog({
    answerMs: 3000,
    ask: () => {
      seen.asked++;
      if (seen.asked > 1 && answer()) watchdog.heard();
    },
    onHung: () => seen.hung++,
  });
  return { watchdog, seen };
}

test('who answers is left in peace, however long', () => {
  const { seen } = watch(() => true);
  vi.advanceTimersByTime(3_600_000);
  expect(seen).toEqual({ asked: 7201, hung: 0 });
});

test('who stops answering is noticed after the deadline, within a sixth more, once', () => {
  let alive = true;
  const { seen } = watch(() => alive);
  vi.advanceTimersByTime(10_000);
  alive = false;
  vi.advanceTimersByTime(2999);
  expect(seen.hung).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(seen.hung).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(seen.hung).toBe(1);
});

test('one late answer starts the count again', () => {
  let asks = 0;
  const { seen } = watch(() => ++asks % 6 === 0);
  vi.advanceTimersByTime(600_000);
  expect(seen.hung).toBe(0);
});

test('nothing is asked after the end', () => {
  const { watchdog, seen } = watch(() => false);
  watchdog.stop();
  vi.advanceTimersByTime(60_000);
  expect(seen).toEqual({ asked: 1, hung: 0 });
});
