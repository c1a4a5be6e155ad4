/** A person's browser with a softphone of sip.js in a page, and the web servers that the page comes from. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import type { Issued } from './certificates.ts';

export interface SoftphonePages {
  readonly httpPort: number;
  readonly httpsPort: number;
  close(): Promise<void>;
}

/** Empty pages on loopback by HTTP and HTTPS. */
export async function serveSoftphonePages(identity: Issued): Promise<SoftphonePages> {
  const answer: RequestListener = (_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Softphone</title>');
  };
  const servers = [createServer(answer), createSecureServer(identity, answer)];
  const [httpPort, httpsPort] = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  return {
    httpPort,
    httpsPort,
    async close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      }
    },
  };
}

/** The page's script: sip.js and what the tests ask of it, in one piece. */
export async function bundleSoftphone(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: {
        entry: join(import.meta.dirname, 'in-page-softphone.mjs'),
        formats: ['iife'],
        name: 'softphone',
      },
    },
  });
  const [output] = [built].flat();
  if (!('output' in output)) throw new Error('nothing was built');
  return output.output[0].code;
}

/** What the page's camera sees: one colour as CSS has it, and a spot that moves. */
export interface PageCamera {
  readonly width: number;
  readonly height: number;
  readonly colour: string;
}

export interface SeenPicture {
  readonly width: number;
  readonly height: number;
  /** The mean, as R, G and B. */
  readonly colour: readonly [number, number, number];
}

export class Softphone {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(browser: Browser, url: string, script: string): Promise<Softphone> {
    const page = await browser.newPage();
    await page.addInitScript({ path: join(import.meta.dirname, 'in-page-sound.js') });
    await page.addInitScript({ content: script });
    await page.goto(url);
    await page.mouse.click(1, 1);
    return new Softphone(page);
  }

  /** Opens the WebSocket at `server`; rejects when it is refused. */
  connect(server: string, user: string): Promise<void> {
    return this.#ask('connect', server, user);
  }

  /** Closes the WebSocket and opens another. */
  reconnect(): Promise<void> {
    return this.#ask('reconnect');
  }

  /** Calls, with a microphone that has a tone, and a camera if one is named; resolves when media can go both ways. */
  call(target: string, toneHz: number, camera: PageCamera | null = null): Promise<void> {
    return this.#ask('call', target, toneHz, camera);
  }

  /** Of the newest picture that it decoded; null: none yet. */
  async seenPicture(): Promise<SeenPicture | null> {
    const seen = await this.#ask<string | null>('seenPicture');
    return seen === null ? null : (JSON.parse(seen) as SeenPicture);
  }

  speak(loud: boolean): Promise<void> {
    return this.#ask('speak', loud);
  }

  /** How much louder than all the rest a tone is, in dB; its own when none is named. */
  heardToneDb(hz?: number): Promise<number> {
    return hz === undefined ? this.#ask('heardToneDb') : this.#ask('heardToneDb', hz);
  }

  /** The loudest of all that is heard, in dB of full scale; −200: nothing at all. */
  heardDb(): Promise<number> {
    return this.#ask('heardDb');
  }

  /** Holds or resumes; resolves with the page's direction after it. */
  hold(held: boolean): Promise<string> {
    return this.#ask('hold', held);
  }

  press(way: 'RFC 4733' | 'INFO', keys: string): Promise<void> {
    return this.#ask(way === 'INFO' ? 'pressByInfo' : 'pressInMedia', keys);
  }

  hangUp(): Promise<void> {
    return this.#ask('hangUp');
  }

  /** Reason of the BYE that came, or the status of the refusal; null before. */
  endedWith(): Promise<string | null> {
    return this.#ask('endedWith');
  }

  close(): Promise<void> {
    return this.#page.close();
  }

  async #ask<T>(what: string, ...values: unknown[]): Promise<T> {
    const list = values.map((value) => JSON.stringify(value)).join(', ');
    // sip.js's own results are no values that leave a page.
    return this.#page.evaluate<T>(
      `(async () => { const value = await ${what}(${list}); return typeof value === 'object' ? null : value; })()`,
    );
  }
}
