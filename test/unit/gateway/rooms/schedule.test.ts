import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import type { Schedule } from '../../../../gateway/ports.ts';
import { notAdmitted } from '../../../../gateway/rooms/admission.ts';
import { occurrences, scheduleProblem, timeOf } from '../../../../gateway/rooms/schedule.ts';

const margins = { earlyMinutes: 15, lateMinutes: 30 };
const minute = 60_000;

function weekly(more: Partial<Schedule> = {}): Schedule {
  return {
    startsAt: '2026-10-19T10:00',
    endsAt: '2026-10-19T11:00',
    zone: 'Europe/Berlin',
    recurrence: 'FREQ=WEEKLY;BYDAY=MO;COUNT=3',
    ...more,
  };
}

const at = (text: string): number => Date.parse(text);

describe('when a meeting is open', () => {
  it('follows the clocks of its zone over the end of summer time', () => {
    const times = occurrences(weekly(), at('2026-01-01T00:00Z'), 9).map(({ startMs }) =>
      new Date(startMs).toISOString(),
    );
    expect(times).toEqual([
      '2026-10-19T08:00:00.000Z',
      '2026-10-26T09:00:00.000Z',
      '2026-11-02T09:00:00.000Z',
    ]);
  });

  it('goes from some minutes before its start to some after its end', () => {
    const seen = (time: string) => timeOf(weekly(), at(time), margins);
    expect(seen('2026-10-19T07:44Z')).toBe('not-yet');
    expect(seen('2026-10-19T07:45Z')).toBe('open');
    expect(seen('2026-10-19T09:29Z')).toBe('open');
    // Between two of its times.
    expect(seen('2026-10-19T09:30Z')).toBe('not-yet');
    expect(seen('2026-11-02T10:29Z')).toBe('open');
    expect(seen('2026-11-02T10:30Z')).toBe('over');
  });

  it('is told for one without recurrence, and is always for one without a schedule', () => {
    const once = weekly({ recurrence: null });
    expect(timeOf(once, at('2026-10-19T08:30Z'), margins)).toBe('open');
    expect(timeOf(once, at('2026-10-26T09:30Z'), margins)).toBe('over');
    expect(notAdmitted({ locked: false, schedule: null }, 'guest', 0, margins)).toBeNull();
  });

  it('is never for guests of a locked one; its hosts come in', () => {
    const locked = { locked: true, schedule: weekly() };
    const during = at('2026-10-19T08:30Z');
    expect(notAdmitted(locked, 'guest', during, margins)).toBe('meeting-locked');
    expect(notAdmitted(locked, 'host', during, margins)).toBeNull();
    expect(notAdmitted(locked, 'host', at('2026-10-18T08:30Z'), margins)).toBe('meeting-not-yet');
  });
});

