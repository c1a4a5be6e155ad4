import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SilenceWatch } from '../../../../gateway/calls/silence.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A device whose answers to OPTIONS the test gives; `gone` counts how often it was given up. */
function watch() {
  const asked: ((alive: boolean) => void)[] = [];
  const seen = { gone: 0 };
  const leg = { isAlive: () => new Promise<boolean>((resolve) => asked.push(resolve)) };
  const silence = new SilenceWatch(leg, 30_000, () => seen.gone++);
  const answer = async (alive: boolean) => {
    asked.at(-1)?.(alive);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { silence, asked, seen, answer };
}

test('a silent device is asked again and again, and given up when it answers nothing', async () => {
  const { silence, asked, seen, answer } = watch();
  silence.begin();
  silence.begin();
  await answer(true);
  await vi.advanceTimersByTimeAsync(30_000);
  expect([asked.length, seen.gone]).toEqual([2, 0]);
  await answer(false);
  expect(seen.gone).toBe(1);
});

test('a device that is heard again, by RTP or RTCP, is asked no more', async () => {
  const { silence, asked, seen, answer } = watch();
  silence.begin();
  await answer(true);
  silence.end();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect([asked.length, seen.gone]).toEqual([1, 0]);
  silence.begin();
  expect(asked).toHaveLength(2);
});

test('a question that was under way when the device was heard again ends no call', async () => {
  const { silence, asked, seen, answer } = watch();
  silence.begin();
  silence.end();
  await answer(false);
  expect(seen.gone).toBe(0);
  silence.begin();
  silence.close();
  await answer(false);
  expect([asked.length, seen.gone]).toEqual([2, 0]);
});
