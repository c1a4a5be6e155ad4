/**
 * Makes the pictures in docs/images, and docs/pictures/room-system.png, from the real thing, with Debian's Chromium and
 * baresip: `npm run demo && node --import tsx test/demo/pictures.ts`
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { camera } from '../pictures/cameras.ts';
import { openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';
import { joinAsPerson, ROOM, speeches } from './call.ts';
import { askingScreen, firstLike, startRoomSystem, typePin } from './room-system.ts';

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
    await roomSystem(gateway);
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

/** What baresip decoded of a room with cameras, a telephone and somebody who speaks. */
async function roomSystem(gateway: TestGateway): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'room-system-'));
  const open: { close(): Promise<unknown> }[] = [];
  try {
    const { pins } = await gateway.meeting(ROOM);
    for (const [i, name] of ['Ada Lovelace', '山田 太郎', 'محمد الخوارزمي', 'Łukasz Żółć'].entries()) {
      const person = await joinAsPerson(gateway, name);
      open.push(person);
      await person.publishPicture(camera(i));
      if (i < 2) await person.publishTone(300, i === 1 ? 8000 : 0);
    }
    const caller = await Caller.open(gateway.sipPort, '493023125001');
    open.push(caller);
    const system = await startRoomSystem(join(folder, 'baresip'));
    open.push(system);
    await caller.dial('1000');
    caller.type(`${pins.guest}#`);
    system.baresip.dial(`sip:1000@127.0.0.1:${gateway.sipPort}`);
    await firstLike(system, askingScreen);
    await typePin(system, pins.guest);
    await until(
      'both callers are in the room',
      async () => (await gateway.calls()).filter(({ state }) => state === 'in-room').length === 2,
      20_000,
    );
    // Until all are there and somebody is heard.
    await pause(4000);
    const shot = await system.look();
    await writeFile(join(root, 'docs/pictures/room-system.png'), shot.toPng());
  } finally {
    for (const one of open.reverse()) await one.close();
    await rm(folder, { recursive: true, force: true });
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
