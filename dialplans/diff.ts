import { isDeepStrictEqual } from 'node:util';
import { createTwoFilesPatch, diffArrays } from 'diff';
import { PlanError, type PlanProblem } from './errors.ts';
import { readUnits, type Fragments, type PlanText } from './units.ts';

const parts = ['tenant', 'trunk', 'number', 'holidays', 'variable', 'secret', 'rule', 'test'] as const;
type Part = (typeof parts)[number];

/** What is otherwise between two dial plans. */
export interface PlanDifference {
  readonly part: Part;
  readonly name: string;
  /** `moved`: it is as it was, and is tried earlier or later among the rules that stayed. */
  readonly change: 'added' | 'removed' | 'changed' | 'moved';
  /** Of a change: keys that differ, with what they were and are; left out: there was, is none. */
  readonly keys: readonly { readonly key: string; readonly before?: unknown; readonly after?: unknown }[];
}

export interface Snapshot {
  readonly texts: readonly PlanText[];
  readonly fragments: Fragments;
}

type Named = Map<string, object>;

/** What changes when one dial plan takes the place of another. Throws `PlanError` when one can’t be read. */
export function diffPlans(before: Snapshot, after: Snapshot): readonly PlanDifference[] {
  const [old, young] = [named(before), named(after)];
  return parts.flatMap((part) => [
    ...diffNamed(part, old[part], young[part]),
    ...(part === 'rule' ? moved(old.rule, young.rule) : []),
  ]);
}

/** The same as a patch of the texts. */
export function diffTexts(before: Snapshot, after: Snapshot): string {
  const files = (snapshot: Snapshot): Map<string, string> =>
    new Map([
      ...snapshot.texts.map(({ name, text }) => [name, text] as const),
      ...Object.entries(snapshot.fragments),
    ]);
  const [old, young] = [files(before), files(after)];
  return [...new Set([...old.keys(), ...young.keys()])]
    .sort()
    .filter((name) => old.get(name) !== young.get(name))
    .map((name) =>
      createTwoFilesPatch(name, name, old.get(name) ?? '', young.get(name) ?? '', '', '', { context: 3 }),
    )
    .join('');
}

function named({ texts, fragments }: Snapshot): Readonly<Record<Part, Named>> {
  const problems: PlanProblem[] = [];
  const units = readUnits(texts, fragments, problems);
  if (problems.length > 0) throw new PlanError(problems);
  const files = units.flatMap((unit) => unit.files.map(({ data }) => data));
  const plans = units.map(({ plan }) => plan.data);
  // Whose plan a rule stands in says whose it is.
  const rules = units
    .flatMap(({ plan: { data }, files: own }) =>
      own.flatMap((file) =>
        file.data.rules.map((rule) => ({ tenant: data.tenant, language: data.language, ...rule })),
      ),
    )
    .sort((a, b) => a.priority - b.priority);
  return {
    tenant: byName(plans.flatMap(({ tenants }) => tenants)),
    trunk: byName(files.flatMap(({ trunks }) => trunks)),
    number: byName(files.flatMap(({ numbers }) => numbers.map((one) => ({ ...one, name: one.number })))),
    holidays: byKey(files.map(({ holidays }) => holidays)),
    variable: byKey(files.map(({ variables }) => variables)),
    secret: byKey(plans.map(({ secrets }) => secrets)),
    rule: byName(rules),
    test: byName(files.flatMap(({ tests }) => tests)),
  };
}

function byName(list: readonly { readonly name: string }[]): Named {
  return new Map(list.map((one) => [one.name, one]));
}

function byKey(records: readonly Readonly<Record<string, unknown>>[]): Named {
  return new Map(
    records.flatMap((record) => Object.entries(record)).map(([name, value]) => [name, { value }]),
  );
}

function diffNamed(part: Part, before: Named, after: Named): PlanDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): PlanDifference[] => {
    const [old, young] = [before.get(name), after.get(name)];
    if (old === undefined) return [{ part, name, change: 'added', keys: [] }];
    if (young === undefined) return [{ part, name, change: 'removed', keys: [] }];
    const keys = [...new Set([...Object.keys(old), ...Object.keys(young)])].flatMap((key) => {
      const [was, is] = [valueOf(old, key), valueOf(young, key)];
      if (isDeepStrictEqual(was, is)) return [];
      return [
        { key, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) },
      ];
    });
    return keys.length === 0 ? [] : [{ part, name, change: 'changed', keys }];
  });
}

function valueOf(one: object, key: string): unknown {
  return (one as Readonly<Record<string, unknown>>)[key];
}

/** Rules whose place among those that stayed is another, as few as explain it. */
function moved(before: Named, after: Named): PlanDifference[] {
  const stayed = (these: Named, others: Named): string[] =>
    [...these.keys()].filter((name) => others.has(name));
  const changes = diffArrays(stayed(before, after), stayed(after, before));
  return changes
    .filter(({ added }) => added)
    .flatMap(({ value }) =>
      value.map((name): PlanDifference => ({ part: 'rule', name, change: 'moved', keys: [] })),
    );
}

/** One line each, for people. */
export function differenceInWords({ part, name, change, keys }: PlanDifference): string {
  const what = keys.map(({ key, before, after }) => {
    const label = key === 'value' ? '' : `${key} `;
    return `${label}${shown(before)} → ${shown(after)}`;
  });
  return `${change} ${part} "${name}"${what.length === 0 ? '' : `: ${what.join('; ')}`}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
