import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { largePlan } from '../../support/large-plan.ts';

const file = 'large.yaml';
/** For one change to count. */
const deadlineMs = 60_000;
/** A page takes a check back as soon as somebody types on. */
const typesOnMs = 400;
const lookMs = 50;

const echo = `version: 1
rules:
  - name: echo
    match: { called: echo }
    action: echo
`;

/** Where the gateway is, for an admin. */
export interface AdminDoor {
  readonly url: string;
  readonly token: string;
  /** Of the plans' files. */
  readonly folder: string;
}

/** What an admin does with a large plan; each resolves with how long it took, ms. */
export class LargePlans {
  readonly #door: AdminDoor;
  readonly #text: string;
  #changes = 0;
  #isPublished = false;

  constructor(door: AdminDoor, rules: number) {
    this.#door = door;
    this.#text = largePlan(rules).text;
  }

  /** Calls to `echo` hear themselves. */
  addEcho(): Promise<number> {
    return this.#taken(() => writeFile(join(this.#door.folder, 'echo.yaml'), echo));
  }

  /** A file that changes; until it counts. */
  save(): Promise<number> {
    return this.#taken(() => writeFile(join(this.#door.folder, file), this.#next()));
  }

  /** So that the same rules may come by the other door. */
  remove(): Promise<number> {
    return this.#taken(() => rm(join(this.#door.folder, file)));
  }

  /** By the API, until it is confirmed. */
  publish(): Promise<number> {
    const precondition = this.#isPublished ? 'if-match' : 'if-none-match';
    this.#isPublished = true;
    return this.#ask('PUT', '/api/v1/plans/large', { text: this.#next() }, { [precondition]: '*' });
  }

  /** As somebody types: a check that is taken back, then one that is waited for, with a try beside it. */
  async type(): Promise<number> {
    const [check, further] = ['/api/v1/plans/check', '/api/v1/plans/try'];
    const gone = AbortSignal.timeout(typesOnMs);
    await this.#ask('POST', check, { name: 'large', text: this.#next() }, {}, gone).catch(() => undefined);
    const draft = { name: 'large', text: this.#next() };
    const [took] = await Promise.all([
      this.#ask('POST', check, draft),
      this.#ask('POST', further, { ...draft, call: { called: '+493000001' } }),
      this.#ask('POST', further, { call: { called: '+493000001' } }),
    ]);
    return took;
  }

  #next(): string {
    return `${this.#text}# ${this.#changes++}\n`;
  }

  async #taken(change: () => Promise<void>): Promise<number> {
    const before = await this.#version();
    const began = performance.now();
    await change();
    while ((await this.#version()) === before) {
      if (performance.now() - began > deadlineMs) throw new Error('a plan did not count in time');
      await pause(lookMs);
    }
    return performance.now() - began;
  }

  async #version(): Promise<string> {
    const response = await fetch(`${this.#door.url}/readyz`, { signal: AbortSignal.timeout(deadlineMs) });
    const { parts } = (await response.json()) as { parts: { plans: { version: string } } };
    return parts.plans.version;
  }

  async #ask(
    method: string,
    path: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
    signal = AbortSignal.timeout(deadlineMs),
  ): Promise<number> {
    const began = performance.now();
    const { url, token } = this.#door;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal,
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.slice(0, 300)}`);
    return performance.now() - began;
  }
}
