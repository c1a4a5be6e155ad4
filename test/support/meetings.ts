import type { Destination } from '../../gateway/calls/types.ts';
import type { Meeting } from '../../gateway/ports.ts';

/** A meeting that anybody with a PIN may join at any time. */
export function aMeeting(more: Partial<Meeting> = {}): Meeting {
  return {
    id: 'm1',
    tenant: 'default',
    number: '7654321',
    title: '',
    room: 'weekly',
    pins: { host: '11112222', guest: '333444' },
    waitForHost: false,
    locked: false,
    schedule: null,
    maxParticipants: null,
    maxMinutes: null,
    language: null,
    brand: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    changedAt: '2026-01-01T00:00:00.000Z',
    version: 1,
    ...more,
  };
}

/** Of a guest, without limits. */
export function aDestination(more: Partial<Destination> = {}): Destination {
  return {
    room: 'weekly',
    role: 'guest',
    waitForHost: false,
    maxParticipants: null,
    maxMinutes: null,
    ...more,
  };
}
