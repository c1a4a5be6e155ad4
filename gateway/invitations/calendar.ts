import { Temporal } from 'temporal-polyfill';
import type { Schedule } from '../ports.ts';
import { shownNumbers, titleOf } from './facts.ts';
import type { InvitationFacts } from './facts.ts';
import { invitationHtml } from './html.ts';
import { ICAL, writeCalendar } from './icalendar.ts';
import { invitationText } from './text.ts';
import { timeZone } from './time-zone.ts';
import { invitationWords } from './words.ts';

/**
 * A calendar entry (RFC 5545) for whoever shall come: its times in the meeting's zone, dial-in details in plain text
 * and HTML, and as CONFERENCE (RFC 7986 §5.11) for calendars that make a button of them.
 */
export function invitationCalendar(facts: InvitationFacts, schedule: Schedule): string {
  const { meeting, webUrl } = facts;
  const calendar = new ICAL.Component('vcalendar');
  calendar.addPropertyWithValue('version', '2.0');
  calendar.addPropertyWithValue('prodid', '-//interop-gateway//meetings//EN');
  calendar.addPropertyWithValue('calscale', 'GREGORIAN');
  calendar.addPropertyWithValue('method', 'PUBLISH');
  const isUtc = schedule.zone === 'UTC';
  if (!isUtc) calendar.addSubcomponent(timeZone(schedule.zone, Number(schedule.startsAt.slice(0, 4))));

  const event = new ICAL.Component('vevent');
  event.addPropertyWithValue('uid', `${meeting.id}@interop-gateway`);
  // RFC 5546 §2.1.4: a later one takes the place of the earlier.
  event.addPropertyWithValue('sequence', meeting.version - 1);
  event.addPropertyWithValue('dtstamp', utc(meeting.changedAt));
  event.addPropertyWithValue('created', utc(meeting.createdAt));
  event.addPropertyWithValue('last-modified', utc(meeting.changedAt));
  for (const [name, time] of [
    ['dtstart', schedule.startsAt],
    ['dtend', schedule.endsAt],
  ] as const) {
    const property = event.addPropertyWithValue(
      name,
      ICAL.Time.fromDateTimeString(`${time}:00${isUtc ? 'Z' : ''}`),
    );
    if (!isUtc) property.setParameter('tzid', schedule.zone);
  }
  if (schedule.recurrence !== null)
    event.addPropertyWithValue('rrule', ICAL.Recur.fromString(untilInUtc(schedule, schedule.recurrence)));
  event.addPropertyWithValue('summary', titleOf(meeting));
  event.addPropertyWithValue('description', invitationText(facts));
  const html = event.addPropertyWithValue('x-alt-desc', invitationHtml(facts));
  html.setParameter('fmttype', 'text/html');
  event.addPropertyWithValue('location', webUrl);
  event.addPropertyWithValue('url', webUrl);
  for (const conference of conferences(facts)) event.addProperty(conference);
  event.addPropertyWithValue('transp', 'OPAQUE');
  calendar.addSubcomponent(event);
  return writeCalendar(calendar);
}

function conferences(facts: InvitationFacts): ICAL.Property[] {
  const words = invitationWords[facts.language];
  const conference = (uri: string, feature: string[], label: string): ICAL.Property =>
    new ICAL.Property(['conference', { feature, label: withoutQuotes(label) }, 'uri', uri]);
  return [
    conference(facts.webUrl, ['AUDIO', 'VIDEO', 'SCREEN'], words.inBrowser),
    ...shownNumbers(facts).map(({ href, shown, place }) =>
      conference(href, ['AUDIO', 'PHONE'], place === null ? shown : `${shown} (${place})`),
    ),
    conference(facts.sipUri, ['AUDIO', 'VIDEO'], words.bySip),
  ];
}

/** A parameter's value knows no escape for them (RFC 5545 §3.1). */
function withoutQuotes(label: string): string {
  return label.replaceAll('"', '’');
}

function utc(iso: string): ICAL.Time {
  return ICAL.Time.fromDateTimeString(`${iso.slice(0, 19)}Z`);
}

/** RFC 5545 §3.3.10: with a zone UNTIL has to be in UTC. A day is meant with all its hours. */
function untilInUtc({ zone }: Schedule, rule: string): string {
  return rule.replace(
    /UNTIL=(\d{4})(\d\d)(\d\d)(?=;|$)/,
    (_all, year: string, month: string, day: string) => {
      const end = Temporal.PlainDateTime.from(`${year}-${month}-${day}T23:59:59`).toZonedDateTime(zone);
      const text = end.withTimeZone('UTC').toPlainDateTime().toString({ smallestUnit: 'second' });
      return `UNTIL=${text.replaceAll(/[-:]/g, '')}Z`;
    },
  );
}
