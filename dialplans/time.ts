import { Temporal } from 'temporal-polyfill';

const dayMs = 86_400_000;
const dayMinutes = 1440;

/** A moment on the clock of a zone. */
export interface LocalTime {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Of the day, 0–1439. */
  readonly minute: number;
}

/** The clock of a time zone. Knows when its offset changes next, so that most calls only add. */
export class ZoneClock {
  readonly zone: string;
  #from = Infinity;
  #until = -Infinity;
  #offsetMs = 0;

  constructor(zone: string) {
    this.zone = zone;
  }

  at(epochMs: number): LocalTime {
    if (epochMs < this.#from || epochMs >= this.#until) this.#lookUp(epochMs);
    const local = epochMs + this.#offsetMs;
    const day = Math.floor(local / dayMs);
    return { day, minute: Math.floor((local - day * dayMs) / 60_000) };
  }

  #lookUp(epochMs: number): void {
    const here = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(this.zone);
    this.#offsetMs = here.offsetNanoseconds / 1e6;
    this.#from = epochMs;
    this.#until = here.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity;
  }
}

/**
 * When a clock of the zone shows `2026-11-30T10:00`, the first time where it does so twice (the end of summer time);
 * null: there is no such day or time, such as those that the beginning of summer time leaves out.
 */
export function epochOf(wallTime: string, zone: string): number | null {
  try {
    const wanted = Temporal.PlainDateTime.from(wallTime, { overflow: 'reject' });
    const moment = wanted.toZonedDateTime(zone, { disambiguation: 'earlier' });
    return moment.toPlainDateTime().equals(wanted) ? moment.epochMilliseconds : null;
  } catch {
    return null;
  }
}

/** A list of holidays: days, ranges, and days of every year, as numbers that sort like dates. */
export interface Holidays {
  readonly name: string;
  readonly ranges: readonly { readonly from: number; readonly to: number; readonly yearly: boolean }[];
}

/** A text says what is wrong with an entry. */
export function parseHoliday(text: string): Holidays['ranges'][number] | string {
  const [first = '', last = first] = text.split('..');
  const [from, to] = [parseDate(first), parseDate(last)];
  if (from === null || to === null) return 'names a day that no calendar has';
  if (from.yearly !== to.yearly) return 'has a year at one end only';
  // Days of every year may run over its end: 12-24..01-01.
  if (!from.yearly && from.value > to.value) return 'ends before it begins';
  return { from: from.value, to: to.value, yearly: from.yearly };
}

function parseDate(text: string): { value: number; yearly: boolean } | null {
  const parts = text.split('-').map(Number);
  // A leap year for days of every year, so that 02-29 may stand there.
  const [year, month, day] = parts.length === 3 ? parts : [2000, ...parts];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1) return null;
  return parts.length === 3
    ? { value: year * 10_000 + month * 100 + day, yearly: false }
    : { value: month * 100 + day, yearly: true };
}

function isHoliday({ ranges }: Holidays, day: number): boolean {
  const date = new Date(day * dayMs);
  const inYear = (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
  const full = date.getUTCFullYear() * 10_000 + inYear;
  return ranges.some(({ from, to, yearly }) => {
    if (!yearly) return full >= from && full <= to;
    return from <= to ? inYear >= from && inYear <= to : inYear >= from || inYear <= to;
  });
}

/** Days of the week from–to, in minutes of the day; from > to: over midnight, and the day is the one they begin on. */
export interface TimeWindow {
  readonly clock: ZoneClock;
  /** Bit 0: Monday. */
  readonly days: number;
  /** None: all day. */
  readonly hours: readonly { readonly from: number; readonly to: number }[];
  readonly on: readonly Holidays[];
  readonly not: readonly Holidays[];
}

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `mon-fri` as bits; `sat-mon` goes over the end of the week. */
export function parseDays(text: string): number {
  const [first = '', last = first] = text.split('-');
  let bits = 0;
  for (let day = dayNames.indexOf(first); ; day = (day + 1) % 7) {
    bits |= 1 << day;
    if (day === dayNames.indexOf(last)) return bits;
  }
}

/** `08:00-18:00`; null: it is empty. */
export function parseHours(text: string): TimeWindow['hours'][number] | null {
  const [from = 0, to = 0] = text.split('-').map((time) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return hour * 60 + minute;
  });
  return from === to ? null : { from, to };
}

export function isWithin(window: TimeWindow, epochMs: number): boolean {
  const { day, minute } = window.clock.at(epochMs);
  if (window.hours.length === 0) return takesDay(window, day);
  return window.hours.some(({ from, to }) => {
    if (from < to) return minute >= from && minute < to && takesDay(window, day);
    return (minute >= from && takesDay(window, day)) || (minute < to && takesDay(window, day - 1));
  });
}

function takesDay({ days, on, not }: TimeWindow, day: number): boolean {
  return (
    (days & (1 << weekday(day))) !== 0 &&
    (on.length === 0 || on.some((list) => isHoliday(list, day))) &&
    !not.some((list) => isHoliday(list, day))
  );
}

/** 0: Monday. 1970-01-01 was a Thursday. */
function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** `Mon 2026-11-30 10:00 Europe/Berlin` */
export function timeInWords(clock: ZoneClock, epochMs: number): string {
  const { day, minute } = clock.at(epochMs);
  const name = dayNames[weekday(day)] ?? '';
  const date = new Date(day * dayMs).toISOString().slice(0, 10);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${name} ${date} ${two(Math.floor(minute / 60))}:${two(minute % 60)} ${clock.zone}`;
}

/**
 * Whether whoever comes within `inner` comes within `outer` too. False when it can't be told: weeks are compared
 * minute by minute, lists of holidays by name.
 */
export function isInsideOf(inner: TimeWindow, outer: TimeWindow): boolean {
  if (inner.clock.zone !== outer.clock.zone) return false;
  const named = (lists: readonly Holidays[]) => new Set(lists.map(({ name }) => name));
  const sameHours = JSON.stringify(inner.hours) === JSON.stringify(outer.hours);
  const overMidnight = [...inner.hours, ...outer.hours].some(({ from, to }) => from > to);
  const lists = outer.on.length + outer.not.length > 0;
  // Over midnight a minute may belong to another day on the two sides.
  if (lists && overMidnight && !sameHours) return false;
  const [innerNot, innerOn] = [named(inner.not), named(inner.on)];
  const notHolds = outer.not.every(({ name }) => innerNot.has(name));
  const outerOn = named(outer.on);
  const onHolds = outerOn.size === 0 || (innerOn.size > 0 && [...innerOn].every((name) => outerOn.has(name)));
  if (!notHolds || !onHolds) return false;
  const outerMinutes = minutesOf(outer);
  return minutesOf(inner).every((is, minute) => is === 0 || outerMinutes[minute] === 1);
}

/** A week's minutes that a window has, whatever the holidays. */
function minutesOf({ days, hours }: TimeWindow): Uint8Array {
  const week = new Uint8Array(7 * dayMinutes);
  for (let day = 0; day < 7; day++) {
    if ((days & (1 << day)) === 0) continue;
    for (const { from, to } of hours.length === 0 ? [{ from: 0, to: dayMinutes }] : hours) {
      const length = from < to ? to - from : to + dayMinutes - from;
      for (let i = 0; i < length; i++) week[(day * dayMinutes + from + i) % week.length] = 1;
    }
  }
  return week;
}
