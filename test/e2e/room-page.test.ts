import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createLiveKitRooms, type LiveKitRooms } from '../../gateway/rooms/livekit.ts';
import { callerIdentity } from '../../gateway/rooms/identity.ts';
import { openDoor, recordingLog, type Door } from '../fakes/admin.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { missingForLiveKit, startLiveKit, type LiveKit } from '../support/livekit.ts';
import { describeWith } from '../support/needs.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';

const root = join(import.meta.dirname, '../..');
const webFolder = join(root, 'dist/web');

interface Received {
  readonly bytes: number;
  readonly level: number;
}

/** Sound that came into the page so far: bytes, and the loudest level at this moment. */
const received = (page: Page): Promise<Received> => page.evaluate('receivedSound()');

const tile = (page: Page, name: string) => page.locator('.tile', { hasText: name });

/** As a host with LiveKit's own tools mutes a caller. */
async function muteFromServer(livekit: LiveKit, room: string, identity: string): Promise<void> {
  const { tracks } = await livekit.rooms().getParticipant(room, identity);
  for (const track of tracks) await livekit.rooms().mutePublishedTrack(room, identity, track.sid, true);
}

describeWith([missingForBrowser(), missingForLiveKit()], 'room page', () => {
  let livekit: LiveKit;
  let rooms: LiveKitRooms;
  let door: Door;
  let browser: Browser;
  let address = '';
  let contexts: BrowserContext[] = [];
  /** What no page may ever do: throw, or ask for something that the content policy forbids. */
  let faults: string[] = [];

  beforeAll(async () => {
    if (!existsSync(join(webFolder, 'index.html'))) {
      await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error' });
    }
    [livekit, browser] = await Promise.all([startLiveKit(), openBrowser()]);
    rooms = createLiveKitRooms({
      url: livekit.url,
      browserUrl: livekit.url,
      apiKey: livekit.apiKey,
      apiSecret: livekit.apiSecret,
      instance: 'test',
      embedded: null,
      log: recordingLog(),
    });
    door = await openDoor({ rooms, livekitUrl: livekit.url, webFolder });
    address = `http://127.0.0.1:${await door.server.listen()}`;
  });

  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
    const seen = faults;
    faults = [];
    expect(seen).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
    await door.server.close();
    rooms.close();
    await livekit.close();
  });

  async function openPage(path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await browser.newContext(options);
    contexts.push(context);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) faults.push(message.text());
    });
    await page.addInitScript({ path: join(root, 'test/support/in-page.js') });
    await page.goto(`${address}${path}`);
    return page;
  }

  async function enter(room: string, name: string): Promise<Page> {
    const page = await openPage(`/join/${room}`);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Join' }).click();
    await tile(page, name).waitFor();
    return page;
  }

  test('two people see and hear each other, see who is muted, and see who left', async () => {
    const ann = await enter('weekly', 'Ann');
    const ben = await enter('weekly', 'Ben');

    await tile(ann, 'Ben').waitFor();
    await tile(ben, 'Ann').waitFor();
    for (const page of [ann, ben]) {
      const before = await received(page);
      await expect
        .poll(() => received(page).then(({ level }) => level), { timeout: 15_000 })
        .toBeGreaterThan(0);
      await expect
        .poll(() => received(page).then(({ bytes }) => bytes), { timeout: 15_000 })
        .toBeGreaterThan(before.bytes + 1_000);
    }

    await ben.getByRole('button', { name: 'Mute' }).click();
    await ann.locator('.tile[data-sound=muted]', { hasText: 'Ben' }).waitFor();
    await ben.keyboard.press('m');
    await ann.locator('.tile[data-sound=on]', { hasText: 'Ben' }).waitFor();

    await ben.getByRole('button', { name: 'Leave' }).click();
    await ben.getByText('You left the room.').waitFor();
    await tile(ann, 'Ben').waitFor({ state: 'detached' });
  });

  test('a caller is shown as one, speaks, is muted, and is gone when forgotten', async () => {
    const ann = await enter('calls', 'Ann');
    const name = callerIdentity({
      number: '+15550100',
      calledNumber: '1000',
      callId: 'call-1',
      wireCallId: 'a@b',
      trunk: null,
      rule: 'pin',
      hostname: '198.51.100.7',
      role: 'guest',
      hideNumbers: false,
      secret: 'secret',
      taken: () => false,
    });
    rooms.register({ room: 'calls', ...name });
    const { url, token } = await rooms.access('calls', { identity: name.identity }, 'media-1');
    const caller = await RtcParticipant.join(url, token);
    await caller.publishTone(440);

    const shown = ann.locator('.tile[data-via=phone]', { hasText: '+15550100' });
    await shown.waitFor();
    await ann.locator('.tile[data-via=phone][data-speaking=true]').waitFor();
    await muteFromServer(livekit, 'calls', name.identity);
    await ann.locator('.tile[data-via=phone][data-sound=muted]').waitFor();

    await rooms.forget('calls', name.identity);
    await shown.waitFor({ state: 'detached' });
    expect(rooms.isTaken('calls', name.identity)).toBe(false);
    await caller.close();
  });

  test('a watcher sees the room and is seen by nobody', async () => {
    const ann = await enter('watched', 'Ann');
    const { url, token } = await rooms.access('watched', 'watcher', 'media-1');
    const watcher = await RtcParticipant.join(url, token);
    await watcher.until('Ann is seen', () => watcher.others().some(({ name }) => name === 'Ann'));
    await enter('watched', 'Ben').then((ben) => tile(ben, 'Ann').waitFor());
    await tile(ann, 'Ben').waitFor();
    expect(await ann.locator('.tile').count()).toBe(2);
    await watcher.close();
  });

  test('who has no microphone listens, and is told so', async () => {
    const page = await openPage('/join/quiet');
    await page.evaluate('takeMicrophoneAway()');
    await page.getByLabel('Your name').fill('Cleo');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('Listening only.').waitFor();
    await page.locator('.tile[data-sound=none]', { hasText: 'Cleo' }).waitFor();
    await page.getByRole('button', { name: 'Use microphone' }).waitFor();
  });

  test('a room with a PIN asks for it, and a wrong one is told in words', async () => {
    const locked = await openDoor({ rooms, livekitUrl: livekit.url, webFolder, http: { join: 'pin' } });
    try {
      const port = await locked.server.listen();
      const meeting = await locked.meetings.create({
        tenant: 'default',
        room: 'board',
        waitForHost: false,
        language: null,
      });
      const context = await browser.newContext();
      contexts.push(context);
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${port}/join/board`);
      await page.getByLabel('Your name').fill('Ann');
      await page.getByLabel('PIN').fill('000000');
      await page.getByRole('button', { name: 'Join' }).click();
      await page.getByRole('alert').getByText('This PIN does not fit the room').waitFor();
      await page.getByLabel('PIN').fill(meeting.pins.host);
      await page.keyboard.press('Enter');
      await tile(page, 'Host').waitFor();
      await page.close();
    } finally {
      await locked.server.close();
    }
  });

  test('a lost server is told, and the room comes back by itself', async ({ skip }) => {
    skip(!livekit.managed, 'LIVEKIT_URL names a server that is not ours to kill');
    const page = await enter('fragile', 'Ann');
    await livekit.kill();
    await page.getByText('The connection was lost. Trying to get back').waitFor();
    await livekit.restart();
    await page.getByText('1 person').waitFor({ timeout: 40_000 });
  });

  test('the start page says what to dial and that all is up', async () => {
    const page = await openPage('/');
    await page.getByText('1000', { exact: true }).waitFor();
    await page.getByText('Ready for calls').waitFor();
    await page.getByLabel('Room').fill('stand up');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.waitForURL('**/join/stand%20up');
    await page.getByRole('heading', { name: 'stand up' }).waitFor();
  });
});
