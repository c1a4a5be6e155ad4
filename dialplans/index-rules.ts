import type { Rule, RuleIndex } from './plan.ts';

/** Sorts rules by what they say of the called number, so that most calls look at a few of many. */
export function indexRules(rules: readonly Rule[]): RuleIndex {
  const exact = new Map<string, number[]>();
  const prefix = new Map<string, number[]>();
  const rest: number[] = [];
  let longestPrefix = 0;
  rules.forEach((rule, place) => {
    const called = rule.conditions.find(({ field }) => field === 'called');
    if (called === undefined || called.kind === 'regex') rest.push(place);
    else {
      const index = called.kind === 'exact' ? exact : prefix;
      const places = index.get(called.folded);
      if (places === undefined) index.set(called.folded, [place]);
      else places.push(place);
      if (called.kind === 'prefix') longestPrefix = Math.max(longestPrefix, called.folded.length);
    }
  });
  return { exact, prefix, longestPrefix, rest };
}

/** Places of the rules that can concern a called number (folded), ascending. */
export function* candidates(index: RuleIndex, called: string): Generator<number> {
  const lists = [index.rest, index.exact.get(called) ?? []];
  for (let length = 1; length <= Math.min(index.longestPrefix, called.length); length++) {
    const places = index.prefix.get(called.slice(0, length));
    if (places !== undefined) lists.push(places);
  }
  const heads = lists.map(() => 0);
  for (;;) {
    let next = Infinity;
    let from = -1;
    lists.forEach((list, which) => {
      const place = list[heads[which] ?? 0] ?? Infinity;
      if (place < next) {
        next = place;
        from = which;
      }
    });
    if (from === -1) return;
    heads[from] = (heads[from] ?? 0) + 1;
    yield next;
  }
}
