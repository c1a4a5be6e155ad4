import { createTwoFilesPatch } from 'diff';
import { PlanError } from '../../dialplans/errors.ts';
import { readYaml } from '../../dialplans/yaml.ts';

/** What differs between two texts of a plan, as an admin would tell it. */
export interface PlanChange {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved';
  /** The list or key that it is in: `rules`, `trunks`, `language`. */
  readonly part: string;
  /** Of a rule, a trunk and the like; null: the part as a whole. */
  readonly name: string | null;
  /** Of what is changed: the keys that are. */
  readonly keys: readonly string[];
}

/** How many rules and tests a text has itself; null: it is no YAML. */
export interface PlanCounts {
  readonly rules: number | null;
  readonly tests: number | null;
}

export function countsOf(text: string): PlanCounts {
  const value = valueOf(text);
  const length = (part: string): number | null => {
    if (value === null) return null;
    const list = value[part];
    return Array.isArray(list) ? list.length : 0;
  };
  return { rules: length('rules'), tests: length('tests') };
}

/** A unified diff. */
export function textDiff(before: PlanVersionText, after: PlanVersionText): string {
  if (before.text === after.text) return '';
  return createTwoFilesPatch(before.label, after.label, before.text, after.text, '', '', { context: 3 });
}

export interface PlanVersionText {
  readonly label: string;
  readonly text: string;
}

/** By the names of things rather than by lines. A text that is no YAML has nothing in it. */
export function planChanges(before: string, after: string): PlanChange[] {
  const [old, now] = [valueOf(before) ?? {}, valueOf(after) ?? {}];
  const parts = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return parts.flatMap((part) => partChanges(part, old[part], now[part]));
}

function valueOf(text: string): Record<string, unknown> | null {
  try {
    const { value } = readYaml('', text);
    return isMapping(value) ? value : null;
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return null;
  }
}

function partChanges(part: string, before: unknown, after: unknown): PlanChange[] {
  if (same(before, after)) return [];
  const [old, now] = [namedIn(before), namedIn(after)];
  if (old === null || now === null) {
    const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    const keys = kind === 'changed' ? keysThatDiffer(before, after) : [];
    return [{ kind, part, name: null, keys }];
  }
  const names = [...new Set([...old.keys(), ...now.keys()])];
  const changes = names.flatMap((name): PlanChange[] => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was === undefined) return [{ kind: 'added', part, name, keys: [] }];
    if (is === undefined) return [{ kind: 'removed', part, name, keys: [] }];
    return same(was, is) ? [] : [{ kind: 'changed', part, name, keys: keysThatDiffer(was, is) }];
  });
  return [...changes, ...moved(part, [...old.keys()], [...now.keys()])];
}

/** Rules are tried in their order: those that stand behind another one than before. */
function moved(part: string, before: readonly string[], after: readonly string[]): PlanChange[] {
  const [old, now] = [
    before.filter((name) => after.includes(name)),
    after.filter((name) => before.includes(name)),
  ];
  return now.flatMap((name, place) =>
    part === 'rules' && old[place] !== name ? [{ kind: 'moved', part, name, keys: [] }] : [],
  );
}

/** A list of mappings with names, by these; null: it is something else. Nothing counts as an empty list. */
function namedIn(value: unknown): ReadonlyMap<string, unknown> | null {
  if (value === undefined) return new Map();
  if (!Array.isArray(value)) return null;
  const named = value.map((one: unknown) => [nameOf(one), one] as const);
  return named.every(([name]) => name !== null) ? new Map(named as [string, unknown][]) : null;
}

function nameOf(value: unknown): string | null {
  if (!isMapping(value)) return null;
  const name = value.name ?? value.number;
  return typeof name === 'string' ? name : null;
}

function keysThatDiffer(before: unknown, after: unknown): string[] {
  if (!isMapping(before) || !isMapping(after)) return [];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !same(before[key], after[key]));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Order of keys does not count. */
function same(a: unknown, b: unknown): boolean {
  if (isMapping(a) && isMapping(b)) return keysThatDiffer(a, b).length === 0;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, place) => same(one, b[place]));
  return a === b;
}
