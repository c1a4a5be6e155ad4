import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  adminPages,
  axeFindings,
  isFocused,
  overflow,
  phoneWidth,
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

const editor = (page: Page) => page.getByRole('textbox', { name: /^Plan / });
const said = (page: Page, words: string | RegExp) => page.getByText(words).first().waitFor();

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

  /** A plan of the database, published. */
  async function published(name: string, text: string): Promise<void> {
    const answer = await fetch(`${gateway.httpUrl}/api/v1/plans/${name}`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer test-admin-token`,
        'content-type': 'application/json',
        'if-none-match': '*',
      },
      body: JSON.stringify({ text }),
    });
    expect(answer.status).toBe(201);
  }

  async function ruleFor(called: string): Promise<string | null> {
    const { body } = await gateway.api('/dial-plan/try', { method: 'POST', body: { called } });
    return (body as { route: { rule: string | null } }).route.rule;
  }

  /** Types at the end of the text, as pasted. */
  async function append(page: Page, text: string): Promise<void> {
    await editor(page).focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.insertText(text);
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
    await tabTo(page, editor(page));
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\n  - name: hot line\nmatch: { called: 7000');
    await page.keyboard.press('End');
    await page.keyboard.type('\naction: ');
    await page.keyboard.press('Control+Space');
    await page.getByRole('option', { name: 'echo', exact: true }).waitFor();
    await page.keyboard.type('ec');
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
    await append(page, '  - nam: typo\n    match: {}\n    action: echo\n');
    await said(page, /mistakes?: it can’t be published/);
    await page.locator('.cm-lint-marker-error').first().waitFor();
    await page
      .getByRole('button', { name: /^Line 6/ })
      .first()
      .click();
    await expect.poll(() => isFocused(editor(page))).toBe(true);
    await page.getByRole('button', { name: 'Publish …' }).click();
    expect(await page.getByRole('button', { name: 'Publish', exact: true }).isDisabled()).toBe(true);
    expect(await ruleFor('7100')).toBe('broken');
  });

  test('tests run while one types, and say beside each what came of it', async () => {
    await published('tested', echoPlan('tested', 7200));
    const page = await pages.open('Ann', `${plans}/tested`);
    await append(
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
    await append(page, rule('later', '7301'));
    await page.getByRole('button', { name: 'Show changes' }).waitFor();
    await page.reload();
    await editor(page).getByText('later').waitFor();
    await page.getByRole('button', { name: 'Discard them' }).click();
    await editor(page).getByText('later').waitFor({ state: 'detached' });
  });

  test('a call is tried with the text and with what is in force', async () => {
    await published('trial', echoPlan('trial', 7400));
    const page = await pages.open('Ann', `${plans}/trial`);
    await append(
      page,
      '  - name: gold\n    match: { called: 7401, header: { X-Customer: { prefix: gold } } }\n    action: echo\n',
    );
    await said(page, /^No mistakes/);
    await page.getByRole('tab', { name: 'Try a call' }).click();
    await page.getByLabel('Called', { exact: true }).fill('7401');
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

  test('an old version is compared and comes back', async () => {
    await published('back', echoPlan('back', 7500));
    const page = await pages.open('Ann', `${plans}/back`);
    await append(page, rule('mistaken', '7501'));
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
    await editor(page).getByText('mistaken').waitFor({ state: 'detached' });
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
    await append(ann, rule('of Ann', '7604'));
    await editor(ben).focus();
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
      await editor(page).getByText('7700').dblclick();
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

  test('a version is tried with some calls, and then used for all', async () => {
    await published('canary', echoPlan('canary', 7800));
    const page = await pages.open('Ann', `${plans}/canary`);
    await append(page, rule('new', '7801'));
    await page.getByRole('button', { name: 'Publish …' }).click();
    await page.getByLabel('Some calls first (canary)').check();
    await page.getByLabel('Called numbers (none: all)').fill('7801');
    await page.getByLabel('Percent of these calls').fill('100');
    await page.getByRole('button', { name: 'Start the canary' }).click();
    await page.getByText('version 2 is tried').waitFor();
    await page.getByRole('tab', { name: 'Canary' }).click();
    await said(page, 'Version 2 is being tried.');
    await page.getByRole('button', { name: 'Use it for all calls' }).click();
    await said(page, /is in force for all new calls/);
    expect(await ruleFor('7801')).toBe('new');
  });

  test.for([
    ['light', 1280],
    ['dark', 1280],
    ['light', phoneWidth],
    ['dark', phoneWidth],
  ] as const)('axe finds nothing and nothing is too wide: %s, %d px', async ([colorScheme, width]) => {
    const options = { colorScheme, viewport: { width, height: 844 } };
    const page = await browser.newPage(options);
    await page.goto(`${gateway.httpUrl}${plans}`);
    await page.getByLabel('Admin token').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await signIn(page, 'Ann');
    await page.getByRole('link', { name: 'default.yaml' }).waitFor();
    expect([await overflow(page), await axeFindings(page)]).toEqual([0, []]);
    const name = `axe-${colorScheme}-${width}`;
    await published(name, echoPlan(name, `79${colorScheme.length}${width}`));
    await page.goto(`${gateway.httpUrl}${plans}/${name}`);
    await append(page, 'tests:\n  - name: fails\n    call: { called: 1 }\n    expect: { rule: none }\n');
    await page.locator('.test-mark.failed').waitFor();
    expect([await overflow(page), await axeFindings(page)]).toEqual([0, []]);
    for (const tab of ['Try a call', 'Versions', 'Canary']) {
      await page.getByRole('tab', { name: tab }).click();
      expect([await overflow(page), await axeFindings(page)]).toEqual([0, []]);
    }
    await page.getByRole('button', { name: 'Publish …' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.close();
  });
});
