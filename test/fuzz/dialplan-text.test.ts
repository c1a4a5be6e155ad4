import { readFileSync } from 'node:fs';
import { applyPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../dialplans/check.ts';
import { diffPlans, diffTexts, type PlanDifference } from '../../dialplans/diff.ts';
import { PlanError } from '../../dialplans/errors.ts';
import { commentsOf, formatPlan } from '../../dialplans/format.ts';
import { readYaml } from '../../dialplans/yaml.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const shipped = ['plans/default.yaml', 'examples/company.yaml'].map((name) => read(`dialplans/${name}`));
/** As people write before they know of fmt. */
const careless = `version:   1
tenant: acme
variables: {a: "x",b: y}   # two of them
rules:
- name:   pin     # the PIN
  match: {called: "1000",
          calling: {prefix: '+49'}}
  action:    ask-pin


# the reception
- name: 'reception'
  match:
      called: {regex: "(?P<room>[a-z]{1,20})" }
      time:
        # by day
        hours:
        - 08:00-12:00
        - 13:00-18:00   # after lunch
        zone: Europe/Berlin
  action:
      menu: {prompt: welcome, options: {1: ask-pin, '#': {join: {room: "\${a}-\${room} and a text that is so long that it does not fit into a line of any terminal"}}}}
# what follows is for later
# - name: later

tests: [ {name: t, call: {called: 1000, calling: '+49', at: '2026-01-07T09:00'}, expect: {rule: pin}} ]
`;

interface Edit {
  readonly at: number;
  readonly kind: 'comment' | 'blank' | 'end' | 'crlf';
  readonly indent: number;
  readonly words: string;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.noBias(fc.nat({ max: 9999 })),
  kind: fc.constantFrom('comment' as const, 'blank' as const, 'end' as const, 'crlf' as const),
  indent: fc.nat({ max: 9 }),
  words: fc.constantFrom('', ' x', 'x: y', ' - name: off', ' "quoted"', ' # #', ' über 🎉', " it's"),
});

/** Comments and blank lines anywhere between and behind the lines. */
function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { at, kind, indent, words }) => {
    if (kind === 'crlf') return before.replaceAll(/\r?\n/g, '\r\n');
    const lines = before.split('\n');
    const place = at % lines.length;
    if (kind === 'end') lines[place] += ` #${words}`;
    else lines.splice(place, 0, kind === 'blank' ? '' : `${' '.repeat(indent)}#${words}`);
    return lines.join('\n');
  }, text);
}

describe('fmt', () => {
  it(
    'changes the layout only, keeps each comment, and finds nothing to do the second time',
    { timeout: 60_000 },
    () => {
      let changed = 0;
      fc.assert(
        fc.property(
          fc.constantFrom(...shipped, careless),
          fc.array(edit, { maxLength: 8 }),
          (text, edits) => {
            const before = edited(text, edits);
            let value: unknown;
            try {
              ({ value } = readYaml('p', before));
            } catch (error) {
              expect(error).toBeInstanceOf(PlanError);
              return;
            }
            const formatted = formatPlan('p', before);
            expect(readYaml('p', formatted).value).toEqual(value);
            expect(commentsOf(formatted)).toEqual(commentsOf(before.replaceAll('\r\n', '\n')));
            expect(formatPlan('p', formatted)).toBe(formatted);
            const said = (text_: string) =>
              checkPlan([{ name: 'p', text: text_ }]).problems.map(({ message }) => message);
            expect(said(formatted)).toEqual(said(before));
            if (formatted !== before) changed++;
          },
        ),
        { numRuns: 60 },
      );
      expect(changed).toBeGreaterThan(25);
    },
  );

  it('of any text is a layout of the same, or a readable refusal', { timeout: 60_000 }, () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b',
        ': ',
        ':\n',
        '- ',
        '\n',
        '\n  ',
        '\n    ',
        '# c',
        ' # c',
        '"',
        "'",
        '{ ',
        ' }',
        '[',
        ']',
        ', ',
      ],
      ...[
        '&x ',
        '*x',
        '|\n  t\n',
        '>\n  t\n',
        '? ',
        '!!str ',
        '---\n',
        '~',
        '\t',
        '\u202e',
        '🎉',
        '1',
        '0049',
        '\r\n',
      ],
    );
    let good = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        let formatted: string;
        try {
          formatted = formatPlan('p', text);
        } catch (error) {
          expect(error).toBeInstanceOf(PlanError);
          return;
        }
        good++;
        expect(readYaml('p', formatted).value).toEqual(readYaml('p', text).value);
        expect(formatPlan('p', formatted)).toBe(formatted);
      }),
      { numRuns: 2500 },
    );
    expect(good).toBeGreaterThan(250);
  });
});

