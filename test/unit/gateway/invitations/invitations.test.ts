import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { invitationCalendar } from '../../../../gateway/invitations/calendar.ts';
import type { InvitationFacts } from '../../../../gateway/invitations/facts.ts';
import { invitationHtml } from '../../../../gateway/invitations/html.ts';
import { invitationText } from '../../../../gateway/invitations/text.ts';
import type { Schedule } from '../../../../gateway/ports.ts';
import { occurrences } from '../../../../gateway/rooms/schedule.ts';
import { anInvitation } from '../../../support/invitation.ts';

const withSchedule = (schedule: Schedule | null): InvitationFacts => {
  const facts = anInvitation();
  return { ...facts, meeting: { ...facts.meeting, schedule } };
};

function calendarOf(facts: InvitationFacts): string {
  const { schedule } = facts.meeting;
  if (schedule === null) throw new Error('it has no time');
  return invitationCalendar(facts, schedule);
}

describe('an invitation in plain text', () => {
  it('says when, which numbers by country, the PIN, and the other ways in', () => {
    expect(invitationText(anInvitation())).toBe(
      [
        'Jour fixe, “Vertrieb”; <b>wöchentlich</b>',
        'ACME & Söhne GmbH invites you to a meeting.',
        '',
        'When: Monday, 19 October 2026, 10:00–11:00 (Europe/Berlin), every week',
        '',
        'In a browser: https://gateway.example/join/vertrieb',
        'By phone:',
        '  1000',
        '  +49 30 901820 (Germany)',
        '  +44 20 7946 0018 (United Kingdom, London)',
        '  then PIN 482153 and the # key',
        'Room system (SIP): sip:1000@gateway.example',
        'Meeting number: 7654321',
        '',
        'You hear music until the host is there.',
        '',
      ].join('\n'),
    );
  });

  it('speaks German, and has the host’s PIN for hosts only', () => {
    const german = invitationText(anInvitation({ language: 'de', role: 'host' }));
    expect(german).toContain('Montag, 19. Oktober 2026, 10:00–11:00 (Europe/Berlin), jede Woche');
    expect(german).toContain('+44 20 7946 0018 (Vereinigtes Königreich, London)');
    expect(german).toContain('dann PIN 48215377 und die Raute-Taste #');
    expect(german).toContain('Geben Sie sie nicht weiter');
    for (const language of ['en', 'de'] as const)
      for (const write of [invitationText, invitationHtml, calendarOf])
        expect(write(anInvitation({ language }))).not.toContain('48215377');
  });

  it('names no telephone where guests need no PIN: there would be none to type', () => {
    const facts = anInvitation({ sipUri: 'sip:7654321@gateway.example' });
    const open = { ...facts, meeting: { ...facts.meeting, pins: { host: '48215377', guest: null } } };
    const text = invitationText(open);
    expect(text).not.toContain('PIN');
    expect(text).not.toContain('+49');
    expect(text).toContain('sip:7654321@gateway.example');
  });
});

describe('an invitation in HTML', () => {
  const html = invitationHtml(anInvitation());

  it('lets nothing of a meeting become markup', () => {
    expect(html).toContain('&lt;b&gt;wöchentlich&lt;/b&gt;');
    expect(html).toContain('ACME &amp; Söhne GmbH');
    expect(html).not.toContain('<b>');
  });

  it('is laid out for Outlook and Gmail: tables and styles in place, nothing from elsewhere', () => {
    expect(html).toContain('<table role="presentation"');
    expect(html).not.toMatch(/<style|<script|<link|<img|class=|url\(/);
  });

  it('has numbers that a telephone dials with the PIN', () => {
    expect(html).toContain('href="tel:+4930901820,,482153%23"');
  });
});

describe('a calendar entry', () => {
  const lines = (text: string) => text.replaceAll('\r\n ', '').split('\r\n');

  it('has what calendars need, in lines that they can read', () => {
    const text = calendarOf(anInvitation());
    expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true);
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    const all = lines(text);
    expect(all).toContain('UID:6f0e@interop-gateway');
    expect(all).toContain('SEQUENCE:2');
    expect(all).toContain('DTSTART;TZID=Europe/Berlin:20261019T100000');
    expect(all).toContain('DTEND;TZID=Europe/Berlin:20261019T110000');
    // A day is meant with all its hours, in UTC as RFC 5545 §3.3.10 wants it: on 2 November Berlin has winter time.
    expect(all.find((line) => line.startsWith('RRULE:FREQ=WEEKLY'))).toContain('UNTIL=20261102T225959Z');
    expect(all).toContain('RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU');
    const conferences = all.filter((line) => line.startsWith('CONFERENCE'));
    expect(conferences).toHaveLength(5);
    expect(conferences[2]).toMatch(
      /^CONFERENCE;FEATURE=AUDIO,PHONE;LABEL=.*;VALUE=URI:tel:\+4930901820,,482153%23$/,
    );
  });

  it.each([
    ['Europe/Berlin', 'FREQ=WEEKLY;BYDAY=MO'],
    ['America/New_York', 'FREQ=MONTHLY;BYDAY=1MO'],
    ['Asia/Kolkata', 'FREQ=DAILY;INTERVAL=3'],
    ['Australia/Lord_Howe', 'FREQ=WEEKLY;BYDAY=MO'],
    // Its clocks change by the moon: no rule, but dates.
    ['Africa/Casablanca', 'FREQ=WEEKLY;BYDAY=MO'],
    ['UTC', 'FREQ=WEEKLY;BYDAY=MO'],
  ])('in %s has the times that the gateway lets people in', (zone, recurrence) => {
    const schedule = { startsAt: '2026-02-02T10:00', endsAt: '2026-02-02T11:00', zone, recurrence };
    const calendar = new ICAL.Component(ICAL.parse(calendarOf(withSchedule(schedule))) as unknown[]);
    const zoneComponent = calendar.getFirstSubcomponent('vtimezone');
    if (zoneComponent) ICAL.TimezoneService.register(new ICAL.Timezone(zoneComponent));
    const event = new ICAL.Event(calendar.getFirstSubcomponent('vevent') ?? undefined);
    const times = event.iterator();
    const seen = Array.from({ length: 60 }, () => times.next().toUnixTime() * 1000);
    ICAL.TimezoneService.reset();
    expect(seen).toEqual(occurrences(schedule, 0, 60).map(({ startMs }) => startMs));
  });
});
