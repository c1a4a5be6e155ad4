import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  adminPages,
  appendToPlan,
  isFocused,
  planEditor,
  publishPlan,
  said,
  signIn,
  tabTo,
  type AdminPages,
} from '../support/admin-pages.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { missingForGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { echoPlan } from '../support/plans.ts';

const shipped = join(import.meta.dirname, '../../dialplans/plans/default.yaml');
const plans = '/admin/dial-plans';

describeWith([missingForBrowser(), missingForGateway()], 'dial plans in the browser', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let pages: AdminPages;
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'admin-page-'));
    await copyFile(shipped, join(folder, 'default.yaml'));
    [gateway, browser] = await Promise.all([startTestGateway(['--dialPlans.folder', folder]), openBrowser()]);
    pages = adminPages(browser, gateway);
  });
  afterEach(() => pages.close());
  afterAll(async () => {
    await browser.close();
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const published = (name: string, text: string) => publishPlan(gateway, name, text);

  async function ruleFor(called: string): Promise<string | null> {
    const { body } = await gateway.api('/dial-plan/try', { method: 'POST', body: { called } });
    return (body as { route: { rule: string | null } }).route.rule;
  }

  async function publish(page: Page, note: string): Promise<void> {
    await page.getByRole('button', { name: 'Publish …' }).click();
    await page.getByLabel('Why (for the history)').fill(note);
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
  }

  const rule = (name: string, number: string): string =>
    `  - name: ${name}\n    match: { called: ${number} }\n    action: echo\n`;

  test('asks for the token, says when it is wrong, and forgets it when it counts no more', async () => {
    const page = await browser.newPage();
    await page.goto(`${gateway.httpUrl}${plans}`);
    await signIn(page, 'Ann', 'wrong');
    await said(page, 'This is not the gateway’s token.');
    await signIn(page, 'Ann');
    await page.reload();
    await page.getByRole('heading', { name: 'Dial plans' }).waitFor();
    expect(page.url()).toBe(`${gateway.httpUrl}${plans}`);
    await page.evaluate(`sessionStorage.setItem('gateway.token', 'old')`);
    await page.reload();
    await said(page, 'The token is not valid any more.');
    await page.close();
  });

  test('a file is taken over, changed and published by keyboard alone', async () => {
    const page = await pages.open('Ann', plans);
    await tabTo(page, page.getByRole('link', { name: 'default.yaml' }));
    await page.keyboard.press('Enter');
    await said(page, /This plan is a file, so it is read-only here/);
    await tabTo(page, page.getByRole('button', { name: 'Take it over' }));
    await page.keyboard.press('Enter');
    await said(page, 'not in force');
    await tabTo(page, planEditor(page));
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\n  - name: hot line\nmatch: { called: 7000');
    await page.keyboard.press('End');
    await page.keyboard.type('\naction: ');
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: 'echo', exact: true }).waitFor();
    await page.keyboard.type('ec');
    // Enter takes nothing from a list that has been there for less than 75 ms: nobody can have meant it.
    await page.clock.setSystemTime(Date.now() + 1000);
    await page.keyboard.press('Enter');
    await said(page, /^No mistakes/);
    await page.keyboard.press('Control+s');
    await page.getByRole('dialog', { name: 'Publish default' }).waitFor();
    await page.keyboard.type('a hot line');
    await page.keyboard.press('Enter');
    await said(page, 'Version 2 is in force for all new calls.');
    expect(await ruleFor('7000')).toBe('hot line');
    expect(await ruleFor('1000')).toBe('meetings');
    const { body } = await gateway.api('/plans/default');
    expect(body).toMatchObject({ updatedBy: 'Ann', note: 'a hot line', replaces: 'default.yaml' });
  });

  test('a broken plan is refused in place, and nothing changes', async () => {
    await published('broken', echoPlan('broken', 7100));
    const page = await pages.open('Ann', `${plans}/broken`);
    await appendToPlan(page, '  - nam: typo\n    match: {}\n    action: echo\n');
    await said(page, /mistakes?: it can’t be published/);
    await page.locator('.cm-lint-marker-error').first().waitFor();
    await page
      .getByRole('button', { name: /^Line 6/ })
      .first()
      .click();
    await expect.poll(() => isFocused(planEditor(page))).toBe(true);
    await page.getByRole('button', { name: 'Publish …' }).click();
    expect(await page.getByRole('button', { name: 'Publish', exact: true }).isDisabled()).toBe(true);
    expect(await ruleFor('7100')).toBe('broken');
  });

  test('tests run while one types, and say beside each what came of it', async () => {
    await published('tested', echoPlan('tested', 7200));
    const page = await pages.open('Ann', `${plans}/tested`);
    await appendToPlan(
      page,
      'tests:\n  - name: echoes\n    call: { called: 7200 }\n    expect: { action: reject }\n',
    );
    await page.locator('.test-mark.failed').getByText(/echo/).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('End');
    for (let n = 0; n < 'reject }'.length; n++) await page.keyboard.press('Backspace');
    await page.keyboard.insertText('echo }');
    await page.locator('.test-mark.passed').getByText('✓ passes').waitFor();
  });

  test('what is typed is kept when the page is closed', async () => {
    await published('kept', echoPlan('kept', 7300));
    const page = await pages.open('Ann', `${plans}/kept`);
    await appendToPlan(page, rule('later', '7301'));
    await page.getByRole('button', { name: 'Show changes' }).waitFor();
    await page.reload();
    await planEditor(page).getByText('later').waitFor();
    await page.getByRole('button', { name: 'Discard them' }).click();
    await planEditor(page).getByText('later').waitFor({ state: 'detached' });
  });

  test('a call is tried with the text and with what is in force', async () => {
    await published('trial', echoPlan('trial', 7400));
    const page = await pages.open('Ann', `${plans}/trial`);
    await appendToPlan(
      page,
      '  - name: gold\n    match: { called: 7401, header: { X-Customer: { prefix: gold } } }\n    action: echo\n',
    );
    await said(page, /^No mistakes/);
    await page.getByRole('tab', { name: 'Try a call' }).click();
    await page.getByLabel('Called', { exact: true }).fill('7401');
    await page.getByText('More that rules can look at').click();
    await page.getByLabel('Headers, one a line').fill('X-Customer: silver');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await said(page, 'Your text changes nothing for this call.');
    await page
      .getByRole('region', { name: 'With your text' })
      .getByText(/it is silver/)
      .waitFor();
    await page.getByLabel('Headers, one a line').fill('X-Customer: gold-1');
    await page.getByRole('button', { name: 'Try it' }).click();
    await said(page, 'Your text changes where this call goes.');
    await page
      .getByRole('region', { name: 'With your text' })
      .getByText(/“gold” decides/)
      .waitFor();
    await page
      .getByRole('region', { name: 'By the plans in force' })
      .getByText(/No rule takes this call/)
      .waitFor();
  });

  test('prompts that there are may be named, and are completed', async () => {
    await published('prompts', echoPlan('prompts', 7450));
    const page = await pages.open('Ann', `${plans}/prompts`);
    await appendToPlan(page, '  - name: said\n    match: { called: 7451 }\n    action: { play: { prompt: ');
    await page.keyboard.type('goodb');
    await page.getByRole('option', { name: /^goodbye\s*ships: / }).click();
    await page.keyboard.insertText(', then: echo } }');
    await said(page, /^No mistakes/);
  });

  test('a plan is removed after its rules are named, and comes back with a new one of its name', async () => {
    await published('gone', `${echoPlan('first', 7900)}${rule('second', '7901')}`);
    const page = await pages.open('Ann', `${plans}/gone`);
    await tabTo(page, page.getByRole('button', { name: 'Remove …' }));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Remove gone?' });
    await dialog.getByText('no new call goes by its rules').waitFor();
    await dialog.getByText(/removed rule “second”/).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => isFocused(page.getByRole('button', { name: 'Remove …' }))).toBe(true);
    expect(await ruleFor('7901')).toBe('second');
    await page.keyboard.press('Enter');
    await tabTo(page, dialog.getByRole('button', { name: 'Remove', exact: true }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dial plans' }).waitFor();
    expect(await ruleFor('7901')).toBeNull();
    await page.getByRole('button', { name: 'New plan' }).click();
    await page.getByLabel('Name', { exact: true }).fill('gone');
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Versions' }).click();
    await page.getByRole('button', { name: 'Compare version 1' }).waitFor();
  });

  test('removing what stands for a file says what the file brings back', async () => {
    const page = await pages.open('Ann', `${plans}/default`);
    await page.getByText('stands for default.yaml').waitFor();
    await page.getByRole('button', { name: 'Remove …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('the file default.yaml, which then counts again').waitFor();
    await dialog.getByText(/removed rule “hot line”/).waitFor();
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    expect(await ruleFor('7000')).toBe('hot line');
  });

  test('an old version is compared and comes back', async () => {
    await published('back', echoPlan('back', 7500));
    const page = await pages.open('Ann', `${plans}/back`);
    await appendToPlan(page, rule('mistaken', '7501'));
    await publish(page, 'hasty');
    await said(page, 'Version 2 is in force for all new calls.');
    expect(await ruleFor('7501')).toBe('mistaken');
    await page.getByRole('tab', { name: 'Versions' }).click();
    await page.getByRole('button', { name: 'Compare version 1' }).click();
    await page.getByRole('dialog').locator('.cm-deletedChunk').getByText('mistaken').waitFor();
    await page.getByLabel('Why (for the history)').fill('too hasty');
    await page.keyboard.press('Enter');
    await said(page, /^Rolled back/);
    expect(await ruleFor('7501')).toBeNull();
    await said(page, /too hasty/);
    await planEditor(page).getByText('mistaken').waitFor({ state: 'detached' });
  });

  test('of two admins at once the second hears of the first, and both changes count', async () => {
    await published(
      'both',
      `${echoPlan('first', 7600)}${rule('second', '7601')}${rule('third', '7602')}${rule('fourth', '7603')}`,
    );
    const [ann, ben] = await Promise.all([
      pages.open('Ann', `${plans}/both`),
      pages.open('Ben', `${plans}/both`),
    ]);
    await appendToPlan(ann, rule('of Ann', '7604'));
    await planEditor(ben).focus();
    await ben.keyboard.press('Control+Home');
    await ben.keyboard.insertText('# By Ben.\n');
    await publish(ann, 'one more');
    await said(ann, 'Version 2 is in force for all new calls.');
    await publish(ben, 'a comment');
    await said(ben, /Ann published version 2/);
    await said(ben, /Nothing that you typed is lost/);
    await ben.getByRole('button', { name: 'Put mine onto version 2' }).click();
    await publish(ben, 'a comment');
    await said(ben, 'Version 3 is in force for all new calls.');
    const { body } = await gateway.api('/plans/both');
    expect((body as { text: string }).text).toMatch(/^# By Ben\.[^]*of Ann/);
  });

  test('who changed the same line chooses for it', async () => {
    await published('clash', echoPlan('clash', 7700));
    const [ann, ben] = await Promise.all([
      pages.open('Ann', `${plans}/clash`),
      pages.open('Ben', `${plans}/clash`),
    ]);
    for (const [page, number] of [
      [ann, '7701'],
      [ben, '7702'],
    ] as const) {
      await planEditor(page).getByText('7700').dblclick();
      await page.keyboard.insertText(number);
    }
    await publish(ann, 'a');
    await said(ann, 'Version 2 is in force for all new calls.');
    await publish(ben, 'b');
    await said(ben, /Both of you changed the same lines/);
    await ben.getByRole('button', { name: 'Merge' }).click();
    await ben.getByRole('button', { name: 'Keep mine' }).click();
    await ben.getByRole('button', { name: 'Go on with this text' }).click();
    await publish(ben, 'mine after all');
    await said(ben, 'Version 3 is in force for all new calls.');
    expect([await ruleFor('7701'), await ruleFor('7702')]).toEqual([null, 'clash']);
  });
});
