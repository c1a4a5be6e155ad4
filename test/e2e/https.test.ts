import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { afterEach, expect, it } from 'vitest';
import { tone } from '../support/audio.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import { describeWith } from '../support/needs.ts';

const root = join(import.meta.dirname, '../..');

describeWith([missingForBrowser(), missingForGateway()], 'with a certificate', () => {
  const open: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  it('a person on the page, which is HTTPS, talks with a caller: LiveKit is behind the same door', async () => {
    if (!existsSync(join(root, 'dist/web/index.html')))
      await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error' });
    const authority = new TestAuthority();
    const files = new CertificateFiles(authority.issue({ addresses: ['127.0.0.1'] }, 'RSA-2048'), authority);
    open.push({ close: () => files.remove() });
    const gateway = await startTestGateway(['--http.tlsCert', files.certificate, '--http.tlsKey', files.key]);
    open.push(gateway);
    expect(gateway.facts.dialIn.webUrl('demo')).toMatch(/^https:/);

    const browser = await openBrowser();
    open.push(browser);
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.addInitScript({ path: join(root, 'test/support/in-page.js') });
    await page.goto(gateway.facts.dialIn.webUrl('demo'));
    await page.getByLabel('Your name').fill('Ann');
    await page.getByRole('button', { name: 'Join' }).click();
    const caller = await Caller.open(gateway.sipPort);
    open.push(caller);
    await caller.dial('demo');
    caller.phone.speak((from) => tone(440, 8000, 160, from));
    await page.locator('.tile', { hasText: 'Phone' }).waitFor({ timeout: 30_000 });
    const level = (): Promise<number> =>
      page.evaluate<{ level: number }>('receivedSound()').then((sound) => sound.level);
    await expect.poll(level, { timeout: 20_000 }).toBeGreaterThan(0);
    expect(sockets).not.toEqual([]);
    const door = `wss://127.0.0.1:${gateway.facts.config.http.port}/rtc`;
    for (const socket of sockets) expect(socket.slice(0, door.length)).toBe(door);
    // The page's open socket holds nothing up.
    await gateway.close();
    expect(gateway.log()).not.toContain('part not closed cleanly');
  }, 120_000);
});
