import type { InvitationFacts } from '../../gateway/invitations/facts.ts';
import { aMeeting } from './meetings.ts';

/** Of a weekly meeting in Berlin, with everything that an invitation can have. */
export function anInvitation(more: Partial<InvitationFacts> = {}): InvitationFacts {
  return {
    meeting: aMeeting({
      id: '6f0e',
      title: 'Jour fixe, “Vertrieb”; <b>wöchentlich</b>',
      room: 'vertrieb',
      pins: { host: '48215377', guest: '482153' },
      waitForHost: true,
      schedule: {
        startsAt: '2026-10-19T10:00',
        endsAt: '2026-10-19T11:00',
        zone: 'Europe/Berlin',
        recurrence: 'FREQ=WEEKLY;BYDAY=MO;UNTIL=20261102',
      },
      version: 3,
    }),
    role: 'guest',
    language: 'en',
    host: 'ACME & Söhne GmbH',
    numbers: [
      { number: '+442079460018', country: 'GB', label: 'London' },
      { number: '+4930901820', country: 'DE', label: null },
      { number: '1000', country: null, label: null },
    ],
    sipUri: 'sip:1000@gateway.example',
    webUrl: 'https://gateway.example/join/vertrieb',
    ...more,
  };
}