describe('diff', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const rule = fc.record({
    name,
    priority: fc.constantFrom(100, 100, 50),
    match: fc.record({ called: fc.constantFrom('1', '2', '3') }),
    action: fc.constantFrom('echo', 'ask-pin', { join: { room: 'x' } }),
  });
  const plan = fc.record({
    version: fc.constant(1),
    variables: fc.dictionary(name, fc.constantFrom('x', 'y'), { maxKeys: 3 }),
    holidays: fc.dictionary(name, fc.constantFrom(['01-01'], ['12-24', '12-25']), { maxKeys: 3 }),
    numbers: fc.uniqueArray(
      fc.record({ number: fc.constantFrom('+4930901820', '1000', '2000'), invite: fc.boolean() }),
      {
        selector: ({ number }) => number,
        maxLength: 3,
      },
    ),
    rules: fc.uniqueArray(rule, { selector: (one) => one.name, maxLength: 6 }),
  });
  type PlanSource = typeof plan extends fc.Arbitrary<infer T> ? T : never;
  const snapshot = (source: PlanSource) => ({
    texts: [{ name: 'p.yaml', text: `${JSON.stringify(source, null, 1)}\n` }],
    fragments: {},
  });
  const inOrder = ({ rules }: PlanSource): string[] =>
    [...rules].sort((a, b) => a.priority - b.priority).map((one) => one.name);
  const named = (
    differences: readonly PlanDifference[],
    change: PlanDifference['change'],
    part?: string,
  ): string[] =>
    differences
      .filter((one) => one.change === change && (part === undefined || one.part === part))
      .map((one) => `${one.part} ${one.name}`)
      .sort();

  it('says nothing of the same, the opposite the other way round, and each change', () => {
    fc.assert(
      fc.property(plan, plan, (old, young) => {
        const [before, after] = [snapshot(old), snapshot(young)];
        expect(diffPlans(before, before)).toEqual([]);
        const formatted = formatPlan('p.yaml', before.texts[0].text);
        expect(diffPlans(before, { ...before, texts: [{ name: 'p.yaml', text: formatted }] })).toEqual([]);
        const [there, back] = [diffPlans(before, after), diffPlans(after, before)];
        expect(named(there, 'added')).toEqual(named(back, 'removed'));
        expect(named(there, 'removed')).toEqual(named(back, 'added'));
        const turned = back
          .filter(({ change }) => change === 'changed')
          .map((one) => ({
            ...one,
            keys: one.keys.map(({ key, ...was }) => ({
              key,
              ...('after' in was ? { before: was.after } : {}),
              ...('before' in was ? { after: was.before } : {}),
            })),
          }));
        const changed = there.filter(({ change }) => change === 'changed');
        const byName = (list: readonly PlanDifference[]) =>
          new Map(
            list.map((one) => [
              `${one.part} ${one.name}`,
              new Set(one.keys.map((key) => JSON.stringify(key))),
            ]),
          );
        expect(byName(changed)).toEqual(byName(turned));
      }),
      { numRuns: 100 },
    );
  });

  it('names the rules that moved, and no more than explain the new order', () => {
    let moves = 0;
    fc.assert(
      fc.property(plan, fc.infiniteStream(fc.nat({ max: 100 })), (old, numbers) => {
        const shuffled = [...old.rules].map((one) => ({ one, at: Number(numbers.next().value) }));
        const young = { ...old, rules: shuffled.sort((a, b) => a.at - b.at).map(({ one }) => one) };
        const moved = named(diffPlans(snapshot(old), snapshot(young)), 'moved', 'rule');
        const stay = (source: PlanSource) => inOrder(source).filter((one) => !moved.includes(`rule ${one}`));
        expect(stay(young)).toEqual(stay(old));
        expect(moved.length).toBeLessThan(Math.max(1, old.rules.length));
        if (moved.length > 0) moves++;
      }),
      { numRuns: 300 },
    );
    expect(moves).toBeGreaterThan(50);
  });

  it('has a patch that makes the new text of the old one', () => {
    fc.assert(
      fc.property(plan, plan, (old, young) => {
        const [before, after] = [snapshot(old), snapshot(young)];
        const patch = diffTexts(before, after);
        const [{ text }] = before.texts;
        expect(patch === '' ? text : applyPatch(text, patch)).toBe(after.texts[0].text);
      }),
      { numRuns: 100 },
    );
  });
});
