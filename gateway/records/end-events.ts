import { createHash } from 'node:crypto';
import { callEventData, isRefused, newEvent } from '../events.ts';
import type { CallRecord, GatewayEvent } from '../ports.ts';
import { reasonText } from '../reasons.ts';

/** What is told of a call that is over; however often its record is written, the event is the same one. */
export function endEvents(record: CallRecord): GatewayEvent[] {
  const { id, tenant, direction, attempts, endedAt, endReason } = record;
  // The other side of a bridge, whose caller's call is told; and many that were refused in a flood.
  if (direction === 'outbound' || attempts > 1) return [];
  const data = { ...callEventData(record), endedAt, endReason, endText: reasonText[endReason] };
  const type = isRefused(record) ? 'call.refused' : 'call.ended';
  // Another end of the same call, after it was taken for lost, is another event.
  const same = createHash('sha256').update(`${id} ${type} ${endReason}`).digest('hex').slice(0, 32);
  return [newEvent(type, tenant, Date.parse(endedAt), data, same)];
}
