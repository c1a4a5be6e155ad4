/** All that others can be told of. */
export const eventTypes = [
  'call.started',
  'call.answered',
  'call.ended',
  'call.refused',
  'participant.joined',
  'participant.left',
  'meeting.created',
  'meeting.changed',
  'meeting.removed',
  'pin.blocked',
  'plan.published',
  'plan.refused',
  'plan.rolled-back',
  'plan.taken-over',
  'plan.removed',
  'plan.canary-started',
  'plan.canary-promoted',
  'plan.canary-ended',
  'plan.canary-taken-back',
  'webhook.test',
] as const;

export type EventType = (typeof eventTypes)[number];
