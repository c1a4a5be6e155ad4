import { LegError } from './errors.ts';
import type { EndReason } from './reasons.ts';

/**
 * What the work gives, or a `LegError` with this reason when it takes longer: no caller waits for a part that
 * hangs. The work goes on, and what it gives too late is its owner's to free.
 */
export async function inTime<T>(ms: number, reason: EndReason, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new LegError(reason, new Error(`not done within ${ms} ms`))), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
