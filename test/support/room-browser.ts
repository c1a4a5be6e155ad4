/** People of a room in Chromium, on LiveKit's own client: the independent judge of pictures. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import type { Rgb } from './pixels.ts';

const client = createRequire(import.meta.url).resolve('livekit-client');
const script = join(import.meta.dirname, 'in-page-room.js');

export interface CameraWishes {
  readonly codec: 'h264' | 'vp8' | 'vp9' | 'av1';
  readonly width: number;
  readonly height: number;
  readonly simulcast: boolean;
  /** Names a codec to fall back to for those who can't take the first one. */
  readonly backupCodec?: boolean;
}

export interface PlainWishes {
  readonly colour: Rgb;
  readonly width: number;
  readonly height: number;
  readonly source: PlainSource;
  readonly codec: 'h264' | 'vp8';
}

/** As LiveKit names them. */
export type PlainSource = 'camera' | 'screen_share';

/** What a page sees of somebody's picture. */
export interface SeenPicture {
  readonly mimeType: string;
  readonly told: { readonly width: number; readonly height: number };
  readonly muted: boolean;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** Mean of the picture's middle: red, green, blue, 0–255. */
  readonly colour: Rgb;
}

/** What in-page-room.js defines. */
interface InPage {
  join(url: string, token: string): Promise<void>;
  leave(): Promise<void>;
  publishCamera(wishes: CameraWishes): Promise<string>;
  unpublishCamera(): Promise<void>;
  publishPlain(wishes: PlainWishes): Promise<string>;
  paint(source: PlainSource, colour: Rgb): void;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  unpublishPlain(source: PlainSource): Promise<void>;
  seen(identity: string): Promise<SeenPicture | null>;
}

export interface RoomPage {
  /** Publishes a moving picture; gives the track's sid. */
  publishCamera(wishes: CameraWishes): Promise<string>;
  unpublishCamera(): Promise<void>;
  /** Publishes a picture of one colour; gives the track's sid. */
  publishPlain(wishes: PlainWishes): Promise<string>;
  /** Another colour for it, from the next frame on. */
  paint(source: PlainSource, colour: Rgb): Promise<void>;
  unpublishPlain(source: PlainSource): Promise<void>;
  /** The first time it is published; off: muted. */
  setMicrophone(on: boolean): Promise<void>;
  /** Mutes a camera that is published, or unmutes it. */
  setCamera(on: boolean): Promise<void>;
  /** Null: nothing of this identity is shown. */
  seen(identity: string): Promise<SeenPicture | null>;
  close(): Promise<void>;
}

export interface RoomBrowser {
  join(url: string, token: string): Promise<RoomPage>;
  close(): Promise<void>;
}

export async function openRoomBrowser(): Promise<RoomBrowser> {
  const library = await readFile(
    client.replace(/livekit-client\.(?:esm|umd)\.m?js$/, 'livekit-client.umd.js'),
  );
  const server = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? library : '<!doctype html><script src="/client.js"></script>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  const browser = await openBrowser();
  return {
    join: async (url, token) => {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${address.port}/`);
      await page.addScriptTag({ path: script });
      await page.evaluate(([to, by]) => (globalThis as unknown as InPage).join(to, by), [
        url,
        token,
      ] as const);
      return roomPage(page);
    },
    close: async () => {
      await browser.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function roomPage(page: Page): RoomPage {
  return {
    publishCamera: (wishes) =>
      page.evaluate((what) => (globalThis as unknown as InPage).publishCamera(what), wishes),
    unpublishCamera: () => page.evaluate(() => (globalThis as unknown as InPage).unpublishCamera()),
    publishPlain: (wishes) =>
      page.evaluate((what) => (globalThis as unknown as InPage).publishPlain(what), wishes),
    paint: (source, colour) =>
      page.evaluate(([of, by]) => (globalThis as unknown as InPage).paint(of, by), [source, colour] as const),
    setMicrophone: (on) =>
      page.evaluate((wanted) => (globalThis as unknown as InPage).setMicrophone(wanted), on),
    setCamera: (on) => page.evaluate((wanted) => (globalThis as unknown as InPage).setCamera(wanted), on),
    unpublishPlain: (source) =>
      page.evaluate((of) => (globalThis as unknown as InPage).unpublishPlain(of), source),
    seen: (identity) => page.evaluate((who) => (globalThis as unknown as InPage).seen(who), identity),
    close: async () => {
      if (page.isClosed()) return;
      await page.evaluate(() => (globalThis as unknown as InPage).leave());
      await page.close();
    },
  };
}