describe('a schedule that can’t be kept', () => {
  it.each([
    [{ zone: 'Mars/Olympus' }, 'zone'],
    [{ zone: '+01:00' }, 'zone'],
    [{ startsAt: '2026-10-19' }, 'startsAt'],
    [{ startsAt: '2026-02-30T10:00' }, 'startsAt'],
    [{ startsAt: '2026-03-29T02:30' }, 'startsAt'],
    [{ endsAt: '2026-10-19T10:00' }, 'endsAt'],
    [{ endsAt: '2026-11-19T10:00' }, 'endsAt'],
    [{ recurrence: '' }, 'recurrence'],
    [{ recurrence: 'FREQ=HOURLY' }, 'recurrence'],
    [{ recurrence: 'FREQ=DAILY;BYHOUR=1,2' }, 'recurrence'],
    [{ recurrence: 'FREQ=DAILY;COUNT=2;UNTIL=20270101' }, 'recurrence'],
    [{ recurrence: 'FREQ=DAILY;FREQ=DAILY' }, 'recurrence'],
    [{ recurrence: 'FREQ=DAILY;toString=1' }, 'recurrence'],
    [{ recurrence: 'FREQ=DAILY;COUNT=100000' }, 'recurrence'],
    [{ recurrence: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' }, 'recurrence'],
    [{ recurrence: 'FREQ=DAILY;UNTIL=20200101' }, 'recurrence'],
    [{ recurrence: `FREQ=DAILY;BYMONTHDAY=${'1,'.repeat(200)}1` }, 'recurrence'],
  ] as const)('%j: says which field', (more, field) => {
    expect(scheduleProblem(weekly(more))).toMatchObject({
      field,
      message: expect.stringMatching(/\.$/) as string,
    });
  });

  it('says when the first time would be', () => {
    expect(scheduleProblem(weekly({ recurrence: 'FREQ=WEEKLY;BYDAY=FR' }))).toEqual({
      field: 'startsAt',
      message: 'The first time is none of the rule’s.',
      remedy: 'Set startsAt to 2026-10-23T10:00.',
    });
  });
});

/** Day by day, with the zone's clocks: slow, and obviously right. */
function slowly(
  schedule: Schedule,
  days: (date: Temporal.PlainDate, index: number) => boolean,
  count: number,
) {
  const first = Temporal.PlainDateTime.from(schedule.startsAt);
  const starts: number[] = [];
  for (let index = 0; index < 800 && starts.length < count; index++) {
    const date = first.toPlainDate().add({ days: index });
    if (!days(date, index)) continue;
    const time = date.toPlainDateTime(first.toPlainTime());
    const zoned = time.toZonedDateTime(schedule.zone);
    // A time that the clocks skip is no occurrence (RFC 5545 §3.3.10).
    if (zoned.toPlainDateTime().equals(time)) starts.push(zoned.epochMilliseconds);
  }
  return starts;
}

it('has the times that a slow model has, whatever the zone and the clocks do', () => {
  const anyZone = fc.constantFrom(
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'UTC',
    'Asia/Kolkata',
  );
  const anyRule = fc.oneof(
    fc.integer({ min: 1, max: 9 }).map((n) => ({
      rule: `FREQ=DAILY;INTERVAL=${n}`,
      days: (_: Temporal.PlainDate, index: number) => index % n === 0,
    })),
    fc.integer({ min: 1, max: 3 }).map((n) => ({
      rule: `FREQ=WEEKLY;INTERVAL=${n}`,
      days: (_: Temporal.PlainDate, index: number) => index % (7 * n) === 0,
    })),
    fc.integer({ min: 1, max: 28 }).map((day) => ({
      rule: `FREQ=MONTHLY;BYMONTHDAY=${day}`,
      days: (date: Temporal.PlainDate) => date.day === day,
      day,
    })),
  );
  fc.assert(
    fc.property(
      anyZone,
      anyRule,
      fc.integer({ min: 0, max: 600 }),
      fc.integer({ min: 0, max: 95 }),
      fc.integer({ min: 0, max: 400 }),
      (zone, rule, day, quarter, later) => {
        const begin = Temporal.PlainDateTime.from('2026-01-01T00:00').add({
          days: day,
          minutes: quarter * 15,
        });
        const first = 'day' in rule ? begin.with({ day: rule.day }) : begin;
        const schedule: Schedule = {
          startsAt: first.toString({ smallestUnit: 'minute' }),
          endsAt: first.add({ minutes: 45 }).toString({ smallestUnit: 'minute' }),
          zone,
          recurrence: rule.rule,
        };
        if (scheduleProblem(schedule) !== null) return;
        const fromMs = first.add({ days: later }).toZonedDateTime(zone).epochMilliseconds;
        const starts = slowly(schedule, rule.days, 400).filter((ms) => ms + 45 * minute > fromMs);
        const found = occurrences(schedule, fromMs, 3).map(({ startMs }) => startMs);
        expect(found.slice(0, starts.length)).toEqual(starts.slice(0, 3));
      },
    ),
    { numRuns: 60 },
  );
});
