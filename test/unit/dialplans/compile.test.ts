import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../../dialplans/check.ts';
import { PlanError, type PlanProblem } from '../../../dialplans/errors.ts';

function problemsOf(...texts: string[]): readonly PlanProblem[] {
  try {
    compilePlan(texts.map((text, index) => ({ name: `${index}.yaml`, text })));
  } catch (error) {
    if (error instanceof PlanError) return error.problems;
    throw error;
  }
  return [];
}

const rules = (text: string) => `version: 1\nrules:\n${text}`;

describe('a mistake is named with its place, its code and what to do', () => {
  it.each<[string, string, Partial<PlanProblem>]>([
    ['broken YAML', 'version: 1\nrules: [', { code: 'PLAN_YAML', line: 2 }],
    ['an empty file', '', { code: 'PLAN_SCHEMA', line: 1, column: 1 }],
    ['a second document', 'version: 1\n---\nversion: 1', { code: 'PLAN_YAML', line: 3, column: 1 }],
    [
      'a key that stands twice',
      'version: 1\ntenant: a\ntenant: b',
      { code: 'PLAN_YAML', line: 3, column: 1 },
    ],
    ['an unknown tag', 'version: 1\ntenant: !!js/function x', { code: 'PLAN_YAML', line: 2 }],
    [
      'no version',
      'rules: []',
      { code: 'PLAN_SCHEMA', message: '"version" is missing; it must be 1, the version of this format' },
    ],
    [
      'an unknown key',
      'version: 1\nlangage: en',
      { code: 'PLAN_UNKNOWN_KEY', line: 2, column: 1, message: 'the file has no key "langage"' },
    ],
    [
      'an unknown key in a rule',
      rules('  - name: a\n    match: { caled: 1 }\n    action: echo'),
      {
        code: 'PLAN_UNKNOWN_KEY',
        line: 4,
        column: 14,
        message: '"match" of the rule "a" has no key "caled"',
      },
    ],
    [
      'a rule without a name',
      rules('  - match: {}\n    action: echo'),
      { line: 3, column: 5, remedy: 'Add it.' },
    ],
    [
      'an unknown action',
      rules('  - {name: a, match: {}, action: dance}'),
      { code: 'PLAN_SCHEMA', line: 3, column: 34 },
    ],
    [
      'two actions',
      rules('  - {name: a, match: {}, action: {echo: {}, ask-pin: {}}}'),
      { code: 'PLAN_SCHEMA' },
    ],
    [
      'an unknown layout',
      rules('  - {name: a, match: {}, action: {ask-pin: {layout: mosaic}}}'),
      {
        code: 'PLAN_SCHEMA',
        message:
          '"action.ask-pin.layout" of the rule "a" must be one of: auto, grid, speaker, lecture, one-on-one, presentation',
      },
    ],
    [
      'a layout where no room is seen',
      rules('  - {name: a, match: {}, action: {echo: {layout: grid}}}'),
      { code: 'PLAN_UNKNOWN_KEY' },
    ],
    [
      'a word for a number',
      rules('  - {name: a, priority: high, match: {}, action: echo}'),
      { line: 3, column: 25 },
    ],
    [
      'an unusable regex',
      rules('  - {name: a, match: {called: {regex: "(a"}}, action: echo}'),
      { code: 'PLAN_BAD_REGEX', line: 3, column: 39 },
    ],
    [
      'a backreference',
      rules('  - {name: a, match: {called: {regex: "(a)\\\\1"}}, action: echo}'),
      { code: 'PLAN_BAD_REGEX' },
    ],
    [
      'a regex that grows',
      rules('  - {name: a, match: {called: {regex: "(([0-9a-z]{90}){11}x){2}(y{100}){9}"}}, action: echo}'),
      { code: 'PLAN_BAD_REGEX' },
    ],
    [
      'an address without scheme',
      rules('  - {name: a, match: {calledUri: a@b}, action: echo}'),
      { code: 'PLAN_SCHEMA', line: 3, column: 34 },
    ],
    [
      'an undefined trunk',
      rules('  - {name: a, match: {trunk: t}, action: echo}'),
      { code: 'PLAN_UNKNOWN_TRUNK', line: 3, column: 30 },
    ],
    [
      'an undefined variable',
      rules('  - {name: a, match: {}, action: {join: {room: "${x}"}}}'),
      { code: 'PLAN_UNKNOWN_VARIABLE', line: 3, column: 48 },
    ],
    [
      'a variable of every object',
      rules('  - {name: a, match: {}, action: {join: {room: "${constructor}"}}}'),
      { code: 'PLAN_UNKNOWN_VARIABLE' },
    ],
    [
      'a broken reference',
      rules('  - {name: a, match: {}, action: {join: {room: "${x"}}}'),
      { code: 'PLAN_BAD_TEMPLATE' },
    ],
    [
      'a room name that is too long',
      rules(`  - {name: a, match: {}, action: {join: {room: ${'x'.repeat(129)}}}}`),
      { code: 'PLAN_BAD_ROOM' },
    ],
    [
      'a room name of blanks',
      rules('  - {name: a, match: {}, action: {join: {room: "  "}}}'),
      { code: 'PLAN_BAD_ROOM' },
    ],
    [
      'a control character',
      rules('  - {name: a, match: {}, action: {join: {room: "a\\nb"}}}'),
      { code: 'PLAN_SCHEMA' },
    ],
    [
      'a group with the name of a variable',
      'version: 1\nvariables: {x: a}\nrules:\n  - {name: a, match: {called: {regex: "(?P<x>a)"}}, action: echo}',
      { code: 'PLAN_VARIABLE_CLASH', line: 4 },
    ],
    ...[
      'carrier.example',
      '{uri: "sip:a", everySeconds: 4}',
      '{everySeconds: 60}',
      '{uri: "sip:a", often: 1}',
    ].map((ping): [string, string, object] => [
      `a bad ping ${ping}`,
      `version: 1\ntrunks: [{name: t, sources: [192.0.2.1], ping: ${ping}}]`,
      { line: 2 },
    ]),
    [
      'a bad source',
      'version: 1\ntrunks: [{name: t, sources: [192.0.2.300]}]',
      { code: 'PLAN_BAD_SOURCE', line: 2, column: 30 },
    ],
    [
      'a block with host bits',
      'version: 1\ntrunks: [{name: t, sources: [192.0.2.1/24]}]',
      { code: 'PLAN_BAD_SOURCE' },
    ],
    ['no source', 'version: 1\ntrunks: [{name: t, sources: []}]', { code: 'PLAN_SCHEMA' }],
    ['a trunk called none', 'version: 1\ntrunks: [{name: none, sources: [::1]}]', { code: 'PLAN_SCHEMA' }],
  ])('%s', (_what, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ file: '0.yaml', ...expected });
    expect(problems[0]?.remedy).toMatch(/\.$/);
  });

  it('no file at all', () => {
    expect(problemsOf()).toMatchObject([{ code: 'PLAN_NO_FILES' }]);
  });

  it('all mistakes at once, in the order of the lines, as text for a terminal', () => {
    const text = rules(
      '  - {name: a, match: {trunk: t}, action: echo}\n  - {name: a, match: {called: {regex: "["}}, action: echo}',
    );
    expect(problemsOf(text).map(({ line, code }) => [line, code])).toEqual([
      [3, 'PLAN_UNKNOWN_TRUNK'],
      [4, 'PLAN_DUPLICATE_RULE'],
      [4, 'PLAN_BAD_REGEX'],
    ]);
    expect(() => compilePlan([{ name: 'x.yaml', text }])).toThrow(
      'x.yaml:3:30: there is no trunk "t" (PLAN_UNKNOWN_TRUNK). Known: none. Trunks are defined under "trunks".',
    );
  });

  it('across files: trunks and rule names', () => {
    const trunk = 'version: 1\ntrunks: [{name: t, sources: [192.0.2.1]}]';
    const other = 'version: 1\ntrunks: [{name: t, sources: [192.0.2.1/32]}]';
    expect(problemsOf(trunk, other)).toMatchObject([
      { file: '1.yaml', code: 'PLAN_DUPLICATE_TRUNK' },
      { file: '1.yaml', code: 'PLAN_DUPLICATE_SOURCE' },
    ]);
    const rule = rules('  - {name: a, match: {called: 1, trunk: t}, action: echo}');
    expect(problemsOf(rule, trunk)).toEqual([]);
    expect(problemsOf(rule, trunk, rules('  - {name: a, match: {called: 2}, action: echo}'))).toMatchObject([
      { file: '2.yaml', code: 'PLAN_DUPLICATE_RULE' },
    ]);
  });
});

