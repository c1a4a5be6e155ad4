import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';
import { SipUa } from '../support/sip-ua.ts';
import type { UaCall } from '../support/sip-ua.ts';
import { until } from '../support/until.ts';

const toneHz = 440;

/** Chromium's own ICE, DTLS-SRTP and BUNDLE; a plain SIP client carries its descriptions. */
describeWith([missingForBrowser(), missingForGateway()], 'a browser calls', () => {
  let gateway: TestGateway;
  let browser: Browser;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    [gateway, browser] = await Promise.all([startTestGateway(), openBrowser()]);
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    await until('no call is left', async () => (await gateway.calls()).length === 0, 45_000);
  });
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  async function dial(to: string): Promise<{ page: Page; call: UaCall }> {
    const page = await browser.newPage();
    open.push(page);
    const ua = await SipUa.open({ serverPort: gateway.sipPort, user: '4930777', transport: 'udp' });
    open.push(ua);
    for (const file of ['in-page-sound.js', 'in-page-phone.js'])
      await page.addInitScript({ path: join(import.meta.dirname, '../support', file) });
    await page.goto(`${gateway.httpUrl}/`);
    // Sound needs a person's click.
    await page.mouse.click(1, 1);
    const body: string = await page.evaluate(`makeOffer(${toneHz})`);
    const call = ua.invite(`sip:${to}@127.0.0.1`, { body });
    const answer = await call.connect();
    await page.evaluate(`takeAnswer(${JSON.stringify(answer.body)})`);
    await until(
      'it is connected',
      async () => (await page.evaluate('states()')) === 'connected connected',
      20_000,
    );
    return { page, call };
  }

  it('the echo test in Opus over DTLS-SRTP and hears itself', async () => {
    const { page, call } = await dial('9196');
    await page.evaluate('speak(true)');
    await until('the echo is heard', async () => Number(await page.evaluate('heardToneDb()')) > 20, 30_000);
    const [{ media }] = await gateway.calls();
    expect(media).toMatchObject({ codec: 'opus', dropped: { unauthentic: 0, replayed: 0 } });
    expect(media?.encryption).toMatch(/^dtls-srtp\/A/);
    call.send('BYE');
  }, 90_000);

  it('types a PIN and is in the room; a BYE ends it', async () => {
    const { pins } = await gateway.meeting('browser');
    const { page, call } = await dial('1000');
    await page.evaluate(`press('${pins.guest}#')`);
    await until(
      'its voice is in the room',
      async () =>
        (await gateway.calls()).find(({ participant }) => participant)?.media?.publishedCodec === 'opus',
      30_000,
    );
    call.send('BYE');
    await until('the record says how it was encrypted', async () =>
      (await gateway.records()).some(
        ({ room, media, endReason }) =>
          room === 'browser' &&
          media?.encryption?.startsWith('dtls-srtp/') === true &&
          endReason === 'caller-hung-up',
      ),
    );
  }, 90_000);
});
