import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { adminToken, type TestGateway } from './gateway.ts';

/** A phone's screen, and a large one. */
export const phoneWidth = 360;
export const deskWidth = 1280;

export interface AdminPages {
  /** Somebody signed in, at this address. */
  open(name: string, path: string, options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
  /** Closes all, and fails when a page threw or asked for what the content policy forbids. */
  close(): Promise<void>;
}

export function adminPages(browser: Browser, gateway: Pick<TestGateway, 'httpUrl'>): AdminPages {
  const contexts: BrowserContext[] = [];
  const faults: string[] = [];
  return {
    async open(name, path, options = {}) {
      const context = await browser.newContext({ viewport: { width: deskWidth, height: 860 }, ...options });
      contexts.push(context);
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) faults.push(message.text());
      });
      await page.goto(`${gateway.httpUrl}${path}`);
      await signIn(page, name);
      return page;
    },
    async close() {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
      expect(faults.splice(0)).toEqual([]);
    },
  };
}

export async function signIn(page: Page, name: string, token = adminToken): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Admin token').fill(token);
  await page.keyboard.press('Enter');
  if (token === adminToken) await page.getByRole('button', { name: `Sign out ${name}` }).waitFor();
}

/** A plan of the database, in force. */
export async function publishPlan(
  { httpUrl }: Pick<TestGateway, 'httpUrl'>,
  name: string,
  text: string,
): Promise<void> {
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

/** The editor of a plan. */
export const planEditor = (page: Page): Locator => page.getByRole('textbox', { name: /^Plan / });

/** Types at the end of a plan's text, as pasted. */
export async function appendToPlan(page: Page, text: string): Promise<void> {
  const editor = planEditor(page);
  await expect
    .poll(async () => {
      await editor.focus();
      return isFocused(editor);
    })
    .toBe(true);
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(text);
}

/** Some words somewhere on the page. */
export const said = (page: Page, words: string | RegExp): Promise<void> =>
  page.getByText(words).first().waitFor();

/** Within shadow roots as well. */
export const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluate((element: { matches(selectors: string): boolean }) => element.matches(':focus'));

/** As somebody without a mouse gets there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 60; presses++) {
    if (await isFocused(target)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${target.toString()}`);
}

/** What axe-core has against a page by WCAG 2.2 AA and good practice, in lines. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const run = '(globalThis.axe.run(document, { resultTypes: ["violations"] }))';
  const { violations }: AxeResults = await page.evaluate(run);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** By how many pixels something of a page, or of a part of it, is too wide for it. */
export function overflow(page: Page, part = ':root'): Promise<number> {
  const of = `document.querySelector(${JSON.stringify(part)})`;
  return page.evaluate(`${of}.scrollWidth - ${of}.clientWidth`);
}

/** From the next load on. */
export function watchLayout(page: Page): Promise<unknown> {
  return page.addInitScript(`
    globalThis.layoutShift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.layoutShift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  `);
}

/** How much of the page has jumped about since its load without anybody having typed or clicked (CLS). */
export const layoutShift = (page: Page): Promise<number> => page.evaluate('globalThis.layoutShift');
