import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { Schedule } from '../ports.ts';

/** What is wrong with a schedule, in words. */
export interface ScheduleProblem {
  readonly field: keyof Schedule;
  readonly message: string;
  readonly remedy: string;
}

export interface Occurrence {
  readonly startMs: number;
  readonly endMs: number;
}

/** How long before its start and after its end a meeting is open. */
export interface Margins {
  readonly earlyMinutes: number;
  readonly lateMinutes: number;
}

const minuteMs = 60_000;
const longestMs = 7 * 24 * 60 * minuteMs;
/** A rule that gives no date within so many periods, such as one for 30 February, gives none. */
const maxPeriods = 2000;

/** Null: it can be kept, and all functions below take it. */
export function scheduleProblem(schedule: Schedule): ScheduleProblem | null {
  const { zone, recurrence } = schedule;
  if (!isZone(zone)) return problem('zone', `“${zone}” is no time zone`, 'Write its name: Europe/Berlin.');
  for (const field of ['startsAt', 'endsAt'] as const) {
    if (!isDateTime(schedule[field]))
      return problem(field, `“${schedule[field]}” is no date and time`, 'Write 2026-11-30T10:00.');
    const real = realTime(schedule[field], zone);
    if (real !== schedule[field])
      return problem(field, 'The clocks skip this time on that day', `Write ${real}, which it would be.`);
  }
  const { startMs, endMs } = firstOf(schedule);
  if (endMs <= startMs) return problem('endsAt', 'It ends before it starts', 'Set endsAt after startsAt.');
  if (endMs - startMs > longestMs)
    return problem(
      'endsAt',
      'It takes longer than seven days',
      'Leave the times out: it is then always open.',
    );
  return recurrence === null ? null : recurrenceProblem(schedule, recurrence);
}

/** Those that end after `fromMs`, in order; `count` at most. */
export function occurrences(schedule: Schedule, fromMs: number, count: number): Occurrence[] {
  const first = firstOf(schedule);
  if (schedule.recurrence === null) return first.endMs > fromMs ? [first].slice(0, count) : [];
  const durationMs = first.endMs - first.startMs;
  const rule = ruleOf(schedule, schedule.recurrence);
  const found: Occurrence[] = [];
  let after = fromMs - durationMs;
  while (found.length < count) {
    const startMs = rule.next(new Date(after), false)?.epochMilliseconds;
    if (startMs === undefined) break;
    found.push({ startMs, endMs: startMs + durationMs });
    after = startMs;
  }
  return found;
}

/** Whether people may come in now. */
export function timeOf(schedule: Schedule, nowMs: number, margins: Margins): 'open' | 'not-yet' | 'over' {
  const lateMs = margins.lateMinutes * minuteMs;
  const earlyMs = margins.earlyMinutes * minuteMs;
  // One that is open, or else the next: none ends later and starts earlier.
  const next = occurrences(schedule, nowMs - lateMs, 1).at(0);
  if (next === undefined) return 'over';
  return next.startMs - earlyMs <= nowMs ? 'open' : 'not-yet';
}

/** A time that the clocks skip is as far behind as they jump (RFC 5545 §3.3.5). */
function realTime(text: string, zone: string): string {
  const zoned = Temporal.PlainDateTime.from(text).toZonedDateTime(zone);
  return zoned.toPlainDateTime().toString({ smallestUnit: 'minute' });
}

function firstOf({ startsAt, endsAt, zone }: Schedule): Occurrence {
  const at = (text: string): number =>
    Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
  return { startMs: at(startsAt), endMs: at(endsAt) };
}

function ruleOf({ startsAt, zone }: Schedule, recurrence: string) {
  return new RRuleTemporal({
    rruleString: `RRULE:${recurrence}`,
    dtstart: Temporal.PlainDateTime.from(startsAt).toZonedDateTime(zone),
    temporal: Temporal,
    maxIterations: maxPeriods,
    strict: true,
  });
}

const positions = /^[+-]?\d{1,3}(,[+-]?\d{1,3})*$/;

/** RFC 5545 §3.3.10, without what happens several times a day. */
const parts: Readonly<Record<string, RegExp>> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^[1-9]\d{0,2}$/,
  COUNT: /^([1-9]\d{0,2}|1000)$/,
  UNTIL: /^\d{8}(T\d{6}Z)?$/,
  BYDAY: /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU))*$/,
  BYMONTHDAY: positions,
  BYYEARDAY: positions,
  BYWEEKNO: positions,
  BYMONTH: /^\d{1,2}(,\d{1,2})*$/,
  BYSETPOS: positions,
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
};

const longestRule = 300;
const ruleRemedy = 'Write an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T235959Z.';

function recurrenceProblem(schedule: Schedule, recurrence: string): ScheduleProblem | null {
  const bad = (message: string, remedy = ruleRemedy) => problem('recurrence', message, remedy);
  if (recurrence.length > longestRule) return bad(`The rule has more than ${longestRule} characters`);
  const seen = new Set<string>();
  for (const part of recurrence.split(';')) {
    const [name, value = ''] = part.split('=', 2);
    if (!Object.hasOwn(parts, name)) return bad(`“${name}” is no part of a rule that is taken here`);
    if (!parts[name].test(value)) return bad(`${name} can’t be “${value}”`);
    if (seen.has(name)) return bad(`${name} stands twice`);
    seen.add(name);
  }
  if (!seen.has('FREQ')) return bad('FREQ is missing');
  if (seen.has('COUNT') && seen.has('UNTIL')) return bad('COUNT and UNTIL exclude each other');
  const { startMs } = firstOf(schedule);
  try {
    const first = ruleOf(schedule, recurrence).next(new Date(startMs), true);
    if (first === null) return bad('The rule gives no date');
    if (first.epochMilliseconds === startMs) return null;
    const date = first.toPlainDateTime().toString({ smallestUnit: 'minute' });
    return problem('startsAt', 'The first time is none of the rule’s', `Set startsAt to ${date}.`);
  } catch {
    return bad('The rule gives no date');
  }
}

function problem(field: keyof Schedule, message: string, remedy: string): ScheduleProblem {
  return { field, message: `${message}.`, remedy };
}

function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    // Temporal takes offsets as well, which no calendar knows as a zone.
    return /^[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
}

function isDateTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text)) return false;
  try {
    Temporal.PlainDateTime.from(text, { overflow: 'reject' });
    return true;
  } catch {
    return false;
  }
}
