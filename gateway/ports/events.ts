/** What happens in the gateway, for whoever wants to be told. */
import type { EventType } from '../event-types.ts';
import type { Role } from './meetings.ts';

/** A call, without what only its record has. */
export interface CallEventData {
  readonly call: string;
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: string;
  /** Numbers or names; `Events` masks them where they leave the house. */
  readonly from: string;
  readonly to: string;
  readonly trunk: string | null;
  readonly rule: string | null;
  readonly room: string | null;
  readonly startedAt: string;
  readonly answeredAt: string | null;
}

export interface EndedCallEventData extends CallEventData {
  readonly endedAt: string;
  readonly endReason: string;
  /** The reason, for people. */
  readonly endText: string;
}

export interface ParticipantEventData {
  readonly call: string;
  readonly room: string;
  /** As in LiveKit; it may have the number in it. */
  readonly identity: string;
  readonly role: Role | null;
  readonly from: string;
}

/** Neither PINs nor the way to them. */
export interface MeetingEventData {
  readonly meeting: string;
  readonly number: string;
  readonly title: string;
  readonly room: string;
  readonly version: number;
}

export interface PlanEventData {
  /** Its name, or its file's. */
  readonly plan: string;
  /** `v7`; null: a file's. */
  readonly version: string | null;
  /** Whether calls go by this version; else it is a draft, has mistakes, or is over. */
  readonly enabled: boolean;
  /** Who did it; null: the gateway itself. */
  readonly by: string | null;
  readonly note: string | null;
  /** Why, where the gateway did it or refused it. */
  readonly reason: string | null;
}

interface DataOf {
  readonly 'call.started': CallEventData;
  readonly 'call.answered': CallEventData;
  readonly 'call.ended': EndedCallEventData;
  readonly 'call.refused': EndedCallEventData;
  readonly 'participant.joined': ParticipantEventData;
  readonly 'participant.left': ParticipantEventData;
  readonly 'meeting.created': MeetingEventData;
  readonly 'meeting.changed': MeetingEventData;
  readonly 'meeting.removed': MeetingEventData;
  readonly 'pin.blocked': { readonly source: string; readonly misses: number; readonly until: string };
  readonly 'plan.published': PlanEventData;
  readonly 'plan.refused': PlanEventData;
  readonly 'plan.rolled-back': PlanEventData;
  readonly 'plan.taken-over': PlanEventData;
  readonly 'plan.removed': PlanEventData;
  readonly 'plan.canary-started': PlanEventData;
  readonly 'plan.canary-promoted': PlanEventData;
  readonly 'plan.canary-ended': PlanEventData;
  readonly 'plan.canary-taken-back': PlanEventData;
  readonly 'webhook.test': { readonly text: string };
}

export type EventData<T extends EventType> = DataOf[T];

export interface GatewayEvent<T extends EventType = EventType> {
  readonly id: string;
  readonly type: T;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly tenant: string;
  readonly data: EventData<T>;
}

export interface Events {
  /** Never throws, never waits. */
  emit<T extends EventType>(type: T, tenant: string, data: EventData<T>): void;
}
