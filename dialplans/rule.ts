import { compileAction, hasReferences } from './actions.ts';
import type { Condition } from './conditions.ts';
import { compileMatch } from './match.ts';
import type { PlanNames, Report } from './names.ts';
import { knownNames } from './nearest.ts';
import type { Home, Rule } from './plan.ts';
import type { RuleSource } from './schema/plan.ts';
import { fillIn, namesIn, parseTemplate, secretPrefix } from './template.ts';
import { compileTransform, type CompileText } from './transforms.ts';
import type { HeaderValue } from './types.ts';
import { shorten } from './texts.ts';
import type { NodePath } from './yaml.ts';

/** What every call brings; no variable or group may have such a name. */
export const callVariables = ['called', 'calling', 'trunk'] as const;

export interface RuleContext {
  readonly plan: string;
  readonly file: string;
  readonly home: Home;
  readonly timeZone: string | null;
  readonly names: PlanNames;
  readonly report: Report;
}

/** Compiles one rule; what is wrong is reported, and the rule is then not to be used. */
export function compileRule(source: RuleSource, context: RuleContext): Rule {
  const { names, report } = context;
  const conditions = compileMatch(source.match, { rule: source.name, ...context });
  const captured = capturedNames(conditions, names.variables, report);
  const compileText = textCompiler(captured, names, report);
  const compileHeader = headerCompiler(captured, names, report);
  const action =
    source.action === undefined
      ? null
      : compileAction(source.action, ['action'], { names, report, compileText, compileHeader });
  return Object.freeze({
    name: source.name,
    plan: context.plan,
    file: context.file,
    priority: source.priority,
    conditions: Object.freeze(conditions),
    transform:
      source.transform === undefined ? null : compileTransform(source.transform, compileText, report),
    action: action && Object.freeze(action),
    constant: !hasReferences(JSON.stringify(action)),
    tenant: source.tenant ?? null,
    language: source.language ?? null,
    home: context.home,
    variables: names.variables,
    hit: Object.freeze({ rule: source.name, matched: true, missed: null }),
  });
}

/** Names of all groups of a rule's regexes; each must be the only one of its name. */
function capturedNames(
  conditions: readonly Condition[],
  variables: Readonly<Record<string, string>>,
  report: Report,
): ReadonlySet<string> {
  const names = new Set<string>(callVariables);
  for (const condition of conditions) {
    if (condition.kind !== 'regex') continue;
    for (const name of condition.groups) {
      if (names.has(name) || Object.hasOwn(variables, name)) {
        const message = `the group "${name}" has the name of another group or variable`;
        const path = condition.field.startsWith('header:')
          ? ['match', 'header', condition.field.slice('header:'.length), 'regex']
          : ['match', condition.field, 'regex'];
        report(path, 'PLAN_VARIABLE_CLASH', message, 'Rename one of them.');
      }
      names.add(name);
    }
  }
  return names;
}

function textCompiler(captured: ReadonlySet<string>, names: PlanNames, report: Report): CompileText {
  return (text, path, more = []) => {
    for (const name of referencesOf(text, path, report)) {
      if (name.startsWith(secretPrefix)) {
        const remedy = 'Secrets are for headers of a policy and passwords of trunks.';
        report(
          path,
          'PLAN_SECRET_PLACE',
          `the secret "${name.slice(secretPrefix.length)}" would be shown here`,
          remedy,
        );
      } else if (!captured.has(name) && !more.includes(name))
        refuseUnknown(name, path, captured, names, report);
    }
    const known = [...captured, ...more, ...Object.keys(names.variables)];
    const mistaken = otherwiseWritten(text, path, known);
    if (mistaken !== null) report(path, 'PLAN_BAD_TEMPLATE', ...mistaken);
    return fillIn(text, names.variables);
  };
}

/** Variables and groups as shells, sed and other systems write them. */
function otherwiseWritten(
  text: string,
  path: NodePath,
  known: readonly string[],
): [message: string, remedy: string] | null {
  const [group] = /\\\d|\$\d/.exec(text) ?? [];
  // Words for a device may speak of money.
  if (group !== undefined && path.at(-1) !== 'text') {
    const remedy = 'Name the group in the regex, (?P<rest>…), and write ${rest}.';
    return [`"${group}" is no group here, and would stay as it is`, remedy];
  }
  const names = Array.from(text.matchAll(/\$([A-Za-z_]\w*)/g), ([, name]) => name);
  const mistaken = names.find((name) => known.includes(name));
  return mistaken === undefined
    ? null
    : [`"$${mistaken}" is no variable, and would stay as it is`, `Write \${${mistaken}}.`];
}

function headerCompiler(captured: ReadonlySet<string>, names: PlanNames, report: Report) {
  return (text: string, path: NodePath): HeaderValue => {
    for (const name of referencesOf(text, path, report)) {
      if (!name.startsWith(secretPrefix)) {
        if (!captured.has(name)) refuseUnknown(name, path, captured, names, report);
      } else if (!names.secrets.has(name.slice(secretPrefix.length))) {
        const secret = name.slice(secretPrefix.length);
        report(path, 'PLAN_UNKNOWN_SECRET', ...unknownSecret(secret, names.secrets.keys()));
      }
    }
    const parts = parseTemplate(text)?.parts ?? [];
    return parts.flatMap((part, index): HeaderValue => {
      if (index % 2 === 0) return part === '' ? [] : [part];
      const secret = names.secrets.get(part.slice(secretPrefix.length));
      if (part.startsWith(secretPrefix) && secret !== undefined) return [{ secret }];
      return [fillIn(`\${${part}}`, names.variables)];
    });
  };
}

/** The names a text refers to. */
function referencesOf(text: string, path: NodePath, report: Report): readonly string[] {
  const template = parseTemplate(text);
  if (template !== null) return namesIn(template);
  const message = `"${shorten(text)}" has a "\${" that opens no variable`;
  report(path, 'PLAN_BAD_TEMPLATE', message, 'Write variables as ${name}.');
  return [];
}

export function unknownSecret(secret: string, known: Iterable<string>): [message: string, remedy: string] {
  return [`there is no secret "${secret}"`, `${knownNames(secret, known)} They are defined under "secrets".`];
}

function refuseUnknown(
  name: string,
  path: NodePath,
  captured: ReadonlySet<string>,
  { variables }: PlanNames,
  report: Report,
): void {
  if (Object.hasOwn(variables, name)) return;
  const known = knownNames(name, [...Object.keys(variables), ...captured]);
  const remedy = `${known} A group (?P<${name}>…) of the rule’s regex makes one, or "variables" does.`;
  report(path, 'PLAN_UNKNOWN_VARIABLE', `there is no variable "${name}"`, remedy);
}
