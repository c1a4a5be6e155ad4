import { maskNumber } from '../observe/mask.ts';
import type { GatewayEvent } from '../ports.ts';

/** What may be somebody's number, or have it inside. */
const personal = new Set(['from', 'to', 'identity', 'source']);

/** The body of a delivery, as in Standard Webhooks: type, time, data. Numbers are masked unless they are wanted. */
export function payloadOf({ type, at, tenant, data }: GatewayEvent, fullNumbers: boolean): string {
  const shown = Object.entries(data).map(([name, value]: [string, unknown]) => [
    name,
    !fullNumbers && personal.has(name) && typeof value === 'string' ? maskNumber(value) : value,
  ]);
  return JSON.stringify({ type, timestamp: at, tenant, data: Object.fromEntries(shown) as object });
}
