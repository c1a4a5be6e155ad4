import type { Condition } from './conditions.ts';
import { masked } from './blocks.ts';
import type { Facts, TextField } from './facts.ts';
import type { Rule } from './plan.ts';
import { literalPrefixes } from './regex-literals.ts';
import type { Places, RuleIndex } from './rule-index.ts';

/** A table costs every call a look. */
const maxHeaderTables = 16;
/** Rules that may have one key before another one is better, though it tells fewer calls apart. */
const maxCrowd = 16;

type Key =
  | { readonly kind: 'exact' | 'prefix'; readonly field: TextField; readonly texts: readonly string[] }
  | { readonly kind: 'digits'; readonly field: 'called' | 'calling'; readonly digits: string }
  | { readonly kind: 'source'; readonly condition: Extract<Condition, { kind: 'source' }> };

/** How well a field's exact text tells calls apart; what begins alike tells less the shorter it is. */
const weights: Readonly<Record<string, number>> = {
  called: 100,
  calling: 95,
  calledUri: 90,
  callingUri: 85,
  source: 70,
  trunk: 40,
  verstat: 3,
  transport: 3,
  registered: 2,
  protocol: 1,
};
const headerWeight = 80;

/** Rules that are sorted between two chances to do something else: a millisecond's worth. */
const rulesPerStep = 500;

/** Sorts rules by what they say of a call, so that most calls look at a few of many; in steps. */
export function* indexRules(rules: readonly Rule[]): Generator<void, RuleIndex> {
  const headers = new Set<string>();
  const tables = new Map<TextField, { exact: Map<string, number[]>; prefix: Map<string, number[]> }>();
  const digits = { called: new Map<string, number[]>(), calling: new Map<string, number[]>() };
  const sources = new Map<number, Map<bigint, number[]>>();
  const rest: number[] = [];
  const crowds = yield* crowdsOf(rules);
  for (const [place, rule] of rules.entries()) {
    if (place % rulesPerStep === 0) yield;
    const key = bestKey(rule.conditions, headers, crowds);
    if (key === null) rest.push(place);
    else if (key.kind === 'digits') append(digits[key.field], key.digits, place);
    else if (key.kind === 'source') {
      for (const { bits, value } of key.condition.blocks) {
        const level = sources.get(bits) ?? new Map<bigint, number[]>();
        sources.set(bits, level);
        append(level, value, place);
      }
    } else {
      const table = tables.get(key.field) ?? {
        exact: new Map<string, number[]>(),
        prefix: new Map<string, number[]>(),
      };
      tables.set(key.field, table);
      for (const text of new Set(key.texts)) append(table[key.kind], text, place);
    }
  }
  return {
    tables: [...tables].map(([field, { exact, prefix }]) => ({
      field,
      exact,
      prefix,
      lengths: lengthsOf(prefix),
    })),
    digits,
    sources: [...sources].map(([bits, blocks]) => ({ bits, blocks })),
    rest,
  };
}

function append<K>(places: Map<K, number[]>, key: K, place: number): void {
  const list = places.get(key);
  if (list === undefined) places.set(key, [place]);
  else if (list.at(-1) !== place) list.push(place);
}

function lengthsOf(prefixes: ReadonlyMap<string, unknown>): readonly number[] {
  return [...new Set([...prefixes.keys()].map((prefix) => prefix.length))].sort((a, b) => a - b);
}

/** How many rules have a key, by its name. */
function* crowdsOf(rules: readonly Rule[]): Generator<void, ReadonlyMap<string, number>> {
  const crowds = new Map<string, number>();
  for (const [place, { conditions }] of rules.entries()) {
    if (place % rulesPerStep === 0) yield;
    for (const condition of conditions) {
      const one = keyOf(condition);
      if (one === null) continue;
      for (const name of namesOf(one.key)) crowds.set(name, (crowds.get(name) ?? 0) + 1);
    }
  }
  return crowds;
}

function namesOf(key: Key): readonly string[] {
  switch (key.kind) {
    case 'exact':
    case 'prefix':
      return key.texts.map((text) => `${key.field} ${key.kind} ${text}`);
    case 'digits':
      return [`${key.field} digits ${key.digits}`];
    case 'source':
      return key.condition.blocks.map(({ value, bits }) => `${value}/${bits}`);
  }
}

