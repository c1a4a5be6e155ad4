import type { Attempt, Delivery, DeliveryState } from './shapes.ts';

export const stateNames: Readonly<Record<DeliveryState, string>> = {
  waiting: 'waiting',
  delivered: 'delivered',
  'given-up': 'given up',
};

/** What the receiver answered, or why it did not. */
export function attemptInWords({ status, error, ms }: Attempt): string {
  const took = ms >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms)} ms`;
  const answer = status === null ? `no answer after ${took}` : `answered ${status} after ${took}`;
  // Mostly it says no more than the status does.
  return error === null || error === `answered ${status}` ? answer : `${answer}: ${error}`;
}

/** How the last attempt went. */
export function lastWords({ attempts, state }: Delivery): string {
  const last = attempts.at(-1);
  if (last === undefined) return state === 'waiting' ? 'not sent yet' : 'never sent';
  return attemptInWords(last);
}
