import { randomUUID } from 'node:crypto';
import type { EventType } from './event-types.ts';
import type { CallEventData, CallRecord, EventData, GatewayEvent } from './ports.ts';
import type { EndReason } from './reasons.ts';

/** @param id the same for what is told again; a new one when left out */
export function newEvent<T extends EventType>(
  type: T,
  tenant: string,
  atMs: number,
  data: EventData<T>,
  id: string = randomUUID(),
): GatewayEvent<T> {
  return { id: `evt_${id}`, type, at: new Date(atMs).toISOString(), tenant, data };
}

/** Without an answer, and yet not refused. */
const endedByItself: ReadonlySet<EndReason> = new Set(['caller-cancelled', 'transferred', 'gateway-lost']);

/** Whether somebody called and did not get in. */
export function isRefused({ answeredAt, endReason }: Pick<CallRecord, 'answeredAt' | 'endReason'>): boolean {
  return answeredAt === null && !endedByItself.has(endReason);
}

export function callEventData(record: CallRecord): CallEventData {
  const { id, direction, protocol, from, to, trunk, rule, room, startedAt, answeredAt } = record;
  return { call: id, direction, protocol, from, to, trunk, rule, room, startedAt, answeredAt };
}
