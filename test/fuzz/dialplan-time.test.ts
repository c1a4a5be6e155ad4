import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { epochOf, isWithin, parseDays, parseHoliday, parseHours, ZoneClock } from '../../dialplans/time.ts';

/**
 * Whole hours, half hours and quarters; summer time of half an hour and of two hours; winter time that is the changed
 * one; a break in Ramadan; a day that was left out; changes at midnight.
 */
const zones = [
  ...['UTC', 'Europe/Berlin', 'Europe/Dublin', 'America/New_York', 'America/St_Johns', 'America/Santiago'],
  ...['Australia/Lord_Howe', 'Pacific/Chatham', 'Pacific/Apia', 'Asia/Kathmandu', 'Asia/Beirut'],
  ...['Africa/Casablanca', 'Africa/Cairo', 'Antarctica/Troll', 'America/Havana'],
];
const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const day = fc.constantFrom(...week);
const minutes = fc.integer({ min: 0, max: 1439 });
const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

interface Window {
  readonly days: readonly (readonly [string, string])[];
  readonly hours: readonly (readonly [number, number])[];
  readonly not: readonly string[];
}
const window: fc.Arbitrary<Window> = fc.record({
  days: fc.array(fc.tuple(day, day), { minLength: 1, maxLength: 2 }),
  hours: fc.array(
    fc.tuple(minutes, fc.oneof(minutes, fc.constant(1440))).filter(([from, to]) => from !== to),
    { maxLength: 2 },
  ),
  not: fc.subarray([
    '2026-03-29',
    '2026-10-25..2026-10-26',
    '12-30..01-02',
    '02-29',
    '2011-12-30..2011-12-31',
  ]),
});

/** Around a change of some zone’s clock, or anywhere. */
const moment = fc.oneof(
  fc
    .tuple(fc.constantFrom(...zones), fc.integer({ min: 2008, max: 2036 }), fc.integer({ min: -90, max: 90 }))
    .map(([zone, year, near]) => {
      const begin = Temporal.PlainDate.from({ year, month: 1, day: 1 }).toZonedDateTime(zone);
      const change = begin.getTimeZoneTransition('next') ?? begin;
      return change.epochMilliseconds + near * 60_000;
    }),
  fc.integer({ min: Date.parse('2008-01-01T00:00Z'), max: Date.parse('2036-12-31T00:00Z') }),
);

/** What the documentation says, day by day, on Temporal’s calendar. */
function modelTakes({ days, hours, not }: Window, zone: string, at: number): boolean {
  const here = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const minute = here.hour * 60 + here.minute;
  const takesDay = (date: Temporal.PlainDate): boolean =>
    days.some(([first, last]) => {
      const [from, to, is] = [week.indexOf(first), week.indexOf(last), date.dayOfWeek - 1];
      return (is - from + 7) % 7 <= (to - from + 7) % 7;
    }) && !not.some((range) => isHoliday(range, date));
  const today = here.toPlainDate();
  if (hours.length === 0) return takesDay(today);
  return hours.some(([from, to]) =>
    from < to
      ? minute >= from && minute < to && takesDay(today)
      : (minute >= from && takesDay(today)) || (minute < to && takesDay(today.subtract({ days: 1 }))),
  );
}

function isHoliday(range: string, date: Temporal.PlainDate): boolean {
  const [first = '', last = first] = range.split('..');
  const text = date.toString();
  if (first.length > 5) return text >= first && text <= last;
  const inYear = text.slice(5);
  return first <= last ? inYear >= first && inYear <= last : inYear >= first || inYear <= last;
}

function windowOf({ days, hours, not }: Window, clock: ZoneClock) {
  const ranges = not.map(parseHoliday).filter((range) => typeof range !== 'string');
  return {
    clock,
    days: days.reduce((bits, [first, last]) => bits | parseDays(`${first}-${last}`), 0),
    hours: hours.flatMap(([from, to]) => parseHours(`${clockText(from)}-${clockText(to)}`) ?? []),
    on: [],
    not: ranges.length === 0 ? [] : [{ name: 'x', ranges }],
  };
}

describe('times against Temporal, around changes of clocks all over the world', () => {
  it('a window takes the moments that it should, whatever was asked before', { timeout: 60_000 }, () => {
    let taken = 0;
    let asked = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        window,
        fc.array(moment, { minLength: 20, maxLength: 20 }),
        (zone, one, moments) => {
          // One clock for all, as in a plan: it remembers until when its offset holds.
          const clock = new ZoneClock(zone);
          for (const at of moments) {
            const wanted = modelTakes(one, zone, at);
            const when = new Date(at).toISOString();
            expect([zone, when, isWithin(windowOf(one, clock), at)]).toEqual([zone, when, wanted]);
            asked++;
            if (wanted) taken++;
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(taken / asked).toBeGreaterThan(0.1);
    expect(taken / asked).toBeLessThan(0.9);
  });

  it('the time of a test is what that clock shows, or there is no such time', { timeout: 60_000 }, () => {
    let none = 0;
    fc.assert(
      fc.property(fc.constantFrom(...zones), moment, fc.boolean(), (zone, near, exact) => {
        // Most moments’ wall time, and one of the skipped kind: the wall time before the change, an hour on.
        const here = Temporal.Instant.fromEpochMilliseconds(near).toZonedDateTimeISO(zone);
        const wall = exact ? here.toPlainDateTime() : here.toPlainDateTime().add({ minutes: 45 });
        const text = wall.toString({ smallestUnit: 'minute' });
        const at = epochOf(text, zone);
        const shown = wall.round({ smallestUnit: 'minute', roundingMode: 'trunc' });
        const possible = shown.toZonedDateTime(zone, { disambiguation: 'earlier' });
        if (!possible.toPlainDateTime().equals(shown)) {
          none++;
          expect([zone, text, at]).toEqual([zone, text, null]);
          return;
        }
        expect([zone, text, at]).toEqual([zone, text, possible.epochMilliseconds]);
        const { day: days, minute } = new ZoneClock(zone).at(possible.epochMilliseconds);
        expect([days, minute]).toEqual([
          Temporal.PlainDate.from('1970-01-01').until(shown.toPlainDate()).days,
          shown.hour * 60 + shown.minute,
        ]);
      }),
      { numRuns: 3000 },
    );
    expect(none).toBeGreaterThan(0);
  });
});
