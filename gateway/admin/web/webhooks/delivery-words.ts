import type { Attempt, Delivery, DeliveryState } from './shapes.ts';

export const stateNames: Readonly<Record<DeliveryState, string>> = {
  waiting: 'waiting',
  delivered: 'delivered',
  'given-up': 'given up',
};

/** What the receiver answered, or why it did not. */
export function attemptInWords({ status, error, ms }: Attempt): string {
  const took = ms >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms)} ms`;
  if (error === null) return `answered ${status ?? 'nothing'} after ${took}`;
  return status === null ? `no answer after ${took}: ${error}` : `answered ${status} after ${took}: ${error}`;
}

/** How the last attempt went. */
export function lastWords({ attempts, state }: Delivery): string {
  const last = attempts.at(-1);
  if (last === undefined) return state === 'waiting' ? 'not sent yet' : 'never sent';
  return attemptInWords(last);
}
