import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../../dialplans/check.ts';
import { checkAside, smallTexts } from '../../../dialplans/checker.ts';
import { resolve } from '../../../dialplans/resolve.ts';
import { largePlan } from '../../support/large-plan.ts';

const fragments = { 'parts/days.yaml': "holidays: { x: ['01-01'] }\nvariables: { where: lobby }" };
const context = { fragments, prompts: null };
const { text, call } = largePlan(600);
const include = `${text}include: [parts/days.yaml]\n`;

describe('a large plan is checked in a thread of its own', () => {
  it('and decides as if it had been checked here', async () => {
    const texts = [{ name: 'a.yaml', text: include }];
    expect(include.length).toBeGreaterThan(smallTexts);
    const [aside, here] = [await checkAside(texts, context), checkPlan(texts, context)];
    expect(aside).toMatchObject({ problems: [], tests: [] });
    if (aside.plan === null || here.plan === null) throw new Error('the plan is good');
    expect(aside.plan.version).toBe(here.plan.version);
    expect(aside.plan.rules.map(({ name }) => name)).toEqual(here.plan.rules.map(({ name }) => name));
    for (let i = 0; i < 600; i++) expect(resolve(aside.plan, call(i))).toEqual(resolve(here.plan, call(i)));
  });

  it('and its mistakes are named as if it had been', async () => {
    const texts = [
      {
        name: 'a.yaml',
        text: `${include}tests: [{ name: t, call: { called: nobody }, expect: { rule: rule 0 } }]\n`,
      },
    ];
    const [aside, here] = [await checkAside(texts, context), checkPlan(texts, context)];
    expect(aside).toEqual(here);
    expect(aside.problems).toMatchObject([{ code: 'PLAN_TEST_FAILED', file: 'a.yaml' }]);
  });
});

it('a small one is checked at once', async () => {
  const { plan } = await checkAside([{ name: 'a.yaml', text: 'version: 1' }], context);
  expect(plan?.rules).toEqual([]);
});
