import { afterEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../../../dialplans/plan.ts';
import { largePlan } from '../../../support/large-plan.ts';
import { oddThread } from '../../../support/odd-thread.ts';
import { echoPlan, openTestPlans, type TestPlans, type TestPlansOptions } from '../../../support/plans.ts';

const ann = { by: 'ann' };
const bob = { by: 'bob' };
/** Read in a thread. */
const large = largePlan(200).text.replace('version: 1\n', 'version: 1\ntenant: acme\n');
const echoes = (plan: Plan): string[] =>
  plan.rules.map(({ name }) => name).filter((name) => /^(main|new|second)$/.test(name));

const open: TestPlans[] = [];
const start = async (more: TestPlansOptions = {}): Promise<TestPlans> => {
  const opened = await openTestPlans(more);
  open.push(opened);
  return opened;
};
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('while a large plan is checked', () => {
  it('calls go on with the last good one, and a file that changes comes after it', async () => {
    const gateway = await start();
    const { plans, desk } = gateway;
    const before = plans.current();
    const publishing = desk.put({ name: 'acme', text: large }, 'new', ann);
    await gateway.writeFile('main.yaml', echoPlan('new', 1000));
    const reloading = plans.reload();
    expect(plans.current()).toBe(before);
    await Promise.all([publishing, reloading]);
    expect(plans.problems()).toEqual([]);
    expect(echoes(plans.current())).toEqual(['new']);
    expect(plans.current().rules).toHaveLength(201);
  });

  it('another admin who publishes the same plan is told who was faster', async () => {
    const { plans, desk } = await start();
    await desk.put({ name: 'acme', text: echoPlan('second', 2000) }, 'new', ann);
    const both = await Promise.allSettled([
      desk.put({ name: 'acme', text: large }, { etags: ['v1'] }, ann),
      desk.put({ name: 'acme', text: echoPlan('new', 2000) }, { etags: ['v1'] }, bob),
    ]);
    expect(both).toMatchObject([
      { status: 'fulfilled', value: { version: 2, updatedBy: 'ann' } },
      { status: 'rejected', reason: { code: 'PLAN_VERSION_CONFLICT', current: { version: 2, by: 'ann' } } },
    ]);
    expect(plans.current().rules).toHaveLength(201);
  });

  it('another admin who publishes a plan that does not go with it is refused', async () => {
    const { plans, desk } = await start();
    const both = await Promise.allSettled([
      desk.put({ name: 'acme', text: large }, 'new', ann),
      desk.put({ name: 'other', text: echoPlan('rule 0', 2000) }, 'new', bob),
    ]);
    expect(both).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'PLAN_INVALID', problems: [{ code: 'PLAN_DUPLICATE_RULE' }] } },
    ]);
    expect(plans.current().rules).toHaveLength(201);
  });

  it('the gateway can end: the check is called off, and nothing was published', async () => {
    const { start: first, begun } = oddThread('for (;;);');
    const { plans, desk } = await start({ thread: { start: first } });
    const publishing = desk.put({ name: 'acme', text: large }, 'new', ann);
    const asked = desk.check({ name: 'acme', text: large }, new AbortController().signal);
    const settled = Promise.allSettled([publishing, asked]);
    await begun;
    await plans.close();
    expect(await settled).toMatchObject([
      { status: 'rejected', reason: { code: 'PLAN_CHECK_FAILED', httpStatus: 503 } },
      { status: 'rejected', reason: { code: 'PLAN_CHECK_FAILED' } },
    ]);
    expect(await plans.tables.revision()).toBe(0);
  });
});

describe('a check whose thread dies', () => {
  it('fails a publication, which changes nothing and can be tried again', async () => {
    const { plans, desk } = await start({ thread: { start: oddThread('process.exit()').start } });
    await expect(desk.put({ name: 'acme', text: large }, 'new', ann)).rejects.toMatchObject({
      code: 'PLAN_CHECK_FAILED',
    });
    expect(echoes(plans.current())).toEqual(['main']);
    expect(desk.list()).toHaveLength(1);
    expect(await desk.put({ name: 'acme', text: large }, 'new', ann)).toMatchObject({ version: 1 });
  });

  it('leaves the last good file in force, says so, and is made again after a while', async () => {
    let nowMs = 0;
    const clock = { nowMs: () => Date.now(), monotonicMs: () => nowMs };
    const thread = { start: oddThread('process.exit()').start };
    const gateway = await start({ thread, clock });
    const { plans } = gateway;
    await gateway.writeFile('more.yaml', large);
    await plans.reload();
    expect(plans.problems()).toMatchObject([
      {
        code: 'PLAN_NOT_CHECKED',
        message: 'The plans could not be checked: the thread that checks them ended.',
      },
    ]);
    expect(plans.status()).toMatchObject({ state: 'down' });
    expect(plans.current().rules).toHaveLength(1);
    await plans.poll();
    expect(plans.current().rules).toHaveLength(1);
    nowMs += 30_000;
    await plans.poll();
    expect(plans.problems()).toEqual([]);
    expect(plans.status()).toMatchObject({ state: 'up' });
    expect(plans.current().rules).toHaveLength(201);
  });
});

it('what is in force is not checked again', async () => {
  const none = (): never => {
    throw new Error('no thread is needed');
  };
  const { desk } = await start({ thread: { start: none } });
  await desk.put({ name: 'draft', text: large, enabled: false }, 'new', ann);
  expect(desk.get('draft')).toMatchObject({ version: 1, enabled: false });
});