/** The key that tells a rule best from others; where too many have that one, the one that the fewest have. */
function bestKey(
  conditions: readonly Condition[],
  headers: Set<string>,
  crowds: ReadonlyMap<string, number>,
): Key | null {
  let best: { readonly key: Key; readonly crowd: number; readonly weight: number } | null = null;
  for (const condition of conditions) {
    const one = keyOf(condition);
    if (one === null) continue;
    const most = Math.max(...namesOf(one.key).map((name) => crowds.get(name) ?? 0));
    const crowd = most <= maxCrowd ? 0 : most;
    if (best !== null && (crowd > best.crowd || (crowd === best.crowd && one.weight <= best.weight)))
      continue;
    if (condition.field.startsWith('header:') && !headers.has(condition.field)) {
      if (headers.size >= maxHeaderTables) continue;
      headers.add(condition.field);
    }
    best = { key: one.key, crowd, weight: one.weight };
  }
  return best?.key ?? null;
}

function keyOf(condition: Condition): { key: Key; weight: number } | null {
  const weight = weights[condition.field] ?? headerWeight;
  switch (condition.kind) {
    case 'exact':
      return { key: { kind: 'exact', field: condition.field, texts: [condition.folded] }, weight };
    case 'one-of':
      return { key: { kind: 'exact', field: condition.field, texts: [...condition.folded] }, weight };
    case 'prefix':
      return prefixKey(condition.field, [condition.folded], weight);
    case 'regex':
      return prefixKey(condition.field, literalPrefixes(condition.source), weight);
    case 'e164':
      return { key: { kind: 'digits', field: condition.field, digits: condition.digits }, weight };
    case 'source':
      return { key: { kind: 'source', condition }, weight };
    case 'present':
    case 'language':
    case 'time':
      return null;
  }
}

function prefixKey(field: TextField, texts: readonly string[], weight: number) {
  // All addresses begin with their scheme.
  const common = field.endsWith('Uri') ? 'sip:'.length : 0;
  const shortest = Math.min(...texts.map((text) => text.length - common));
  if (shortest <= 0) return null;
  return { key: { kind: 'prefix', field, texts } as const, weight: weight / 2 + Math.min(shortest, 20) };
}

/** Places from `from` on of the rules that can concern a call, ascending. */
export class Candidates {
  readonly #lists: Places[] = [];
  readonly #heads: number[] = [];
  #last = -1;

  constructor(index: RuleIndex, facts: Facts, from: number) {
    const add = (places: Places | undefined): void => {
      if (places === undefined) return;
      const head = firstFrom(places, from);
      if (head === places.length) return;
      this.#lists.push(places);
      this.#heads.push(head);
    };
    add(index.rest);
    for (const { field, exact, prefix, lengths } of index.tables) {
      const text = facts.folded(field);
      add(exact.get(text));
      for (const length of lengths) {
        if (length > text.length) break;
        add(prefix.get(text.slice(0, length)));
      }
    }
    if (index.digits.called.size > 0) add(index.digits.called.get(facts.digits('called')));
    if (index.digits.calling.size > 0) add(index.digits.calling.get(facts.digits('calling')));
    if (index.sources.length > 0 && facts.source !== null) {
      for (const { bits, blocks } of index.sources) add(blocks.get(masked(facts.source, bits)));
    }
  }

  /** -1: there is none any more. */
  next(): number {
    for (;;) {
      let place = Infinity;
      let which = -1;
      for (let i = 0; i < this.#lists.length; i++) {
        const head = this.#lists[i].at(this.#heads[i]) ?? Infinity;
        if (head < place) {
          place = head;
          which = i;
        }
      }
      if (which === -1) return -1;
      this.#heads[which]++;
      // A regex with several beginnings may stand in more than one list.
      if (place === this.#last) continue;
      this.#last = place;
      return place;
    }
  }
}

/** Index of the first place that is `from` or more. */
function firstFrom(places: Places, from: number): number {
  if (from === 0) return 0;
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
