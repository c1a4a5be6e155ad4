import type { EventType } from '../../gateway/event-types.ts';
import type { EventData } from '../../gateway/ports.ts';
import { reasonText } from '../../gateway/reasons.ts';

const call = {
  call: '5f0c8d1e-6a3b-4c55-9d0f-0a4c7b1f2e11',
  direction: 'inbound',
  protocol: 'sip',
  from: '+4930123456',
  to: '1000',
  trunk: 'carrier',
  rule: 'meetings',
  room: 'weekly',
  startedAt: '2026-11-30T09:00:00.000Z',
  answeredAt: '2026-11-30T09:00:01.000Z',
} as const;

const ended = {
  ...call,
  endedAt: '2026-11-30T09:30:00.000Z',
  endReason: 'caller-hung-up',
  endText: reasonText['caller-hung-up'],
};

const participant = {
  call: call.call,
  room: 'weekly',
  identity: 'sip_4930123456',
  role: 'guest',
  from: '+4930123456',
} as const;

const meeting = {
  meeting: '0d9a1f5e-2f0d-4a8e-8a55-3c1a6f8f7b20',
  number: '7654321',
  title: 'Jour fixe',
  room: 'weekly',
  version: 1,
};

const plan = { plan: 'acme', version: 'v7', enabled: true, by: 'ann', note: 'spring hours', reason: null };

/** One of each event, as the documentation shows it. */
export const eventExamples: { readonly [T in EventType]: EventData<T> } = {
  'call.started': { ...call, room: null, answeredAt: null },
  'call.answered': { ...call, room: null },
  'call.ended': ended,
  'call.refused': {
    ...ended,
    ...{ room: null, rule: null, answeredAt: null, endedAt: '2026-11-30T09:00:00.000Z' },
    ...{ endReason: 'no-route', endText: reasonText['no-route'] },
  },
  'participant.joined': participant,
  'participant.left': participant,
  'meeting.created': meeting,
  'meeting.changed': { ...meeting, version: 2 },
  'meeting.removed': { ...meeting, version: 2 },
  'pin.blocked': { source: 'number:+4930123456', misses: 15, until: '2026-11-30T10:00:00.000Z' },
  'plan.published': plan,
  'plan.refused': {
    ...plan,
    ...{ plan: 'main.yaml', version: null, enabled: false, by: null, note: null },
    reason: 'main.yaml:12:5: unknown key “acton”',
  },
  'plan.rolled-back': { ...plan, version: 'v8', note: null },
  'plan.taken-over': { ...plan, version: 'v1', enabled: false, note: null },
  'plan.removed': { ...plan, enabled: false, note: null },
  'plan.canary-started': { ...plan, version: 'v8' },
  'plan.canary-promoted': { ...plan, version: 'v8', note: null },
  'plan.canary-ended': { ...plan, version: 'v8', enabled: false, note: null },
  'plan.canary-taken-back': {
    ...plan,
    ...{ version: 'v8', enabled: false, by: null, note: null },
    reason: '6 of its 20 calls failed (30 %, more than 10 %); of the others 2 % did',
  },
  'webhook.test': { text: 'A test, sent by hand.' },
};
