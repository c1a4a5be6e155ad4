import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min';
import type { RE2JS } from 're2js';
import type { Report } from './names.ts';
import { compileRegex, regexRemedy } from './regex.ts';
import type { StepSource, TransformSource } from './schema/transform.ts';
import { fillIn } from './template.ts';
import { shorten } from './texts.ts';
import type { NodePath } from './yaml.ts';

/** Longest number or name that a transform may make. */
const maxNumber = 256;

export type TransformStep =
  | { readonly kind: 'strip'; readonly characters: number }
  | { readonly kind: 'add'; readonly text: string }
  | {
      readonly kind: 'rewrite';
      readonly regex: RE2JS;
      readonly groups: readonly string[];
      readonly to: string;
    }
  | { readonly kind: 'e164'; readonly country: CountryCode };

export interface Transform {
  readonly called: readonly TransformStep[];
  readonly calling: readonly TransformStep[];
}

/** Checks a text’s references; hands it back with the constants filled in. */
export type CompileText = (text: string, path: NodePath, more?: readonly string[]) => string;

export function compileTransform(
  source: TransformSource,
  compileText: CompileText,
  report: Report,
): Transform {
  const steps = (key: 'called' | 'calling'): TransformStep[] =>
    (source[key] ?? []).flatMap((step, index) =>
      compileStep(step, ['transform', key, index], compileText, report),
    );
  return Object.freeze({ called: steps('called'), calling: steps('calling') });
}

function compileStep(
  step: StepSource,
  path: NodePath,
  compileText: CompileText,
  report: Report,
): TransformStep[] {
  if (step.strip !== undefined) return [{ kind: 'strip', characters: step.strip }];
  if (step.add !== undefined) return [{ kind: 'add', text: compileText(step.add, [...path, 'add']) }];
  if (step.e164 !== undefined) {
    const country = step.e164;
    if (isSupportedCountry(country)) return [{ kind: 'e164', country }];
    const message = `there is no country "${country}" with telephone numbers`;
    report(
      [...path, 'e164'],
      'PLAN_SCHEMA',
      message,
      country === 'UK' ? 'Write GB.' : 'Write two capital letters (ISO 3166), such as DE or US.',
    );
    return [];
  }
  if (step.rewrite === undefined) return [];
  const { regex: pattern, to } = step.rewrite;
  const compiled = compileRegex(pattern);
  if (typeof compiled === 'string') {
    const message = `"${shorten(pattern)}" ${compiled}`;
    report([...path, 'rewrite', 'regex'], 'PLAN_BAD_REGEX', message, regexRemedy(pattern));
    return [];
  }
  const { regex, groups } = compiled;
  return [{ kind: 'rewrite', regex, groups, to: compileText(to, [...path, 'rewrite', 'to'], groups) }];
}

/** Pure; what fits no step stays as it is. */
export function transformed(
  number: string,
  steps: readonly TransformStep[],
  variables: Readonly<Record<string, string>>,
): string {
  return steps.reduce((text, step) => apply(step, text, variables).slice(0, maxNumber), number);
}

function apply(step: TransformStep, number: string, variables: Readonly<Record<string, string>>): string {
  switch (step.kind) {
    case 'strip':
      return number.slice(step.characters);
    case 'add':
      return fillIn(step.text, variables) + number;
    case 'rewrite': {
      const matcher = step.regex.matcher(number);
      if (!matcher.matches()) return number;
      const captured = step.groups.map((name) => [name, matcher.group(name) ?? ''] as const);
      return fillIn(step.to, { ...variables, ...Object.fromEntries(captured) });
    }
    case 'e164':
      return toE164(number, step.country);
  }
}

/** As dialled in a country: `030 901820` in DE is +4930901820, and so is `0049…`. What is no number there stays. */
function toE164(number: string, country: CountryCode): string {
  // Names and URIs are not to be searched for digits.
  if (!/^\+?[\d\-.() /]{3,40}$/.test(number)) return number;
  const parsed = parsePhoneNumberFromString(number, country);
  return parsed?.isPossible() ? parsed.number : number;
}
