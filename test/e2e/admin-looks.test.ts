import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  adminPages,
  appendToPlan,
  axeFindings,
  deskWidth,
  isFocused,
  layoutShift,
  overflow,
  phoneWidth,
  publishPlan,
  signIn,
  watchLayout,
  type AdminPages,
} from '../support/admin-pages.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { echoPlan } from '../support/plans.ts';
import { until } from '../support/until.ts';

const long = 'A name that is as long as names are in companies with many departments and sites';
const longNumber = `sip-user-${'0123456789'.repeat(5)}`;
const looks = [
  { colorScheme: 'light', width: deskWidth },
  { colorScheme: 'dark', width: deskWidth },
  { colorScheme: 'light', width: phoneWidth },
  { colorScheme: 'dark', width: phoneWidth },
] as const;

/** What the field calls good (web.dev, CLS). */
const calm = 0.1;

describeWith([missingForBrowser(), missingForGateway()], 'how admins’ pages look', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let pages: AdminPages;
  const made = { call: '', meeting: '', webhook: '' };

  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
    pages = adminPages(browser, gateway);
    await publishPlan(gateway, 'looked-at', echoPlan(`'${long}'`, longNumber));
    const schedule = { startsAt: '2030-01-07T09:00', endsAt: '2030-01-07T10:00', zone: 'Europe/Berlin' };
    made.meeting = (await gateway.meeting('looked-at', { title: long, schedule })).id;
    const url = `https://example.com/${'a-long-path/'.repeat(10)}`;
    const { body } = await gateway.api('/webhooks', { method: 'POST', body: { url, title: long } });
    made.webhook = (body as { id: string }).id;
    await gateway.api(`/webhooks/${made.webhook}/test`, { method: 'POST' });
    made.call = await call(longNumber);
    await call('nowhere');
  });
  afterEach(() => pages.close());
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  async function call(to: string): Promise<string> {
    const phone = await Caller.open(gateway.sipPort, `4930${Date.now()}`);
    await phone.outcomeOf(to);
    await phone.close();
    const found = await until('the record', async () =>
      (await gateway.records()).find((one) => one.to === to),
    );
    return found.id;
  }

  /** Nothing is too wide, axe finds nothing, and nothing jumped about. */
  async function expectGood(page: Page, what: string): Promise<void> {
    expect([what, await overflow(page), await axeFindings(page)]).toEqual([what, 0, []]);
    expect([what, (await layoutShift(page)) < calm]).toEqual([what, true]);
  }

  interface Shown {
    readonly path: string;
    /** Seen when all of it is there. */
    readonly ready: string | RegExp;
    /** Buttons that open dialogs, with what is done in each before it is looked at. */
    readonly dialogs?: Readonly<Record<string, (page: Page) => Promise<unknown>>>;
    readonly tabs?: readonly string[];
  }

  const nothing = (): Promise<void> => Promise.resolve();

  const shown = (): readonly Shown[] => [
    {
      path: '/admin/dial-plans',
      ready: 'default.yaml',
      dialogs: { 'New plan': nothing },
    },
    { path: '/admin/dial-plans?try&called=1000&source=192.0.2.1', ready: /“meetings” decides/ },
    { path: '/admin/dial-plans/default.yaml', ready: /^No mistakes/ },
    {
      path: '/admin/dial-plans/looked-at',
      ready: /^No mistakes/,
      tabs: ['Try a call', 'Versions', 'Canary'],
      dialogs: {
        'Publish …': (page) => page.getByLabel('Some calls first (canary)').check(),
        'Remove …': (page) => page.getByText('removed', { exact: true }).first().waitFor(),
      },
    },
    {
      path: '/admin/meetings',
      ready: long,
      dialogs: {
        'New meeting': (page) => page.getByLabel('It can be joined at its times only').check(),
        'From CSV …': (page) =>
          page.getByLabel('CSV file').setInputFiles({
            name: 'meetings.csv',
            mimeType: 'text/csv',
            buffer: Buffer.from('room,guestPin\r\none,letters\r\n'),
          }),
      },
    },
    {
      path: `/admin/meetings/${made.meeting}`,
      ready: 'Copy text',
      dialogs: { 'Change …': nothing, 'Remove …': nothing },
    },
    { path: '/admin/calls', ready: /^\d+ calls$/ },
    { path: '/admin/calls?reason=wrong-pin', ready: 'No call fits this filter.' },
    { path: `/admin/calls/${made.call}`, ready: /^“A name that is/ },
    { path: '/admin/calls/none', ready: 'No such past call.' },
    {
      path: '/admin/webhooks',
      ready: long,
      dialogs: { 'Add a webhook': (page) => page.getByLabel('Only these:').check() },
    },
    {
      path: `/admin/webhooks/${made.webhook}`,
      ready: 'webhook.test',
      dialogs: {
        'Change …': nothing,
        'New secret …': nothing,
        'Remove …': nothing,
        'Send what was given up …': nothing,
      },
    },
    { path: '/admin/audit', ready: 'published version 1' },
  ];

  async function lookAt(page: Page, { path, ready, tabs = [], dialogs = {} }: Shown): Promise<void> {
    await page.goto(`${gateway.httpUrl}${path}`);
    await page.getByText(ready).first().waitFor();
    await expectGood(page, path);
    for (const tab of tabs) {
      await page.getByRole('tab', { name: tab }).click();
      await expectGood(page, `${path}, ${tab}`);
    }
    for (const [name, prepare] of Object.entries(dialogs)) {
      const opener = page.getByRole('button', { name, exact: true });
      await opener.focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      await prepare(page);
      await expectGood(page, `${path}, ${name}`);
      expect([name, await overflow(page, 'dialog')]).toEqual([name, 0]);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => isFocused(opener)).toBe(true);
    }
  }

  test.for(looks)(
    'axe finds nothing, nothing is too wide or jumps, and Escape leads back: $colorScheme, $width px',
    { timeout: 180_000 },
    async ({ colorScheme, width }) => {
      const page = await pages.open('Ann', '/admin/meetings', {
        colorScheme,
        viewport: { width, height: 844 },
      });
      await watchLayout(page);
      for (const one of shown()) await lookAt(page, one);
    },
  );

  test.for(looks)(
    'signing in, mistakes and failing tests do as well: $colorScheme, $width px',
    async (look) => {
      const { colorScheme, width } = look;
      const page = await browser.newPage({ colorScheme, viewport: { width, height: 844 } });
      await watchLayout(page);
      await page.goto(`${gateway.httpUrl}/admin/dial-plans/looked-at`);
      await page.getByLabel('Admin token').waitFor();
      await expectGood(page, 'sign in');
      await signIn(page, 'Ann', 'wrong');
      await page.getByRole('alert').waitFor();
      await expectGood(page, 'wrong token');
      await signIn(page, 'Ann');
      await appendToPlan(
        page,
        'tests:\n  - name: fails\n    call: { called: 1 }\n    expect: { rule: none }\n',
      );
      await page.locator('.test-mark.failed').waitFor();
      expect([await overflow(page), await axeFindings(page)]).toEqual([0, []]);
      await page.close();
    },
  );

  test('a thousand calls are shown without a hitch', async () => {
    const page = await pages.open('Ann', '/admin/audit');
    const { body } = await gateway.api(`/calls/records/${made.call}`);
    const calls = Array.from({ length: 1000 }, (_, index) => ({ ...(body as object), id: `call-${index}` }));
    await page.route('**/api/v1/calls/records?**', (route) =>
      route.fulfill({ json: { calls, next: 'more' } }),
    );
    await page.getByRole('link', { name: 'Calls', exact: true }).click();
    await page.getByText('1000 calls so far').waitFor();
    expect(await page.getByRole('row').count()).toBe(1001);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('2000 calls so far').waitFor();
    expect([await overflow(page)]).toEqual([0]);
  });
});
