import { RE2JS } from 're2js';
import type { CallInput, TraceStep } from './types.ts';

/** What a rule can look at, in the order in which it is looked at: cheap and telling things first. */
export const fields = [
  'protocol',
  'transport',
  'trunk',
  'called',
  'calledUri',
  'calling',
  'callingUri',
] as const;

export type Field = (typeof fields)[number];

interface ConditionCommon {
  readonly field: Field;
  /** What the plan says, as written. */
  readonly value: string;
  /** The trace's line when this condition misses; made once, since most rules miss most calls. */
  readonly miss: TraceStep;
}

export type Condition =
  | (ConditionCommon & { readonly kind: 'exact'; readonly folded: string })
  | (ConditionCommon & { readonly kind: 'prefix'; readonly folded: string })
  | (ConditionCommon & { readonly kind: 'regex'; readonly regex: RE2JS; readonly groups: readonly string[] });

/** A call's fields, as they are and folded; made once per call. */
export interface Facts {
  readonly text: Readonly<Record<Field, string>>;
  readonly folded: Readonly<Record<Field, string>>;
}

/** What `trunk` is for a call that came by no trunk. */
export const noTrunk = 'none';

/**
 * Exact texts and prefixes compare without regard to case: people type addresses on remote controls that
 * capitalise. A regex says itself what it wants (`(?i)`).
 */
export function fold(text: string): string {
  return text.toLowerCase();
}

export function factsOf(input: CallInput): Facts {
  const text = {
    protocol: input.protocol,
    transport: input.transport,
    trunk: input.trunk ?? noTrunk,
    called: input.called.user,
    calledUri: input.called.uri,
    calling: input.calling.user,
    callingUri: input.calling.uri,
  };
  const folded = { ...text } as Record<Field, string>;
  for (const field of fields) folded[field] = fold(text[field]);
  return { text, folded };
}

/** Pure; linear in the length of the field. */
export function holds(condition: Condition, facts: Facts): boolean {
  switch (condition.kind) {
    case 'exact':
      return facts.folded[condition.field] === condition.folded;
    case 'prefix':
      return facts.folded[condition.field].startsWith(condition.folded);
    case 'regex':
      return condition.regex.testExact(facts.text[condition.field]);
  }
}

/** The named groups of a regex that holds; a group that took no part is empty. */
export function capture(condition: Condition, facts: Facts): Readonly<Record<string, string>> {
  if (condition.kind !== 'regex' || condition.groups.length === 0) return {};
  const matcher = condition.regex.matcher(facts.text[condition.field]);
  if (!matcher.matches()) return {};
  return Object.fromEntries(condition.groups.map((name) => [name, matcher.group(name) ?? '']));
}

/** Instructions of a compiled regex; what is above would cost each call milliseconds. */
const maxRegexProgram = 2000;

/** Compiles an RE2 regex (linear time); a text says what is wrong with it. */
export function compileRegex(source: string): { regex: RE2JS; groups: readonly string[] } | string {
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(source);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    return `is no RE2 regex: ${why}`;
  }
  const size = regex.programSize();
  if (size > maxRegexProgram) return `is too large: ${size} steps, more than ${maxRegexProgram}`;
  return { regex, groups: Object.keys(regex.namedGroups()) };
}

/** The same for two conditions exactly when both hold for the same calls, as far as their text tells. */
export function conditionKey(condition: Condition): string {
  const value = condition.kind === 'regex' ? condition.value : condition.folded;
  return JSON.stringify([condition.field, condition.kind, value]);
}
