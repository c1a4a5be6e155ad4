import { callEventData } from '../events.ts';
import type { CallEventData, Events, ParticipantEventData, Role } from '../ports.ts';
import { recordOf } from './report.ts';
import type { CallSnapshot } from './report.ts';

/** Tells what happens to one call, each thing once. */
export class CallEvents {
  readonly #events: Events;
  /** Who is in a room now. */
  #inside: { readonly tenant: string; readonly who: ParticipantEventData } | null = null;

  constructor(events: Events) {
    this.#events = events;
  }

  answered(call: CallSnapshot): void {
    const { tenant, data } = factsOf(call);
    this.#events.emit('call.answered', tenant, data);
  }

  joined(call: CallSnapshot, role: Role): void {
    const { tenant, data } = factsOf(call);
    const who = {
      call: data.call,
      room: call.room ?? '',
      identity: call.participant ?? '',
      role,
      from: data.from,
    };
    this.#inside = { tenant, who };
    this.#events.emit('participant.joined', tenant, who);
  }

  left(): void {
    if (this.#inside !== null) this.#events.emit('participant.left', this.#inside.tenant, this.#inside.who);
    this.#inside = null;
  }
}

export function tellStarted(events: Events, call: CallSnapshot): void {
  const { tenant, data } = factsOf(call);
  events.emit('call.started', tenant, data);
}

function factsOf(call: CallSnapshot): { tenant: string; data: CallEventData } {
  const record = recordOf(call, 'caller-hung-up', '');
  return { tenant: record.tenant, data: callEventData(record) };
}
