import { parseBlock, type Block } from './blocks.ts';
import type { Condition } from './conditions.ts';
import { fold, noTrunk, textFields } from './facts.ts';
import { compileText, missOf } from './match-text.ts';
import type { PlanNames, Report } from './names.ts';
import { knownNames } from './nearest.ts';
import type { MatchSource, TextMatchSource, TimeSource } from './schema/match.ts';
import { parseDays, parseHours, type Holidays, type TimeWindow } from './time.ts';
import { shorten } from './texts.ts';

/** What a rule's conditions may name, and where it says what is wrong. */
export interface MatchContext {
  readonly rule: string;
  readonly names: PlanNames;
  /** Of the rule's tenant; null: none is known. */
  readonly timeZone: string | null;
  readonly report: Report;
}

/** Compiles what must hold, in the order in which it is looked at. */
export function compileMatch(match: MatchSource, context: MatchContext): Condition[] {
  checkTrunks(match, context);
  const texts = textFields.flatMap((field) => {
    const wanted = match[field];
    if (wanted === undefined) return [];
    return compileText(field, ['match', field], asText(wanted), context);
  });
  const headers = Object.entries(match.header ?? {}).flatMap(([name, wanted]) =>
    compileText(`header:${name}`, ['match', 'header', name], wanted, context),
  );
  return [
    ...texts,
    ...compileSource(match.source, context),
    ...compileLanguage(match.language, context),
    ...headers,
    ...compileTime(match.time, context),
  ];
}

/** Lists of names, words and switches are texts too. */
function asText(wanted: string | boolean | readonly string[] | TextMatchSource): TextMatchSource {
  if (typeof wanted === 'string' || typeof wanted === 'boolean') return { exact: String(wanted) };
  if (!Array.isArray(wanted)) return wanted as TextMatchSource;
  const [first] = wanted as readonly string[];
  return wanted.length === 1 ? { exact: first } : { oneOf: [...(wanted as readonly string[])] };
}

function checkTrunks({ trunk = [] }: MatchSource, { names, report }: MatchContext): void {
  trunk.forEach((name, index) => {
    if (name === noTrunk || names.trunks.has(name)) return;
    const remedy = `${knownNames(name, [...names.trunks.keys(), noTrunk])} Trunks are defined under "trunks".`;
    report(['match', 'trunk', index], 'PLAN_UNKNOWN_TRUNK', `there is no trunk "${name}"`, remedy);
  });
}

function compileSource(source: readonly string[] | undefined, context: MatchContext): Condition[] {
  if (source === undefined) return [];
  const blocks: Block[] = [];
  source.forEach((text, index) => {
    const block = parseBlock(text);
    if (typeof block === 'string') {
      const remedy = 'Write an address like 192.0.2.1, or a block like 192.0.2.0/24 or 2001:db8::/32.';
      context.report(['match', 'source', index], 'PLAN_BAD_SOURCE', `"${shorten(text)}" ${block}`, remedy);
    } else blocks.push(block);
  });
  const list = shorten(source.join(', '));
  const miss = missOf(context.rule, 'source', `is not in ${list}`);
  return [{ kind: 'source', field: 'source', wanted: `is in ${list}`, blocks, miss }];
}

function compileLanguage(language: readonly string[] | undefined, { rule }: MatchContext): Condition[] {
  if (language === undefined) return [];
  const list = language.join(', ');
  const miss = missOf(rule, 'language', `is not ${list}`);
  return [{ kind: 'language', field: 'language', wanted: `is ${list}`, tags: language.map(fold), miss }];
}

function compileTime(time: TimeSource | undefined, context: MatchContext): Condition[] {
  if (time === undefined) return [];
  const { names, report } = context;
  const zone = time.zone ?? context.timeZone;
  if (zone === null) {
    const remedy = 'Name it: zone: Europe/Berlin, or give the rule’s tenant a timeZone.';
    report(['match', 'time'], 'PLAN_NO_TIME_ZONE', 'the time has no time zone', remedy);
    return [];
  }
  const lists = (key: 'on' | 'not'): Holidays[] =>
    (time[key] ?? []).flatMap((name, index) => {
      const list = names.holidays.get(name);
      if (list !== undefined) return [list];
      const remedy = `${knownNames(name, names.holidays.keys())} Lists are defined under "holidays".`;
      report(
        ['match', 'time', key, index],
        'PLAN_UNKNOWN_HOLIDAYS',
        `there are no holidays "${name}"`,
        remedy,
      );
      return [];
    });
  const window: TimeWindow = {
    clock: names.clock(zone),
    days: (time.days ?? ['mon-sun']).reduce((bits, text) => bits | parseDays(text), 0),
    hours: compileHours(time.hours ?? [], report),
    on: lists('on'),
    not: lists('not'),
  };
  const never = window.on.length > 0 && window.on.every((list) => window.not.includes(list));
  if (never) {
    const message = 'the rule can never match: it asks for the holidays that it leaves out';
    report(['match', 'time'], 'PLAN_NEVER_MATCHES', message, 'Take the list out of "on" or "not".');
  }
  const words = timeWords(time, zone);
  const miss = missOf(context.rule, 'time', `is not ${words}`);
  return [{ kind: 'time', field: 'time', wanted: `is ${words}`, window, miss }];
}

function compileHours(hours: readonly string[], report: Report): TimeWindow['hours'] {
  return hours.flatMap((text, index) => {
    const span = parseHours(text);
    if (span !== null) return [span];
    const message = `the hours "${text}" are empty, so the rule can never match by them`;
    report(['match', 'time', 'hours', index], 'PLAN_NEVER_MATCHES', message, 'The whole day is 00:00-24:00.');
    return [];
  });
}

/** `mon-fri 08:00-18:00, not berlin, Europe/Berlin` */
function timeWords({ days, hours, on, not }: TimeSource, zone: string): string {
  const when = [days?.join(' '), hours?.join(' ')].filter((part) => part !== undefined).join(' ');
  const parts = [when || 'any time', on && `on ${on.join(' ')}`, not && `not ${not.join(' ')}`, zone];
  return parts.filter((part) => part !== undefined).join(', ');
}
