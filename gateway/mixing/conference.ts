import { createHash } from 'node:crypto';

/** Profiles of deploy/freeswitch/conference.xml. An unknown one would be taken for the default, without a word. */
export const conferenceProfiles = {
  audio: 'gateway-audio',
  '720p': 'gateway-720p',
  '1080p': 'gateway-1080p',
} as const;

/**
 * A conference's name: FreeSWITCH's command lines have blanks and special characters of their own, so that no text
 * of a caller's may stand there.
 */
export function conferenceName(kind: 'room' | 'seat', ...of: readonly string[]): string {
  return `${kind}-${createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 32)}`;
}

/** How long a conference that somebody is making is waited for. */
const makingMs = 2000;

/**
 * The conferences of one FreeSWITCH, by those who are in them. A conference is there from its first member to its
 * last; who comes while the first one makes it would wait for half a second: they wait here until it is there.
 */
export class Conferences {
  readonly #members = new Map<string, Set<string>>();
  /** By conference: who waits for its first member. */
  readonly #awaited = new Map<string, readonly (() => void)[]>();
  readonly #making = new Map<string, { readonly made: Promise<void>; readonly done: () => void }>();

  /** Resolves when `channel` may enter; whoever makes the conference does at once. */
  async turn(conference: string): Promise<void> {
    if (this.#members.has(conference)) return;
    const making = this.#making.get(conference);
    if (making) {
      await making.made;
      return;
    }
    let done = (): void => undefined;
    const made = new Promise<void>((resolve) => (done = resolve));
    const timer = setTimeout(() => this.#made(conference), makingMs);
    this.#making.set(conference, {
      made,
      done: () => {
        clearTimeout(timer);
        done();
      },
    });
  }

  /** Whether somebody is in it, or enters within a moment. */
  there(conference: string): Promise<boolean> {
    if (this.#members.has(conference)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), makingMs);
      const waiting = this.#awaited.get(conference) ?? [];
      this.#awaited.set(conference, [
        ...waiting,
        () => {
          clearTimeout(timer);
          resolve(true);
        },
      ]);
    });
  }

  added(conference: string, channel: string): void {
    const members = this.#members.get(conference);
    if (members) members.add(channel);
    else this.#members.set(conference, new Set([channel]));
    for (const there of this.#awaited.get(conference) ?? []) there();
    this.#awaited.delete(conference);
    this.#made(conference);
  }

  removed(conference: string, channel: string): void {
    const members = this.#members.get(conference);
    members?.delete(channel);
    if (members?.size === 0) this.#members.delete(conference);
  }

  /** A channel is gone, wherever it was. */
  gone(channel: string): void {
    for (const conference of [...this.#members.keys()]) this.removed(conference, channel);
  }

  has(conference: string): boolean {
    return this.#members.has(conference);
  }

  /** FreeSWITCH is gone, and everything in it. */
  clear(): void {
    this.#members.clear();
    this.#awaited.clear();
    for (const conference of [...this.#making.keys()]) this.#made(conference);
  }

  #made(conference: string): void {
    const making = this.#making.get(conference);
    this.#making.delete(conference);
    making?.done();
  }
}
