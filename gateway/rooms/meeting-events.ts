import type { EventType } from '../event-types.ts';
import { newEvent } from '../events.ts';
import type { GatewayEvent, Meeting } from '../ports.ts';

type MeetingEvent = Extract<EventType, `meeting.${string}`>;

/** Neither PINs nor the way to them is told. */
export function meetingEvent(
  type: MeetingEvent,
  { id: meeting, tenant, number, title, room, version }: Meeting,
  atMs: number,
): GatewayEvent {
  return newEvent(type, tenant, atMs, { meeting, number, title, room, version });
}