describe('rules that no call can reach', () => {
  const a = (match: string, more = '') =>
    `  - {name: n${match.length}${more.length}, match: ${match}, action: echo${more}}`;

  it.each([
    ['behind an unconditional one', '{}', '{called: 1}'],
    ['behind the same', '{called: demo}', '{called: Demo}'],
    ['behind a wider one', '{called: 1}', '{called: 1, transport: tcp}'],
    ['behind its prefix', '{called: {prefix: "1"}}', '{called: 12}'],
    ['behind the same regex', '{calling: {regex: "1+"}}', '{calling: {regex: "1+"}, protocol: sip}'],
  ])('%s', (_what, first, second) => {
    const problems = problemsOf(rules(`${a(first)}\n${a(second, ', language: en')}`));
    expect(problems).toMatchObject([{ code: 'PLAN_SHADOWED_RULE', line: 4, column: 5 }]);
    expect(problems[0]?.message).toContain('0.yaml:3');
  });

  it('are not those with other conditions, or with a lower priority number', () => {
    expect(problemsOf(rules(`${a('{called: 1, transport: tcp}')}\n${a('{called: 1}')}`))).toEqual([]);
    expect(problemsOf(rules(`${a('{called: {prefix: "1"}}')}\n${a('{called: 21}')}`))).toEqual([]);
    expect(problemsOf(rules(`${a('{}')}\n${a('{called: 1}', ', priority: 1')}`))).toEqual([]);
  });
});

it('is a snapshot whose version follows the text', () => {
  const compile = (text: string) => compilePlan([{ name: 'a.yaml', text }]);
  const plan = compile('version: 1');
  expect(plan.version).toMatch(/^[0-9a-f]{12}$/);
  expect(compile('version: 1').version).toBe(plan.version);
  expect(compile('version: 1 ').version).not.toBe(plan.version);
  expect(Object.isFrozen(plan) && Object.isFrozen(plan.rules) && Object.isFrozen(plan.trunks)).toBe(true);
});
