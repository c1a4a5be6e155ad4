import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { withDeadline } from '../../../mcu/deadline.ts';

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

test('time is up also after the memory was collected', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const timer = setInterval(collect, 10);
  try {
    const never = new AbortController().signal;
    await expect(withDeadline(100, [never], aborted)).rejects.toMatchObject({ name: 'TimeoutError' });
  } finally {
    clearInterval(timer);
  }
});

test('another signal comes first, and work that is done in time gives its result', async () => {
  const cancel = new AbortController();
  const work = withDeadline(60_000, [cancel.signal], aborted);
  cancel.abort(new Error('hung up'));
  await expect(work).rejects.toThrow('hung up');
  expect(await withDeadline(60_000, [], () => Promise.resolve(7))).toBe(7);
});
