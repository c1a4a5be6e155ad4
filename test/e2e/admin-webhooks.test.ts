import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { adminPages, said, tabTo, type AdminPages } from '../support/admin-pages.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { missingForGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

const webhooks = '/admin/webhooks';

describeWith([missingForBrowser(), missingForGateway()], 'webhooks in the browser', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let pages: AdminPages;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    pages = adminPages(browser, gateway);
  });
  beforeEach(async () => {
    receiver = await new WebhookReceiver().open();
  });
  afterEach(async () => {
    await pages.close();
    await receiver.close();
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  interface Kept {
    readonly id: string;
    readonly title: string;
    readonly events: readonly string[];
    readonly active: boolean;
  }

  const url = (): string => receiver.url.replace('127.0.0.1', 'localhost');

  async function kept(title: string): Promise<Kept | undefined> {
    const { body } = await gateway.api('/webhooks');
    return (body as { webhooks: Kept[] }).webhooks.find((one) => one.title === title);
  }

  async function added(title: string): Promise<string> {
    const { body } = await gateway.api('/webhooks', { method: 'POST', body: { url: url(), title } });
    return (body as Kept).id;
  }

  const log = (page: Page) => page.getByRole('table', { name: 'What was sent' }).getByRole('row');

  test('one is added by keyboard alone, its secret is shown once, and a test arrives', async () => {
    const page = await pages.open('Ann', webhooks);
    await said(page, /^Nobody is told yet/);
    await tabTo(page, page.getByRole('button', { name: 'Add a webhook' }));
    await page.keyboard.press('Enter');
    await page.keyboard.type(url());
    await page.keyboard.press('Tab');
    await page.keyboard.type('Ticket system');
    await tabTo(page, page.getByLabel('All of them, and what later versions add'));
    await page.keyboard.press('ArrowDown');
    await tabTo(page, page.getByLabel('call.ended'));
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
    expect(secret).toMatch(/^whsec_/);
    await tabTo(page, page.getByRole('button', { name: 'I have it' }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Ticket system' }).waitFor();
    expect(await page.getByText(secret).count()).toBe(0);
    expect(await kept('Ticket system')).toMatchObject({ events: ['call.ended'], active: true });
    await page.getByRole('button', { name: 'Send a test' }).click();
    await receiver.gets(1);
    await log(page).filter({ hasText: 'webhook.test' }).getByText('delivered').waitFor();
    await log(page)
      .getByText(/answered 204 after/)
      .waitFor();
    expect(receiver.received.at(0)?.signedBy(secret)).toBe(true);
  });

  test('what a receiver refused is seen with its answer, and sent again', async () => {
    const id = await added('Broken');
    const page = await pages.open('Ann', `${webhooks}/${id}`);
    await said(page, 'Nothing was sent yet.');
    receiver.status = 500;
    await page.getByRole('button', { name: 'Send a test' }).click();
    await log(page)
      .getByText(/answered 500 after/)
      .waitFor();
    await log(page).getByText('tried next').waitFor();
    receiver.status = 204;
    await log(page)
      .getByRole('button', { name: /^Send again/ })
      .click();
    await said(page, 'webhook.test is sent again.');
    await receiver.gets(2);
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: 'Look again' }).click();
        return log(page).getByText('delivered').count();
      })
      .toBe(1);
    await page.getByLabel('Which of them').selectOption('given up');
    await said(page, 'None is given up.');
    await page.getByRole('button', { name: 'Send what was given up …' }).click();
    await page.getByRole('button', { name: 'Send them again' }).click();
    await said(page, 'None was given up since then.');
  });

  test('one is changed, switched off and on, given a new secret, and removed', async () => {
    const id = await added('To change');
    const page = await pages.open('Ann', `${webhooks}/${id}`);
    await page.getByRole('button', { name: 'Change …' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Changed');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Changed' }).waitFor();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('off', { exact: true }).waitFor();
    expect(await kept('Changed')).toMatchObject({ active: false });
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.getByText('on', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'New secret …' }).click();
    await page.getByRole('button', { name: 'Make a new one' }).click();
    expect(await page.getByLabel('Secret', { exact: true }).inputValue()).toMatch(/^whsec_/);
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'Remove …' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('heading', { name: 'Webhooks' }).waitFor();
    expect(await kept('Changed')).toBeUndefined();
  });

  test('an address that may not be reached is refused in the form', async () => {
    const page = await pages.open('Ann', webhooks);
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    await page.getByLabel('Address').fill('http://192.0.2.1/hook');
    await page.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    expect(await page.getByLabel('Address').inputValue()).toBe('http://192.0.2.1/hook');
  });
});
