/**
 * Makes the pictures in docs/images from the real thing, with Debian's Chromium:
 * `npm run demo && node --import tsx test/demo/pictures.ts`
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { speeches } from './call.ts';

const root = join(import.meta.dirname, '../..');
const images = join(root, 'docs/images');

/** Chromium's own stand-in beeps, and is called fake. */
const quietMicrophone = `
  const { mediaDevices } = navigator;
  mediaDevices.getUserMedia = async () => new AudioContext().createMediaStreamDestination().stream;
  mediaDevices.enumerateDevices = async () => [
    { deviceId: 'default', groupId: '', kind: 'audioinput', label: 'Default microphone', toJSON() { return this; } },
  ];
`;

const browser = await openBrowser();
try {
  await demoReport();
  const gateway = await startTestGateway(['--log.level', 'warn']);
  try {
    await roomPage(gateway);
  } finally {
    await gateway.close();
  }
} finally {
  await browser.close();
}

async function demoReport(): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1080, height: 960 } });
  await page.goto(pathToFileURL(join(root, 'report/demo/index.html')).href);
  await page.screenshot({ path: join(images, 'demo-report.png') });
}

/** Ada and Grace at the page, and somebody at a telephone, who is speaking. */
async function roomPage(gateway: TestGateway): Promise<void> {
  const ada = await enter(gateway, 'Ada');
  const grace = await enter(gateway, 'Grace');
  await grace.getByRole('button', { name: 'Mute' }).click();
  const caller = await Caller.open(gateway.sipPort, '493023125001');
  try {
    await caller.dial('demo');
    const { phone } = speeches();
    caller.phone.speak((from) => phone.subarray(from % (phone.length - 160)).subarray(0, 160));
    await ada.locator('.tile.speaking', { hasText: 'Phone' }).waitFor({ timeout: 20_000 });
    await ada.screenshot({ path: join(images, 'room-page.png') });
  } finally {
    await caller.close();
  }
}

async function enter(gateway: TestGateway, name: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1080, height: 660 }, colorScheme: 'dark' });
  await page.addInitScript(quietMicrophone);
  await page.goto(`${gateway.httpUrl}/join/demo`);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.locator('.tile', { hasText: name }).waitFor();
  return page;
}
