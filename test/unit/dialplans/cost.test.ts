import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../../dialplans/check.ts';
import { requiredText } from '../../../dialplans/regex-literals.ts';
import { resolve } from '../../../dialplans/resolve.ts';
import { callTo } from '../../support/dial-plan.ts';
import { headerPlan, largePlan, lastRegexPlan, missed, worstPlan } from '../../support/large-plan.ts';

const check = (count: number, match: (i: number) => string) => {
  const rules = Array.from(
    { length: count },
    (_, i) => `  - { name: r${i}, match: { ${match(i)} }, action: echo }\n`,
  );
  return checkPlan([{ name: 'a.yaml', text: `version: 1\nrules:\n${rules.join('')}` }]);
};
const costly = (line: number, message: RegExp) => ({
  plan: null,
  problems: [
    { file: 'a.yaml', line, code: 'PLAN_COSTLY', message: expect.stringMatching(message) as string },
  ],
});

describe('what one call may cost', () => {
  it('is a thousand rules, however they come together', () => {
    const time = (i: number): string => `language: de-${1000 + i}, time: { days: mon, zone: UTC }`;
    expect(check(1000, time).problems).toEqual([]);
    expect(check(1001, time)).toMatchObject(costly(1003, /look at 1001 rules, more than 1000/));
    expect(check(1001, (i) => `called: 1000, language: de-${1000 + i}`)).toMatchObject(
      costly(1003, /look at 1001 rules/),
    );
    expect(check(1001, (i) => `called: { prefix: "+49" }, language: de-${1000 + i}`)).toMatchObject(
      costly(1003, /look at 1001 rules/),
    );
  });

  it('is as many regexes as are tried in that time', () => {
    const number = (i: number): string => `called: { regex: "[0-9]{3}[a-f]{1,${i + 1}}" }`;
    expect(check(120, number).problems).toEqual([]);
    expect(check(121, number)).toMatchObject(costly(123, /try 121 regular expressions/));
    const address = (i: number): string => `calledUri: { regex: ".*[0-9]{1,${i + 1}}x" }`;
    expect(check(40, address).problems).toEqual([]);
    expect(check(41, address)).toMatchObject(costly(43, /try 41 regular expressions/));
    const fixed = (i: number): string => `calledUri: { regex: ".*room-${i}-.*" }`;
    expect(check(500, fixed).problems).toEqual([]);
    const same = (i: number): string => `calledUri: { regex: ".*room[0-9]{${i + 1}}.*" }`;
    expect(check(41, same)).toMatchObject({ problems: [{ code: 'PLAN_COSTLY' }] });
  });

  it('lets the plans pass that are measured', () => {
    for (const { text, call } of [
      ...[largePlan(1500), missed(largePlan(1500)), worstPlan(1500, 40, 999)],
      ...[lastRegexPlan(1500, 120), headerPlan(1500)],
    ]) {
      const { plan, problems } = checkPlan([{ name: 'a.yaml', text }]);
      expect(problems).toEqual([]);
      if (plan !== null) expect(resolve(plan, call(7)).trace.steps.length).toBeLessThanOrEqual(101);
    }
  });
});

it('rules that share a number are found by what tells them apart', () => {
  const { plan } = check(2000, (i) => `called: 1000, callingUri: "sip:x${i}@example.com"`);
  if (plan === null) throw new Error('the plan is good');
  const { route, trace } = resolve(
    plan,
    callTo('1000', { calling: { user: 'x1999', uri: 'sip:x1999@example.com' } }),
  );
  expect(route.rule).toBe('r1999');
  expect(trace.steps).toHaveLength(1);
});

it.each([
  ['.*x12y.*z', 'x12y'],
  ['room-(?P<room>[a-z0-9-]{1,40})', 'room-'],
  ['(?i)ROOM-.*', 'room-'],
  ['(?i)desk', 'de'],
  [String.raw`sip:\d+@gateway\.example`, '@gateway.example'],
  ['ab+c?def', 'def'],
  ['abc|def', ''],
  ['(abc|def)', ''],
  ['abc{0,2}', 'ab'],
  ['[abc]', ''],
  [String.raw`ab[\]x]cde`, 'cde'],
  [String.raw`abc\x41d`, 'abc'],
])('all that matches %s has "%s" in it', (source, text) => {
  expect(requiredText(source)).toBe(text);
});
