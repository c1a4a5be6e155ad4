import { compileRegex, fields, fold, noTrunk, type Condition, type Field } from './conditions.ts';
import type { PlanProblem, PlanProblemCode } from './errors.ts';
import type { Action, Rule } from './plan.ts';
import { roomNameProblem } from './rooms.ts';
import type { ParsedPlanFile, RuleSource, ViewSource } from './schema.ts';
import type { RoomView } from './types.ts';
import { expand, namesIn, parseTemplate, type Template } from './template.ts';
import { shorten, type NodePath } from './yaml.ts';

type Report = (path: NodePath, code: PlanProblemCode, message: string, remedy: string) => void;

/** Compiles one rule; what is wrong goes to `problems`, and the rule is then not to be used. */
export function compileRule(
  source: RuleSource,
  path: NodePath,
  file: ParsedPlanFile,
  trunks: ReadonlySet<string>,
  problems: PlanProblem[],
): Rule {
  const report: Report = (below, code, message, remedy) => {
    problems.push(file.source.problemAt([...path, ...below], code, message, remedy));
  };
  const conditions = compileConditions(source, trunks, report);
  const variables = file.plan.variables;
  const captured = capturedNames(conditions, variables, report);
  return Object.freeze({
    name: source.name,
    file: file.name,
    tenant: file.plan.tenant,
    language: source.language ?? file.plan.language ?? null,
    priority: source.priority,
    conditions: Object.freeze(conditions),
    action: compileAction(source, variables, captured, report),
    variables,
    hit: Object.freeze({ rule: source.name, matched: true, missed: null }),
  });
}

function compileConditions(source: RuleSource, trunks: ReadonlySet<string>, report: Report): Condition[] {
  const { trunk } = source.match;
  if (trunk !== undefined && trunk !== noTrunk && !trunks.has(trunk)) {
    const known = [...trunks, noTrunk].slice(0, 10).join(', ');
    const remedy = `Define it under "trunks", or use one of: ${known}.`;
    report(['match', 'trunk'], 'PLAN_UNKNOWN_TRUNK', `there is no trunk "${trunk}"`, remedy);
  }
  return fields.flatMap((field) => {
    const wanted = source.match[field];
    if (wanted === undefined) return [];
    const condition =
      typeof wanted === 'string'
        ? compileCondition(source.name, field, { exact: wanted }, report)
        : compileCondition(source.name, field, wanted, report);
    return condition === null ? [] : [condition];
  });
}

function compileCondition(
  rule: string,
  field: Field,
  wanted: { exact?: string | undefined; prefix?: string | undefined; regex?: string | undefined },
  report: Report,
): Condition | null {
  const miss = (words: string) => Object.freeze({ rule, matched: false, missed: `${field} ${words}` });
  if (wanted.regex !== undefined) {
    const value = wanted.regex;
    const compiled = compileRegex(value);
    if (typeof compiled !== 'string') {
      return { field, kind: 'regex', value, ...compiled, miss: miss(`does not match ${value}`) };
    }
    const remedy = 'See https://github.com/google/re2/wiki/Syntax; the whole text must match.';
    report(['match', field, 'regex'], 'PLAN_BAD_REGEX', `"${shorten(value)}" ${compiled}`, remedy);
    return null;
  }
  const kind = wanted.exact === undefined ? 'prefix' : 'exact';
  const value = wanted.exact ?? wanted.prefix ?? '';
  if (field.endsWith('Uri') && !/^(sips?|h323):/i.test(value)) {
    const message = `"${shorten(value)}" can’t match: an address as a whole begins with its scheme`;
    report(['match', field], 'PLAN_SCHEMA', message, `Write it like sip:demo@example.com.`);
  }
  const words = kind === 'exact' ? `is not ${value}` : `does not begin with ${value}`;
  return { field, kind, value, folded: fold(value), miss: miss(words) };
}

/** Names of all groups of a rule's regexes; each must be the only one of its name. */
function capturedNames(
  conditions: readonly Condition[],
  variables: Readonly<Record<string, string>>,
  report: Report,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const condition of conditions) {
    if (condition.kind !== 'regex') continue;
    for (const name of condition.groups) {
      if (names.has(name) || Object.hasOwn(variables, name)) {
        const message = `the group "${name}" has the name of another group or variable`;
        report(['match', condition.field, 'regex'], 'PLAN_VARIABLE_CLASH', message, 'Rename one of them.');
      }
      names.add(name);
    }
  }
  return names;
}

function compileAction(
  source: RuleSource,
  variables: Readonly<Record<string, string>>,
  captured: ReadonlySet<string>,
  report: Report,
): Action {
  const { join, reject, 'ask-pin': askPin } = source.action;
  const template = (text: string, path: NodePath): Template =>
    compileTemplate(text, path, new Set([...Object.keys(variables), ...captured]), report);
  if (join !== undefined) {
    const room = template(join.room, ['action', 'join', 'room']);
    // With groups in it the name is only known per call.
    const fixed = namesIn(room).every((name) => Object.hasOwn(variables, name));
    const wrong = fixed ? roomNameProblem(expand(room, variables)) : null;
    if (wrong !== null) report(['action', 'join', 'room'], 'PLAN_BAD_ROOM', wrong, 'Choose another name.');
    return { kind: 'join', room, view: viewOf(join) };
  }
  if (reject !== undefined) {
    const text = reject.text === undefined ? null : template(reject.text, ['action', 'reject', 'text']);
    return { kind: 'reject', text };
  }
  return askPin === undefined ? { kind: 'echo' } : { kind: 'ask-pin', view: viewOf(askPin) };
}

function viewOf({ layout, ownPicture }: ViewSource): RoomView {
  return Object.freeze({ layout: layout ?? null, ownPicture: ownPicture ?? null });
}

function compileTemplate(text: string, path: NodePath, known: ReadonlySet<string>, report: Report): Template {
  const template = parseTemplate(text);
  if (template === null) {
    const message = `"${shorten(text)}" has a "\${" that opens no variable`;
    report(path, 'PLAN_BAD_TEMPLATE', message, 'Write variables as ${name}.');
    return { source: text, parts: [text] };
  }
  for (const name of namesIn(template)) {
    if (known.has(name)) continue;
    const names = [...known].join(', ') || 'none here';
    const remedy = `Name a group (?P<${name}>…) in the rule’s regex, or define it under "variables". Known: ${names}.`;
    report(path, 'PLAN_UNKNOWN_VARIABLE', `there is no variable "${name}"`, remedy);
  }
  return template;
}
