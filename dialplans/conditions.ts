import type { RE2JS } from 're2js';
import { holdsBlock, type Block } from './blocks.ts';
import type { Facts, TextField } from './facts.ts';
import { isWithin, timeInWords, type TimeWindow } from './time.ts';
import type { TraceStep } from './types.ts';

interface ConditionCommon {
  /** What of a call is looked at: `called`, `header:x-customer`, `time`. */
  readonly field: string;
  /** What the plan wants, in words: `is 1000`. */
  readonly wanted: string;
  /** The trace's line when this condition misses; made once, since most rules miss most calls. */
  readonly miss: TraceStep;
}

interface TextCommon extends ConditionCommon {
  readonly field: TextField;
}

/** Has named groups, whose texts become variables. */
export type RegexCondition = TextCommon & {
  readonly kind: 'regex';
  readonly source: string;
  /** Folded: without it in the text the regex need not be tried. */
  readonly required: string;
  readonly regex: RE2JS;
  readonly groups: readonly string[];
};

export type TextCondition =
  | (TextCommon & { readonly kind: 'exact'; readonly value: string; readonly folded: string })
  | (TextCommon & {
      readonly kind: 'one-of';
      readonly values: readonly string[];
      readonly folded: ReadonlySet<string>;
    })
  | (TextCommon & { readonly kind: 'prefix'; readonly value: string; readonly folded: string })
  | RegexCondition;

export type Condition =
  | TextCondition
  | (ConditionCommon & {
      readonly kind: 'e164';
      readonly field: 'called' | 'calling';
      /** Without the plus sign. */
      readonly digits: string;
    })
  | (ConditionCommon & { readonly kind: 'present'; readonly header: string; readonly present: boolean })
  | (ConditionCommon & {
      readonly kind: 'source';
      readonly field: 'source';
      readonly blocks: readonly Block[];
    })
  /** Folded language tags. */
  | (ConditionCommon & {
      readonly kind: 'language';
      readonly field: 'language';
      readonly tags: readonly string[];
    })
  | (ConditionCommon & { readonly kind: 'time'; readonly field: 'time'; readonly window: TimeWindow });

/** Pure; linear in the length of the field. */
export function holds(condition: Condition, facts: Facts): boolean {
  switch (condition.kind) {
    case 'exact':
      return facts.folded(condition.field) === condition.folded;
    case 'one-of':
      return condition.folded.has(facts.folded(condition.field));
    case 'prefix':
      return facts.folded(condition.field).startsWith(condition.folded);
    case 'regex':
      // A header that is not there is no empty text.
      return (
        facts.folded(condition.field).includes(condition.required) &&
        condition.regex.testExact(facts.text(condition.field)) &&
        facts.has(condition.field)
      );
    case 'e164':
      return facts.digits(condition.field) === condition.digits;
    case 'present':
      return (facts.header(condition.header) !== null) === condition.present;
    case 'source': {
      const { source } = facts;
      return (
        source !== null && condition.blocks.some((block) => holdsBlock(block, { value: source, bits: 128 }))
      );
    }
    case 'language':
      return takesLanguage(condition.tags, facts.language);
    case 'time':
      return isWithin(condition.window, facts.input.at);
  }
}

/** Basic filtering (RFC 4647 §3.3.1): `de` takes `de-AT` too. */
function takesLanguage(tags: readonly string[], language: string | null): boolean {
  if (language === null) return false;
  return tags.some(
    (tag) => language.startsWith(tag) && (language.length === tag.length || language[tag.length] === '-'),
  );
}

/** What the call has where a condition looks, for an explanation. */
export function found(condition: Condition, facts: Facts): string {
  switch (condition.kind) {
    case 'source':
      return facts.input.source ?? 'not known';
    case 'language':
      return facts.input.language ?? 'none';
    case 'time':
      return timeInWords(condition.window.clock, facts.input.at);
    case 'present':
      return facts.header(condition.header) ?? 'not there';
    case 'e164':
      return facts.text(condition.field);
    default:
      return condition.field.startsWith('header:') && facts.header(condition.field.slice(7)) === null
        ? 'not there'
        : facts.text(condition.field);
  }
}

/** The named groups of a regex that holds; a group that took no part is empty. */
export function capture(condition: Condition, facts: Facts): Readonly<Record<string, string>> {
  if (condition.kind !== 'regex' || condition.groups.length === 0) return {};
  const matcher = condition.regex.matcher(facts.text(condition.field));
  if (!matcher.matches()) return {};
  return Object.fromEntries(condition.groups.map((name) => [name, matcher.group(name) ?? '']));
}
