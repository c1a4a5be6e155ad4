/**
 * Makes docs/pictures/admin-*.png of a real gateway with Debian's Chromium:
 * `node --import tsx test/demo/admin-pictures.ts`
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { signIn } from '../support/admin-pages.ts';
import { openBrowser } from '../support/browser.ts';
import { adminToken, startTestGateway, type TestGateway } from '../support/gateway.ts';

const pictures = join(import.meta.dirname, '../../docs/pictures');

const plan = `version: 1
tenant: acme
language: de
tenants:
  - { name: acme, title: ACME GmbH, timeZone: Europe/Berlin }
  - { name: default }
holidays:
  berlin: [12-24..12-26, 01-01]
trunks:
  - { name: carrier, sources: [192.0.2.0/24] }

rules:
  - name: national to E.164
    match: { trunk: carrier, called: { prefix: '030' } }
    transform: { called: { strip: 1, add: '+49' } }

  - name: sales by day
    match:
      called: { e164: '+4930901821' }
      time: { days: mon-fri, hours: '08:00-18:00', not: berlin }
    action: { join: { room: sales } }

  - name: sales is closed
    match: { called: { e164: '+4930901821' } }
    action: { reject: { code: 480, text: Sales is open on weekdays from 8 to 18 }}
`;

const tests = `
tests:
  - name: sales answers on Monday
    call: { called: '+4930901821', at: '2026-11-30T10:00' }
    expect: { rule: sales by day, room: sales }
  - name: and not on Sunday
    call: { called: '+4930901821', at: '2026-11-29T10:00' }
    expect: { rule: sales by day }
`;

const browser = await openBrowser();
const gateway = await startTestGateway(['--log.level', 'warn']);
try {
  await put(gateway, 'acme', plan);
  await editorPicture(browser, gateway);
  await meetingPicture(browser, gateway);
} finally {
  await gateway.close();
  await browser.close();
}

async function put({ httpUrl }: TestGateway, name: string, text: string): Promise<void> {
  const answer = await fetch(`${httpUrl}/api/v1/plans/${name}`, {
    method: 'PUT',
    headers: {
      ...{ authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...{ 'if-none-match': '*', 'x-admin': 'Grace' },
    },
    body: JSON.stringify({ text }),
  });
  if (!answer.ok) throw new Error(`not published: ${await answer.text()}`);
}

async function open(by: Browser, { httpUrl }: TestGateway, path: string, dark: boolean): Promise<Page> {
  const page = await by.newPage({
    viewport: { width: 1280, height: 860 },
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  await page.goto(`${httpUrl}${path}`);
  await signIn(page, 'Ada');
  return page;
}

/** A call that is tried, beside tests of which one fails. */
async function editorPicture(by: Browser, of: TestGateway): Promise<void> {
  const page = await open(by, of, '/admin/dial-plans/acme', false);
  await page.getByRole('textbox', { name: 'Plan acme' }).focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(tests);
  await page.locator('.test-mark.failed').waitFor();
  await page.screenshot({ path: join(pictures, 'admin-checks.png') });
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+End');
  await page.keyboard.insertText('expect: { rule: sales is closed }');
  await page.getByText(/^No mistakes/).waitFor();
  await page.getByRole('tab', { name: 'Try a call' }).click();
  await page.getByLabel('Called', { exact: true }).fill('030901821');
  await page.getByLabel('Calling').fill('+49170111');
  await page.getByLabel('Trunk').fill('carrier');
  await page.getByLabel('When (empty: now)').fill('2026-11-29T10:00');
  await page.getByRole('button', { name: 'Try it' }).click();
  const explanation = page.getByRole('region', { name: 'With your text' });
  await explanation.waitFor();
  await explanation.scrollIntoViewIfNeeded();
  await page.evaluate(`document.querySelector('.explanation').scrollIntoView()`);
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: join(pictures, 'admin-try.png') });
}

async function meetingPicture(by: Browser, of: TestGateway): Promise<void> {
  const schedule = {
    ...{ startsAt: '2027-01-11T10:00', endsAt: '2027-01-11T11:00', zone: 'Europe/Berlin' },
    recurrence: 'FREQ=WEEKLY',
  };
  const { id } = await of.meeting('board', { title: 'Weekly of the board', waitForHost: true, schedule });
  const page = await open(by, of, `/admin/meetings/${id}`, true);
  await page.getByRole('button', { name: 'Copy text' }).waitFor();
  await page.waitForFunction(`document.querySelector('.invitation')?.value !== ''`);
  await page.screenshot({ path: join(pictures, 'admin-meeting.png') });
}
