import type { CallInput } from '../../dialplans/types.ts';

/**
 * A slow, obvious model of what dial plans say, written by the words of the documentation and not by the code: regular
 * expressions are JavaScript's, times are Intl's, addresses are lists of bits, rules are tried one by one.
 */
export interface ModelText {
  readonly exact?: string;
  readonly oneOf?: readonly string[];
  readonly prefix?: string;
  readonly regex?: string;
  readonly e164?: string;
  readonly present?: boolean;
}

export interface ModelMatch {
  readonly called?: ModelText;
  readonly calledUri?: ModelText;
  readonly calling?: ModelText;
  readonly callingUri?: ModelText;
  readonly trunk?: readonly string[];
  readonly transport?: readonly string[];
  readonly protocol?: string;
  readonly source?: readonly string[];
  readonly registered?: boolean;
  readonly verstat?: readonly string[];
  readonly header?: Readonly<Record<string, ModelText>>;
  readonly language?: readonly string[];
  readonly time?: {
    readonly days?: readonly string[];
    readonly hours?: readonly string[];
    readonly on?: readonly string[];
    readonly not?: readonly string[];
    readonly zone: string;
  };
}

export interface ModelRule {
  readonly name: string;
  readonly priority: number;
  readonly match: ModelMatch;
  /** Of the called number; a rule with it has no action. */
  readonly transform?: { readonly strip?: number; readonly add?: string };
}

export type ModelHolidays = Readonly<Record<string, readonly string[]>>;

/** Name of the rule that decides, and the called number it sees; null: none. */
export function modelDecides(
  rules: readonly ModelRule[],
  holidays: ModelHolidays,
  call: CallInput,
): { rule: string | null; called: string } {
  let { user, uri } = call.called;
  const tried = [...rules].sort((a, b) => a.priority - b.priority);
  for (const rule of tried) {
    if (!modelMatches(rule.match, holidays, { ...call, called: { user, uri } })) continue;
    if (rule.transform === undefined) return { rule: rule.name, called: user };
    const { strip = 0, add = '' } = rule.transform;
    const next = add + user.slice(strip);
    uri = next === user ? uri : `sip:${next}@${uri.slice(uri.lastIndexOf('@') + 1)}`;
    user = next;
  }
  return { rule: null, called: user };
}

export function modelMatches(match: ModelMatch, holidays: ModelHolidays, call: CallInput): boolean {
  const among = (wanted: readonly string[] | undefined, is: string): boolean =>
    wanted === undefined || wanted.some((one) => one.toLowerCase() === is.toLowerCase());
  return (
    takesText(match.called, call.called.user) &&
    takesText(match.calledUri, call.called.uri) &&
    takesText(match.calling, call.calling.user) &&
    takesText(match.callingUri, call.calling.uri) &&
    among(match.trunk, call.trunk ?? 'none') &&
    among(match.transport, call.transport) &&
    among(match.protocol === undefined ? undefined : [match.protocol], call.protocol) &&
    among(match.verstat, call.verstat) &&
    (match.registered === undefined || match.registered === call.registered) &&
    (match.source === undefined || match.source.some((block) => inBlock(block, call.source))) &&
    (match.language === undefined || match.language.some((tag) => takesTag(tag, call.language))) &&
    Object.entries(match.header ?? {}).every(([name, wanted]) => takesHeader(wanted, call.headers[name])) &&
    (match.time === undefined || takesTime(match.time, holidays, call.at))
  );
}

function takesHeader(wanted: ModelText, is: string | undefined): boolean {
  if (wanted.present !== undefined) return wanted.present === (is !== undefined);
  return is !== undefined && takesText(wanted, is);
}

function takesText(wanted: ModelText | undefined, is: string): boolean {
  if (wanted === undefined) return true;
  if (wanted.exact !== undefined) return wanted.exact.toLowerCase() === is.toLowerCase();
  if (wanted.oneOf !== undefined) return wanted.oneOf.some((one) => one.toLowerCase() === is.toLowerCase());
  if (wanted.prefix !== undefined) return is.toLowerCase().indexOf(wanted.prefix.toLowerCase()) === 0;
  if (wanted.e164 !== undefined) {
    const bare = is
      .split('')
      .filter((character) => !'-.() '.includes(character))
      .join('');
    return [wanted.e164, wanted.e164.replace('+', '00'), wanted.e164.slice(1)].includes(bare);
  }
  const { regex = '' } = wanted;
  const [, flags = '', pattern = ''] = /^(?:\(\?([is]+)\))?(.*)$/s.exec(regex) ?? [];
  return new RegExp(`^(?:${pattern.replaceAll('(?P<', '(?<')})$`, `u${flags}`).test(is);
}

function takesTag(tag: string, language: string | null): boolean {
  if (language === null) return false;
  const [wanted, is] = [tag.toLowerCase().split('-'), language.toLowerCase().split('-')];
  return wanted.every((part, place) => part === is[place]);
}

/** IPv4 only. */
function inBlock(block: string, address: string | null): boolean {
  if (address === null) return false;
  const bits = (text: string): string =>
    text
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('');
  const [first = '', length = '32'] = block.split('/');
  return bits(first).slice(0, Number(length)) === bits(address).slice(0, Number(length));
}

const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function takesTime(time: NonNullable<ModelMatch['time']>, holidays: ModelHolidays, at: number): boolean {
  const clock = clockOf(at, time.zone);
  const dayBefore = clockOf(Date.UTC(clock.year, clock.month - 1, clock.day - 1, 12), 'UTC');
  const dayTaken = ({ weekday, year, month, day }: Clock): boolean => {
    const names = time.days?.flatMap(spread) ?? week;
    const isOn = (list: string): boolean =>
      (holidays[list] ?? []).some((range) => inRange(range, year, month, day));
    return (
      names.includes(weekday) && (time.on === undefined || time.on.some(isOn)) && !(time.not ?? []).some(isOn)
    );
  };
  if (time.hours === undefined) return dayTaken(clock);
  return time.hours.some((span) => {
    const [from = '', to = ''] = span.split('-');
    if (from < to) return clock.time >= from && clock.time < to && dayTaken(clock);
    return (clock.time >= from && dayTaken(clock)) || (clock.time < to && dayTaken(dayBefore));
  });
}

interface Clock {
  readonly weekday: string;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** `10:00` */
  readonly time: string;
}

function clockOf(at: number, zone: string): Clock {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return {
    weekday: part('weekday').toLowerCase(),
    year: Number(part('year')),
    month: Number(part('month')),
    day: Number(part('day')),
    time: `${part('hour')}:${part('minute')}`,
  };
}

/** `fri-mon` → fri, sat, sun, mon */
function spread(days: string): string[] {
  const [first = '', last = first] = days.split('-');
  const twice = [...week, ...week];
  const from = week.indexOf(first);
  return twice.slice(from, twice.indexOf(last, from) + 1);
}

function inRange(range: string, year: number, month: number, day: number): boolean {
  const [first = '', last = first] = range.split('..');
  const two = (value: number): string => String(value).padStart(2, '0');
  const today = `${two(month)}-${two(day)}`;
  if (first.length > 5) return `${year}-${today}` >= first && `${year}-${today}` <= last;
  return first <= last ? today >= first && today <= last : today >= first || today <= last;
}
