import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { resolve } from '../../../../dialplans/resolve.ts';
import { checkDialPlan } from '../../../../gateway/doctor/checks/configuration.ts';
import { shippedPromptFolder } from '../../../../gateway/prompts/prompts.ts';
import { bearer, openDoor } from '../../../fakes/admin.ts';
import { callTo } from '../../../support/dial-plan.ts';
import { largePlan } from '../../../support/large-plan.ts';
import { echoPlan, openTestPlans, type TestPlans, type TestPlansOptions } from '../../../support/plans.ts';
import { ask } from '../admin/support.ts';

const ann = { by: 'ann' };
const open: TestPlans[] = [];
const start = async (more: TestPlansOptions = {}): Promise<TestPlans> => {
  const opened = await openTestPlans(more);
  open.push(opened);
  return opened;
};
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const folder = mkdtempSync(join(tmpdir(), 'doors-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a prompt that is nowhere is a mistake with its place, a reason and a remedy', () => {
  const rule = (prompt: string): string =>
    `rules:\n  - name: sorry\n    match: { called: 3000 }\n    action: { play: { prompt: ${prompt}, then: echo } }\n`;
  const text = `version: 1\n${rule('nowhere')}`;
  const problem = (file: string) => ({
    ...{ file, line: 5, column: 31, code: 'PLAN_UNKNOWN_PROMPT' },
    message: expect.stringContaining('there is no prompt "nowhere"') as string,
    remedy: expect.stringContaining('en/nowhere.wav') as string,
  });

  it('in a file', async () => {
    const gateway = await start();
    await gateway.writeFile('main.yaml', text);
    await gateway.plans.reload();
    expect(gateway.plans.problems()).toEqual([problem('main.yaml')]);
    expect(gateway.plans.current().rules).toMatchObject([{ name: 'main' }]);
  });

  it('at the start', async () => {
    await expect(start({ files: { 'main.yaml': text } })).rejects.toMatchObject({
      problems: [problem('main.yaml')],
    });
  });

  it('in a plan of the database, and in a canary', async () => {
    const { desk, canaries, plans } = await start();
    const refused = { code: 'PLAN_INVALID', problems: [problem('acme')] };
    await expect(desk.put({ name: 'acme', text }, 'new', ann)).rejects.toMatchObject(refused);
    await desk.put({ name: 'acme', text: echoPlan('acme', 2000) }, 'new', ann);
    const canary = { text, numbers: [], share: 50, failureRate: 10, calls: 10 };
    await expect(canaries.start('acme', canary, ann)).rejects.toMatchObject(refused);
    expect(plans.runningCanary()).toBeNull();
  });

  it('in a text that is checked or tried by the API', async () => {
    const { desk } = await start();
    const door = await openDoor({ plans: desk });
    const post = (path: string, more: object) =>
      ask(door, `POST /api/v1/plans/${path}`, { headers: bearer, payload: { name: 'acme', text, ...more } });
    expect((await post('check', {})).body).toMatchObject({ problems: [problem('acme')] });
    expect(await post('try', { call: { called: '3000' } })).toMatchObject({
      status: 422,
      body: { code: 'PLAN_INVALID', problems: [problem('acme')] },
    });
    await door.server.close();
  });

  it('in a large text, which is read elsewhere', async () => {
    const { desk } = await start();
    const large = largePlan(200).text.replace('rules:\n', rule('nowhere'));
    const { problems } = await desk.check({ name: 'acme', text: large }, new AbortController().signal);
    expect(problems).toMatchObject([{ ...problem('acme'), line: 6 }]);
  });

  it('for the doctor', async () => {
    writeFileSync(join(folder, 'main.yaml'), text);
    const none = { revision: 0, plans: [], canaries: [] };
    const [finding] = await checkDialPlan(folder, shippedPromptFolder(), () => Promise.resolve(none));
    expect(finding).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('main.yaml:5:31: there is no prompt "nowhere"') as string,
    });
  });

  it('and none any more as soon as it is there', async () => {
    const names = ['welcome'];
    const prompts = () => Promise.resolve({ shipped: { en: names, de: names }, tenants: {} });
    const { desk } = await start({ prompts });
    await expect(desk.put({ name: 'acme', text }, 'new', ann)).rejects.toMatchObject({
      code: 'PLAN_INVALID',
    });
    names.push('nowhere');
    expect(await desk.put({ name: 'acme', text }, 'new', ann)).toMatchObject({ version: 1 });
  });
});

describe('a first plan with a tenant beside the default.yaml that ships', () => {
  const shipped = readFileSync(new URL('../../../../dialplans/plans/default.yaml', import.meta.url), 'utf8');
  const acme = [
    'version: 1',
    'tenant: acme',
    'tenants: [{ name: acme, title: ACME GmbH, language: de }]',
    "numbers: [{ number: '+4930901820', invite: true }]",
    'rules:',
    "  - { name: acme meetings, match: { called: { e164: '+4930901820' } }, action: ask-pin }",
  ].join('\n');

  it('counts at once, and leaves what was there to its own tenant', async () => {
    const gateway = await start({ files: { 'default.yaml': shipped } });
    await gateway.writeFile('acme.yaml', acme);
    await gateway.plans.reload();
    expect(gateway.plans.problems()).toEqual([]);
    const plan = gateway.plans.current();
    const tenantOf = (called: string) => resolve(plan, callTo(called)).route.tenant;
    expect([tenantOf('+4930901820'), tenantOf('1000'), tenantOf('nobody')]).toEqual([
      ...['acme', 'default', 'default'],
    ]);
    expect(plan.tenant).toBe('default');
  });

  it('is told of a tenant that it has mistyped', async () => {
    const { desk } = await start({ files: { 'default.yaml': shipped } });
    const text = acme.replace('tenant: acme', 'tenant: acne');
    await expect(desk.put({ name: 'acme', text }, 'new', ann)).rejects.toMatchObject({
      problems: [
        {
          ...{ file: 'acme', line: 2, column: 9, code: 'PLAN_UNKNOWN_TENANT' },
          remedy: 'Did you mean "acme"? Known: default, acme. Tenants are defined under "tenants".',
        },
      ],
    });
  });
});
