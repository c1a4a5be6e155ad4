import type { EventEmitter } from 'node:events';

/** The end of a socket or server. Unlike `once`, an error on the way there does not reject. */
export function closeOf(emitter: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    emitter.once('close', () => resolve());
  });
}
