import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { adminPages, tabTo, type AdminPages } from '../support/admin-pages.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { missingForGateway, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';

const meetings = '/admin/meetings';
const guesser = '4915550009';

const invitation = (page: Page) => page.getByRole('textbox', { name: 'Text of the invitation' });

describeWith([missingForBrowser(), missingForGateway()], 'meetings in the browser', () => {
  let gateway: TestGateway;
  let browser: Browser;
  let pages: AdminPages;

  beforeAll(async () => {
    const limits = ['--guessing.freeMisses', '1', '--guessing.blockAfter', '2', '--calls.pinTries', '10'];
    [gateway, browser] = await Promise.all([startTestGateway(limits), openBrowser()]);
    pages = adminPages(browser, gateway);
  });
  afterEach(() => pages.close());
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  interface Found {
    readonly title: string;
    readonly room: string;
    readonly locked: boolean;
    readonly pins: { readonly host: string; readonly guest: string };
    readonly schedule: { readonly recurrence: string | null } | null;
  }

  /** Somebody who types wrong PINs until the gateway takes no more of them. */
  async function guess(wrong: readonly string[]): Promise<void> {
    const phone = await Caller.open(gateway.sipPort, guesser);
    await phone.dial('1000');
    for (const pin of wrong) await phone.guess(pin, 'pin-wrong');
    await phone.guess('333333', 'blocked');
    await phone.hungUp(20_000);
    await phone.close();
  }

  async function found(search: string): Promise<Found[]> {
    const { body } = await gateway.api(`/meetings?search=${encodeURIComponent(search)}`);
    return (body as { meetings: Found[] }).meetings;
  }

  test('one is made by keyboard alone, and its text is copied', async () => {
    const page = await pages.open('Ann', meetings, { permissions: ['clipboard-read', 'clipboard-write'] });
    await tabTo(page, page.getByRole('button', { name: 'New meeting' }));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'New meeting' }).waitFor();
    await page.keyboard.type('Weekly of the board');
    await page.keyboard.press('Tab');
    await page.keyboard.type('board');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Weekly of the board' }).waitFor();
    await page.getByText('waits for the host').waitFor();
    await tabTo(page, page.getByRole('button', { name: 'Copy text' }));
    await expect.poll(() => invitation(page).inputValue()).not.toBe('');
    await page.keyboard.press('Enter');
    await page.getByText('The text is copied.').waitFor();
    const copied: string = await page.evaluate('navigator.clipboard.readText()');
    const made = (await found('board')).at(0);
    expect(copied).toContain(made?.pins.guest);
    expect(copied).not.toContain(made?.pins.host);
    await page.getByRole('button', { name: 'Copy with links' }).click();
    await page.getByText('It is copied, with links').waitFor();
    const html: string = await page.evaluate(
      `navigator.clipboard.read().then(([item]) => item.getType('text/html')).then((blob) => blob.text())`,
    );
    expect(html).toContain('<a ');
  });

  test('a recurring one gives a calendar entry', async () => {
    const page = await pages.open('Ann', meetings);
    await page.getByRole('button', { name: 'New meeting' }).click();
    await page.getByLabel('Title', { exact: true }).fill('Stand-up');
    await page.getByLabel('Room', { exact: true }).fill('stand-up');
    await page.getByLabel('It can be joined at its times only').check();
    await page.getByLabel('From').fill('2030-01-07T09:00');
    await page.getByLabel('To', { exact: true }).fill('2030-01-07T09:15');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.getByLabel('How often').selectOption('Monday to Friday');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('heading', { name: 'Stand-up' }).waitFor();
    await page.getByText('Monday to Friday, 09:00–09:15 (Europe/Berlin)').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save calendar entry' }).click();
    const entry = await readFile(await (await download).path(), 'utf8');
    expect(entry).toMatch(/RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR/);
  });

  test('a wrong rule is told in the form, and nothing typed is lost', async () => {
    const page = await pages.open('Ann', meetings);
    await page.getByRole('button', { name: 'New meeting' }).click();
    await page.getByLabel('Room', { exact: true }).fill('odd');
    await page.getByLabel('It can be joined at its times only').check();
    await page.getByLabel('How often').selectOption('by a rule …');
    await page.getByLabel('Rule of RFC 5545').fill('FREQ=OFTEN');
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    expect(await page.getByLabel('Room', { exact: true }).inputValue()).toBe('odd');
    expect(await found('odd')).toEqual([]);
  });

  test('PINs are hidden until asked for; a new one replaces the old; it is locked, changed and removed', async () => {
    const { pins } = await gateway.meeting('secrets', { title: 'Secrets' });
    const page = await pages.open('Ann', meetings);
    await page.getByLabel('Search in titles, rooms and numbers').fill('secr');
    await page.getByRole('link', { name: 'Secrets' }).click();
    await page.getByRole('heading', { name: 'PINs' }).waitFor();
    expect(await page.getByText(pins.host, { exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText(pins.host, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'New host PIN' }).click();
    await page.getByText(pins.host, { exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Lock' }).click();
    await page.getByText('locked', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Change …' }).click();
    await page.getByLabel('Title', { exact: true }).fill('No secrets');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'No secrets' }).waitFor();
    expect(await found('secrets')).toMatchObject([{ title: 'No secrets', locked: true }]);
    await page.getByRole('button', { name: 'Remove …' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('heading', { name: 'Meetings' }).waitFor();
    expect(await found('secrets')).toEqual([]);
  });

  test('a CSV file is tried first, told by line what is wrong, and taken as a whole', async () => {
    const page = await pages.open('Ann', meetings);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as CSV' }).click();
    const file = await readFile(await (await saved).path(), 'utf8');
    const header = file.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0];
    const columns = header.split(',');
    const line = (values: Record<string, string>): string =>
      columns.map((column) => values[column] ?? '').join(',');
    const choose = (lines: string[]) =>
      page.getByLabel('CSV file').setInputFiles({
        name: 'meetings.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from([header, ...lines].join('\r\n')),
      });
    await page.getByRole('button', { name: 'From CSV …' }).click();
    await choose([line({ room: 'csv-one' }), line({ room: 'csv-two', guestPin: 'letters' })]);
    await page.getByRole('alert').getByText('Line 3').waitFor();
    expect(await page.getByRole('button', { name: 'Take it' }).isDisabled()).toBe(true);
    await choose([line({ room: 'csv-one' }), line({ room: 'csv-two' })]);
    await page.getByText('The file is right: 2 meetings are made, 0 changed').waitFor();
    expect(await found('csv-')).toEqual([]);
    await page.getByRole('button', { name: 'Take it' }).click();
    await page.getByText('Done: 2 meetings are made, 0 changed.').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('link', { name: 'csv-two' }).waitFor();
  });

  test('who was blocked for wrong PINs is seen, and let in again', async () => {
    const { pins } = await gateway.meeting('guessed', { title: 'Guessed' });
    await guess(['111111', '222222']);
    const page = await pages.open('Ann', meetings);
    // The number, and the address that it came from, which is no trunk's.
    const blocked = page.getByRole('row').filter({ hasText: /blocked until/ });
    for (const left of [2, 1]) {
      await expect.poll(() => blocked.count()).toBe(left);
      await tabTo(page, page.getByRole('button', { name: /^Let in again/ }).first());
      await page.keyboard.press('Enter');
      await page.getByText(/may try again/).waitFor();
    }
    await page.getByRole('region', { name: 'Wrong PINs' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByRole('row').filter({ hasText: 'let in again' }).first().getByText('Ann').waitFor();
    const phone = await Caller.open(gateway.sipPort, guesser);
    await phone.dial('1000');
    phone.type(`${pins.guest}#`);
    await phone.hears('first-here', 'en', 20_000);
    await phone.hangUp();
    await phone.close();
  }, 60_000);
});
