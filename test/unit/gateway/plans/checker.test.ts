import { afterEach, describe, expect, it } from 'vitest';
import { checkPlan } from '../../../../dialplans/check.ts';
import { explainBriefly, resolve } from '../../../../dialplans/resolve.ts';
import { PlanChecker, smallTexts } from '../../../../gateway/plans/checker/checker.ts';
import type { ThreadOptions } from '../../../../gateway/plans/checker/thread.ts';
import { largePlan } from '../../../support/large-plan.ts';
import { oddThread } from '../../../support/odd-thread.ts';
import { echoPlan } from '../../../support/plans.ts';

const fragments = { 'parts/days.yaml': "holidays: { x: ['01-01'] }\nvariables: { where: lobby }" };
const { text, call } = largePlan(600);
const include = `${text}include: [parts/days.yaml]\n`;
const never = new AbortController().signal;
const here = (texts: Parameters<typeof checkPlan>[0]) => checkPlan(texts, { fragments, prompts: null });

const open: PlanChecker[] = [];
const checkerWith = (thread?: ThreadOptions): PlanChecker => {
  const prompts = () => Promise.resolve({ shipped: {}, tenants: {} });
  const checker = new PlanChecker({ prompts, ...(thread && { thread }) });
  open.push(checker);
  return checker;
};
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('a large plan is checked in a thread of its own', () => {
  it('and decides as if it had been checked here', async () => {
    const texts = [{ name: 'a.yaml', text: include }];
    expect(include.length).toBeGreaterThan(smallTexts);
    const aside = await checkerWith().check(texts, fragments, never);
    const { plan } = here(texts);
    expect(aside).toMatchObject({ problems: [], tests: [] });
    if (aside.plan === null || plan === null) throw new Error('the plan is good');
    expect(aside.plan.version).toBe(plan.version);
    expect(aside.plan.files).toEqual(plan.files);
    expect(aside.plan.rules.map(({ name }) => name)).toEqual(plan.rules.map(({ name }) => name));
    for (let i = 0; i < 600; i++) expect(resolve(aside.plan, call(i))).toEqual(resolve(plan, call(i)));
  });

  it('and its mistakes are named as if it had been', async () => {
    const test = 'tests: [{ name: t, call: { called: nobody }, expect: { rule: rule 0 } }]\n';
    const texts = [{ name: 'a.yaml', text: `${include}${test}` }];
    const aside = await checkerWith().check(texts, fragments, never);
    expect(aside).toEqual(here(texts));
    expect(aside.problems).toMatchObject([{ code: 'PLAN_TEST_FAILED', file: 'a.yaml' }]);
  });

  it('and what is asked of a text is answered there, too', async () => {
    const checker = checkerWith();
    const texts = [{ name: 'a.yaml', text: include }];
    const both = { before: text, after: include };
    const { plan } = here(texts);
    if (plan === null) throw new Error('the plan is good');
    const [trial, explained, counts, difference] = await Promise.all([
      checker.trial(texts, fragments, both, never),
      checker.explain(texts, fragments, call(3), never),
      checker.counts(include, never),
      checker.difference({ label: 'v1', text }, { label: 'v2', text: include }, never),
    ]);
    const changes = [{ kind: 'added', part: 'include', name: null, keys: [] }];
    expect(trial).toEqual({ problems: [], tests: [], changes });
    expect(explained.resolution).toEqual(explainBriefly(plan, call(3)));
    expect(counts).toEqual({ rules: 600, tests: 0 });
    expect(difference).toMatchObject({ changes, text: expect.stringContaining('+include') as string });
  });
});

it('a small one is checked at once', async () => {
  const none = checkerWith({
    start: () => {
      throw new Error('no thread is needed');
    },
  });
  const { plan } = await none.check([{ name: 'a.yaml', text: 'version: 1' }], {}, never);
  expect(plan?.rules).toEqual([]);
});

describe('a check that does not come to its end', () => {
  const texts = [{ name: 'a.yaml', text: include }];
  const onceWith = (code: string, more: ThreadOptions = {}) => {
    const odd = oddThread(code);
    return { checker: checkerWith({ ...more, start: odd.start }), begun: odd.begun };
  };

  it.each([
    ['whose thread dies', 'process.exit(3)', /the thread that checks them ended/],
    ['whose thread fails', 'throw new Error("out of order")', /out of order/],
    [
      'whose thread has no memory left',
      'const all = []; for (;;) all.push(new Array(1e6).fill(0))',
      /memory/,
    ],
  ])('%s says so, and the next one has another thread', async (_name, code, words) => {
    const { checker } = onceWith(code);
    await expect(checker.check(texts, fragments, never)).rejects.toMatchObject({
      code: 'PLAN_CHECK_FAILED',
      httpStatus: 503,
      message: expect.stringMatching(words) as string,
      remedy: expect.stringContaining('last good plans') as string,
    });
    expect((await checker.check(texts, fragments, never)).problems).toEqual([]);
  });

  it('in time says so', async () => {
    const { checker } = onceWith('for (;;);', { deadlineMs: 50 });
    await expect(checker.check(texts, fragments, never)).rejects.toMatchObject({
      code: 'PLAN_CHECK_FAILED',
      message: 'The plans could not be checked: not within 0.05 s.',
    });
  });

  it('because nobody waits any more makes room for the next', async () => {
    const { checker, begun } = onceWith('for (;;);');
    const stop = new AbortController();
    const stopped = checker.counts(include, stop.signal);
    const next = checker.counts(include, never);
    await begun;
    stop.abort(new Error('nobody waits'));
    await expect(stopped).rejects.toThrow('nobody waits');
    expect(await next).toEqual({ rules: 600, tests: 0 });
  });

  it('holds up nobody who publishes, and only so many wait for it', async () => {
    const { checker, begun } = onceWith('for (;;);');
    const stop = new AbortController();
    const asked = Array.from({ length: 30 }, () => checker.counts(include, stop.signal));
    const settled = Promise.allSettled(asked);
    await begun;
    expect((await checker.check(texts, fragments, never)).problems).toEqual([]);
    stop.abort(new Error('over'));
    const refused = (await settled).filter(
      (one) => one.status === 'rejected' && (one.reason as { code?: string }).code === 'PLAN_CHECKS_BUSY',
    );
    expect(refused).toHaveLength(13);
  });
});

it('a plan that is called off while it is taken over does not come', async () => {
  const stop = new AbortController();
  const checking = checkerWith().check([{ name: 'a.yaml', text: echoPlan('a', 1) }], {}, stop.signal);
  stop.abort(new Error('closed'));
  await expect(checking).rejects.toThrow('closed');
});
