import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { adminPages, appendToPlan, publishPlan, said, type AdminPages } from '../support/admin-pages.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { echoPlan } from '../support/plans.ts';

const plans = '/admin/dial-plans';

const rule = (name: string, number: string, action: string): string =>
  `  - name: ${name}\n    match: { called: ${number} }\n    action: ${action}\n`;

describeWith([missingForBrowser(), missingForGateway()], 'a version that some calls try first', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let pages: AdminPages;

  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    pages = adminPages(browser, gateway);
  });
  afterEach(() => pages.close());
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  interface Wish {
    readonly number: string;
    readonly judgedAfter?: string;
  }

  /** A plan in force, and on its page the next version as a canary for one number. */
  async function begin(name: string, more: string, { number, judgedAfter }: Wish): Promise<Page> {
    const page = await pages.open('Ann', `${plans}/${name}`);
    await appendToPlan(page, more);
    await page.getByRole('button', { name: 'Publish …' }).click();
    await page.getByLabel('Some calls first (canary)').check();
    await page.getByLabel('Called numbers (none: all)').fill(number);
    await page.getByLabel('Percent of these calls').fill('100');
    if (judgedAfter !== undefined) await page.getByLabel('Judged after so many calls').fill(judgedAfter);
    await page.getByRole('button', { name: 'Start the canary' }).click();
    await page.getByText('version 2 is tried').waitFor();
    await page.getByRole('tab', { name: 'Canary' }).click();
    await said(page, 'Version 2 is being tried.');
    return page;
  }

  /** A real call; the status that ends its INVITE. */
  async function callTo(number: string): Promise<number> {
    const phone = await Caller.open(gateway.sipPort);
    try {
      return await phone.outcomeOf(number);
    } finally {
      await phone.close();
    }
  }

  test('is taken back by hand', async () => {
    await publishPlan(gateway, 'by-hand', echoPlan('by hand', 7800));
    const page = await begin('by-hand', rule('new', '7801', 'echo'), { number: '7801' });
    expect(await callTo('7801')).toBe(200);
    await page.getByRole('button', { name: 'Take it back' }).click();
    await said(page, 'The canary is taken back; all calls go the present way.');
    await said(page, /^Version 2 was taken back on .* by Ann\.$/);
    expect(await callTo('7801')).toBe(404);
  });

  test('is used for all', async () => {
    await publishPlan(gateway, 'promoted', echoPlan('promoted', 7810));
    const page = await begin('promoted', rule('new', '7811', 'echo'), { number: '7811' });
    await page.getByRole('button', { name: 'Use it for all calls' }).click();
    await said(page, 'Version 2 is in force for all new calls.');
    await page.getByText('version 2', { exact: true }).waitFor();
    expect(await callTo('7811')).toBe(200);
  });

  test('is taken back by itself when its calls fail, and the page and the audit log say why', async () => {
    await publishPlan(gateway, 'failing', echoPlan('failing', 7820));
    const page = await begin('failing', rule('broken', '7821', 'reject'), {
      number: '7821',
      judgedAfter: '3',
    });
    for (let calls = 0; calls < 3; calls++) expect(await callTo('7821')).toBeGreaterThanOrEqual(400);
    await said(page, /^Version 2 was taken back by itself on .*: 3 of its 3 calls failed \(100 %/);
    await page.getByText('version 2 is tried').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Audit log' }).click();
    const entry = page.getByRole('row').filter({ hasText: 'took version 2 back by itself' });
    await entry.getByText('gateway', { exact: true }).waitFor();
    await entry.getByText(/3 of its 3 calls failed/).waitFor();
    await page
      .getByRole('row')
      .filter({ hasText: 'began to try version 2 with all calls to 7821' })
      .getByText('Ann')
      .waitFor();
    await page
      .getByRole('row')
      .filter({ hasText: 'published version 1' })
      .first()
      .getByText('Grace')
      .waitFor();
  });
});
