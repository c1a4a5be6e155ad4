import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { adminPages, publishPlan, said, tabTo, type AdminPages } from '../support/admin-pages.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { until } from '../support/until.ts';

const calls = '/admin/calls';

const plan = `version: 1
rules:
  - name: outside line
    match: { called: { prefix: '9' } }
    transform: { called: { strip: 1 } }
  - name: sales
    match: { called: 2000 }
    action: { menu: { prompt: welcome, options: { 1: echo, 2: { reject: { code: 486 } } } } }
  - name: only English
    match: { called: 2001, language: en }
    action: echo
`;

describeWith([missingForBrowser(), missingForGateway()], 'past calls in the browser', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let pages: AdminPages;

  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    pages = adminPages(browser, gateway);
    await publishPlan(gateway, 'acme', plan);
    await chosen('4930111222', '92000');
    await refused('4930111333', '2001');
  });
  afterEach(() => pages.close());
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  /** Somebody who presses 1 in the menu, and hangs up in the echo test. */
  async function chosen(user: string, number: string): Promise<void> {
    const phone = await Caller.open(gateway.sipPort, user);
    await phone.dial(number);
    await phone.hears('welcome');
    phone.type('1');
    await phone.hears('echo-test');
    await phone.hangUp();
    await phone.close();
    await recorded(user);
  }

  async function refused(user: string, number: string): Promise<void> {
    const phone = await Caller.open(gateway.sipPort, user);
    expect(await phone.outcomeOf(number)).toBe(404);
    await phone.close();
    await recorded(user);
  }

  const recorded = (user: string) =>
    until('the record', async () => (await gateway.records()).find(({ from }) => from === user), 15_000);

  const rows = (page: Page) => page.getByRole('table', { name: 'Past calls' }).getByRole('row');

  async function savedBy(page: Page, name: string): Promise<string> {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    return readFile(await (await download).path(), 'utf8');
  }

  test('are listed, found by a filter that the address keeps, and saved by the same filter', async () => {
    const page = await pages.open('Ann', calls);
    await rows(page).filter({ hasText: '4930111222' }).getByText('Caller hung up').waitFor();
    await rows(page).filter({ hasText: '4930111333' }).getByText('No route').waitFor();
    await page.getByLabel('How it ended').selectOption('No route');
    await said(page, /^1 call$/);
    expect(await page.getByText('4930111222').count()).toBe(0);
    await page.getByLabel('Number, as it came').fill('4930111333');
    await page.reload();
    await said(page, /^1 call$/);
    expect(await page.getByLabel('Number, as it came').inputValue()).toBe('4930111333');
    const csv = await savedBy(page, 'Save as CSV');
    expect(csv).toMatch(/^id,tenant,direction/);
    expect(csv.trim().split('\r\n')).toHaveLength(2);
    const lines = (await savedBy(page, 'Save as JSON lines')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { from: '4930111333', endReason: 'no-route', origin: { transport: 'udp', source: '127.0.0.1' } },
    ]);
    await page.getByLabel('Number, as it came').fill('1');
    await said(page, 'No call fits this filter.');
    await page.getByRole('button', { name: 'Show all' }).click();
    await said(page, /^2 calls$/);
    expect(page.url()).toBe(`${gateway.httpUrl}${calls}`);
  });

  test('tell why they went where they went, what the caller chose, and how it sounded', async () => {
    const page = await pages.open('Ann', calls);
    const row = rows(page).filter({ hasText: '4930111222' });
    await tabTo(page, row.getByRole('link'));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '4930111222 → 92000' }).waitFor();
    await said(page, 'The caller hung up.');
    const why = page.getByRole('region', { name: 'Why it went there' });
    await why.getByText('“sales” decided.').waitFor();
    await why.getByText('From here on 4930111222 calls 2000.').waitFor();
    const heard = page.getByRole('region', { name: 'What the caller heard and chose' });
    await heard.getByText('Heard the menu “welcome”.').waitFor();
    await heard.getByText('Pressed 1: the echo test.').waitFor();
    const sound = page.getByRole('region', { name: 'How it sounded' });
    await sound.getByRole('rowheader', { name: 'Rating' }).waitFor();
    await sound.getByText('PCMU').first().waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Calls' }).waitFor();
  });

  test('are tried again with their facts, by the plans as they are now', async () => {
    const page = await pages.open('Ann', `${calls}?number=4930111333`);
    await rows(page).getByRole('link').click();
    await said(page, /^No dial plan rule matches this address/);
    await tabTo(page, page.getByRole('link', { name: 'Try this call again' }));
    await page.keyboard.press('Enter');
    const trial = page.getByRole('region', { name: 'Where would a call go?' });
    await trial.getByText('No rule takes this call: it is refused with 404.').waitFor();
    expect(await page.getByLabel('Called', { exact: true }).inputValue()).toBe('2001');
    expect(await page.getByLabel('Calling').inputValue()).toBe('4930111333');
    expect(await page.getByLabel('When (empty: now)').inputValue()).not.toBe('');
    expect(await page.getByLabel('From address (IP)').inputValue()).toBe('127.0.0.1');
    await page.getByLabel('Device’s language').fill('en');
    await page.getByRole('button', { name: 'Try it' }).click();
    await trial.getByText('“only English” decides').waitFor();
  });

  test('that are not there, or whose gateway does not answer, say so', async () => {
    const page = await pages.open('Ann', `${calls}/none`);
    await page.getByRole('alert').getByText('No such past call.').waitFor();
    await page.route('**/api/v1/calls/records?**', (route) => route.abort());
    await page.getByRole('link', { name: 'Calls', exact: true }).first().click();
    await page.getByRole('alert').getByText('The gateway does not answer.').waitFor();
    await page.unroute('**/api/v1/calls/records?**');
    await page.getByRole('button', { name: 'Look again' }).click();
    await said(page, /^2 calls$/);
  });
});
