import { dialledProblem } from './dialled.ts';
import type { Condition } from './conditions.ts';
import { fold, type TextField } from './facts.ts';
import type { PlanNames, Report } from './names.ts';
import { knownNames } from './nearest.ts';
import { compileRegex, quoted, regexRemedy } from './regex.ts';
import { requiredText } from './regex-literals.ts';
import type { TextMatchSource } from './schema/match.ts';
import { fillIn, namesIn, parseTemplate, secretPrefix } from './template.ts';
import { shorten } from './texts.ts';
import type { NodePath } from './yaml.ts';

interface TextContext {
  readonly rule: string;
  readonly names: PlanNames;
  readonly report: Report;
}

/** Compiles what a text must be; none: it can’t be compiled, which has been said. */
export function compileText(
  field: TextField,
  path: NodePath,
  wanted: TextMatchSource,
  context: TextContext,
): Condition[] {
  const { e164, present } = wanted;
  const said = (is: string, isNot: string) => ({
    field,
    wanted: is,
    miss: missOf(context.rule, field, isNot),
  });
  if (wanted.regex !== undefined) return compileRegexOf(field, [...path, 'regex'], wanted.regex, context);
  if (e164 !== undefined && (field === 'called' || field === 'calling')) {
    const words = said(`is ${e164}, however it is written`, `is not ${e164}, however it is written`);
    return [{ kind: 'e164', digits: e164.slice(1), ...words, field }];
  }
  if (present !== undefined) {
    const header = field.slice('header:'.length);
    const words = present ? said('is there', 'is not there') : said('is not there', 'is there');
    return [{ kind: 'present', header, present, ...words }];
  }
  if (wanted.oneOf !== undefined) {
    const values = wanted.oneOf.map((value, index) => usable(field, [...path, index], value, context));
    const list = shorten(values.join(', '));
    const words = said(`is one of ${list}`, `is none of ${list}`);
    return [{ kind: 'one-of', values, folded: new Set(values.map(fold)), ...words }];
  }
  if (wanted.exact !== undefined) {
    const value = usable(field, path, wanted.exact, context);
    return [{ kind: 'exact', value, folded: fold(value), ...said(`is ${value}`, `is not ${value}`) }];
  }
  const value = usable(field, [...path, 'prefix'], wanted.prefix ?? '', context);
  const words = said(`begins with ${value}`, `does not begin with ${value}`);
  return [{ kind: 'prefix', value, folded: fold(value), ...words }];
}

function compileRegexOf(field: TextField, path: NodePath, source: string, context: TextContext): Condition[] {
  const pattern = filledIn(path, source, context, quoted);
  const compiled = compileRegex(pattern);
  if (typeof compiled === 'string') {
    context.report(path, 'PLAN_BAD_REGEX', `"${shorten(pattern)}" ${compiled}`, regexRemedy(pattern));
    return [];
  }
  if (isDialled(field) && /(?:^|[^\\[])@/.test(pattern)) {
    const message = `"${shorten(pattern)}" can’t match: what is dialled is looked at without its host`;
    const remedy = 'Leave out @ and what follows, or ask for calledUri: { regex: sip:…@… }.';
    context.report(path, 'PLAN_NEVER_MATCHES', message, remedy);
  }
  const { regex, groups } = compiled;
  const miss = missOf(context.rule, field, `does not match ${pattern}`);
  const wanted = `matches ${pattern}`;
  return [
    { kind: 'regex', field, wanted, miss, source: pattern, required: requiredText(pattern), regex, groups },
  ];
}

export function missOf(rule: string, field: string, words: string): Condition['miss'] {
  return Object.freeze({ rule, matched: false, missed: `${field} ${words}` });
}

function isDialled(field: TextField): boolean {
  return field === 'called' || field === 'calling';
}

/** With the plan’s variables in it; what can’t match is reported. */
function usable(field: TextField, path: NodePath, source: string, context: TextContext): string {
  const value = filledIn(path, source, context);
  if (field.endsWith('Uri') && !/^(sips?|h323|tel):/i.test(value)) {
    const message = `"${shorten(value)}" can’t match: an address as a whole begins with its scheme`;
    context.report(path, 'PLAN_SCHEMA', message, `Write it like sip:demo@example.com.`);
  }
  const problem = isDialled(field) ? dialledProblem(value) : null;
  if (problem !== null) context.report(path, 'PLAN_NEVER_MATCHES', ...problem);
  return value;
}

/** A match is looked at before there are groups: it knows the plan’s own variables. */
function filledIn(
  path: NodePath,
  text: string,
  { names, report }: TextContext,
  escape?: (text: string) => string,
): string {
  if (!text.includes('${')) return text;
  const template = parseTemplate(text);
  if (template === null) {
    const message = `"${shorten(text)}" has a "\${" that opens no variable`;
    report(path, 'PLAN_BAD_TEMPLATE', message, 'Write variables as ${name}.');
    return text;
  }
  for (const name of namesIn(template)) {
    if (Object.hasOwn(names.variables, name)) continue;
    const remedy = name.startsWith(secretPrefix)
      ? 'Secrets are for headers of a policy and passwords of trunks.'
      : `${knownNames(name, Object.keys(names.variables))} A match can use the plan’s "variables" only.`;
    report(path, 'PLAN_UNKNOWN_VARIABLE', `there is no variable "${name}" here`, remedy);
  }
  return fillIn(text, names.variables, escape);
}
