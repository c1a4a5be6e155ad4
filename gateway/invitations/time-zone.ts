import { Temporal } from 'temporal-polyfill';
import { ICAL } from './icalendar.ts';

/** When a zone's clocks change. */
interface Change {
  /** What the clocks show as they change, before it (RFC 5545 §3.6.5). */
  readonly local: Temporal.PlainDateTime;
  readonly from: number;
  readonly to: number;
}

/** Years that are looked at for a rule, and that are written out where there is none. */
const ruleYears = 6;
const writtenYears = 20;

/** A VTIMEZONE (RFC 5545 §3.6.5) that holds from the year before `year` on. */
export function timeZone(zone: string, year: number): ICAL.Component {
  const component = new ICAL.Component('vtimezone');
  component.addPropertyWithValue('tzid', zone);
  const start = Temporal.ZonedDateTime.from(`${year - 1}-01-01T00:00[${zone}]`);
  const changes = changesOf(start, year - 1 + ruleYears);
  const groups = [changes.filter(isForward), changes.filter((one) => !isForward(one))];
  const rules = groups.map(yearlyRule);
  if (changes.length === 0) component.addSubcomponent(observance(fixed(start), null));
  else if (rules.every((rule) => rule !== null))
    groups.forEach((group, i) => component.addSubcomponent(observance(group[0], rules[i])));
  else
    for (const change of [fixed(start), ...changesOf(start, year - 1 + writtenYears)])
      component.addSubcomponent(observance(change, null));
  return component;
}

function fixed(start: Temporal.ZonedDateTime): Change {
  const offset = start.offsetNanoseconds;
  return { local: start.toPlainDateTime(), from: offset, to: offset };
}

function changesOf(start: Temporal.ZonedDateTime, untilYear: number): Change[] {
  const changes: Change[] = [];
  for (let at = start.getTimeZoneTransition('next'); at; at = at.getTimeZoneTransition('next')) {
    if (at.year >= untilYear) break;
    const before = at.subtract({ nanoseconds: 1 });
    const local = before.toPlainDateTime().add({ nanoseconds: 1 });
    changes.push({ local, from: before.offsetNanoseconds, to: at.offsetNanoseconds });
  }
  return changes;
}

const isForward = ({ from, to }: Change): boolean => to > from;

const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** `FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU`, if the changes of all years follow it; else null. */
function yearlyRule(changes: readonly Change[]): string | null {
  if (changes.length < ruleYears) return null;
  const [{ local, from, to }] = changes;
  const alike = changes.every(
    (one) =>
      one.local.month === local.month &&
      one.local.dayOfWeek === local.dayOfWeek &&
      one.local.toPlainTime().equals(local.toPlainTime()) &&
      one.from === from &&
      one.to === to,
  );
  if (!alike) return null;
  const days = changes.map((one) => one.local);
  const isLast = days.every(({ day, daysInMonth }) => day > daysInMonth - 7);
  const week = Math.ceil(local.day / 7);
  if (!isLast && !days.every(({ day }) => Math.ceil(day / 7) === week)) return null;
  const weekday = weekdays[local.dayOfWeek - 1];
  return `FREQ=YEARLY;BYMONTH=${local.month};BYDAY=${isLast ? -1 : week}${weekday}`;
}

function observance(change: Change, rule: string | null): ICAL.Component {
  const component = new ICAL.Component(isForward(change) ? 'daylight' : 'standard');
  component.addPropertyWithValue(
    'dtstart',
    ICAL.Time.fromDateTimeString(change.local.toString({ smallestUnit: 'second' })),
  );
  component.addPropertyWithValue('tzoffsetfrom', ICAL.UtcOffset.fromSeconds(change.from / 1e9));
  component.addPropertyWithValue('tzoffsetto', ICAL.UtcOffset.fromSeconds(change.to / 1e9));
  if (rule !== null) component.addPropertyWithValue('rrule', ICAL.Recur.fromString(rule));
  return component;
}
