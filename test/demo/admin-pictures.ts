/**
 * Makes docs/pictures/admin-*.png of a real gateway with Debian's Chromium:
 * `node --import tsx test/demo/admin-pictures.ts`
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { publishPlan, signIn } from '../support/admin-pages.ts';
import { tone } from '../support/audio.ts';
import { openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

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

const hotLine = `version: 1
tenant: acme
rules:
  - name: what the carrier sends
    priority: 10
    match: { called: { prefix: '030' } }
    transform: { called: { e164: DE }, calling: { e164: DE } }
  - name: hot line
    priority: 20
    match: { called: '+49309018' }
    action: { menu: { prompt: welcome, options: { 1: echo, 2: { join: { room: sales } } } } }
`;

const browser = await openBrowser();
const gateway = await startTestGateway(['--log.level', 'warn']);
try {
  await publishPlan(gateway, 'acme', plan);
  await editorPicture(browser, gateway);
  await meetingPicture(browser, gateway);
  await madeCalls(gateway);
  await callPictures(browser, gateway);
  await webhookPicture(browser, gateway);
} finally {
  await gateway.close();
  await browser.close();
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

/** Callers of all kinds: into a room by the menu, to the wrong number, with wrong PINs. */
async function madeCalls(of: TestGateway): Promise<void> {
  await publishPlan(of, 'hot-line', hotLine);
  for (const [from, to] of [
    ['+4917012345', '030901829'],
    ['+4366412345', '1999'],
    ['+15550100', '030901821'],
  ] as const) {
    const phone = await Caller.open(of.sipPort, from);
    await phone.outcomeOf(to);
    await phone.close();
  }
  const guesser = await Caller.open(of.sipPort, '+4915550009');
  await guesser.dial('1000');
  await guesser.hears('welcome');
  for (const pin of ['111111', '222222'])
    await guesser.guess(pin, pin === '111111' ? 'pin-wrong' : 'pin-wrong-last');
  guesser.type('333333#');
  await guesser.hungUp(30_000);
  await guesser.close();
  const customer = await Caller.open(of.sipPort, '017099887');
  await customer.dial('0309018');
  await customer.hears('welcome');
  customer.phone.speak((from) => tone(440, 8000, 160, from));
  customer.type('1');
  await customer.hears('echo-test');
  await until('it is measured', () => customer.phone.packets.length > 500, 30_000);
  await customer.hangUp();
  await customer.close();
  await until('all records are there', async () => (await of.records()).length >= 5, 10_000);
}

async function callPictures(by: Browser, of: TestGateway): Promise<void> {
  const page = await open(by, of, '/admin/calls', false);
  await page.getByText(/^\d+ calls$/).waitFor();
  await page.screenshot({ path: join(pictures, 'admin-calls.png') });
  await page.getByRole('row').filter({ hasText: '0309018' }).first().getByRole('link').click();
  await page.getByRole('heading', { name: 'How it sounded' }).waitFor();
  await page.screenshot({ path: join(pictures, 'admin-call.png') });
}

/** A receiver that is away for a while. */
async function webhookPicture(by: Browser, of: TestGateway): Promise<void> {
  const receiver = await new WebhookReceiver().open();
  const url = receiver.url.replace('127.0.0.1', 'localhost');
  const { body } = await of.api('/webhooks', {
    method: 'POST',
    body: { url, title: 'Ticket system', events: ['call.ended', 'pin.blocked', 'plan.published'] },
  });
  const { id } = body as { id: string };
  const page = await open(by, of, `/admin/webhooks/${id}`, true);
  for (const status of [204, 503]) {
    receiver.status = status;
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText(`answered ${status}`).first().waitFor();
  }
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(pictures, 'admin-webhook.png') });
  await receiver.close();
}
