import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LiveKit } from '../support/livekit.ts';

const joinMs = 20_000;

/** A voice speaks and subscribes to nobody; an observer is hidden. */
export type Person = 'speaker' | 'voice' | 'observer';
export type ToRoomSide = 'close' | { readonly as: Person; readonly url: string; readonly token: string };
export type FromRoomSide =
  { readonly joined: string } | { readonly announced: string; readonly atMs: number };

/** Who sits in the rooms, and when they see a caller come. */
export class Rooms {
  readonly #child: ChildProcess;
  readonly #livekit: LiveKit;
  readonly #announced = new Map<string, number>();
  readonly #joining = new Map<string, () => void>();
  #people = 0;

  constructor(livekit: LiveKit) {
    this.#livekit = livekit;
    this.#child = fork(fileURLToPath(new URL('./room-side.ts', import.meta.url)), {
      // rtc-node listens once per track, and Node warns of eleven.
      execArgv: ['--import', 'tsx', '--no-warnings'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message: FromRoomSide) => {
      if ('joined' in message) this.#joining.get(message.joined)?.();
      else this.#announced.set(message.announced, message.atMs - performance.timeOrigin);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async add(as: Person, room: string): Promise<void> {
    const token = await this.#livekit.token(`${as}-${this.#people++}`, room, {
      grants: as === 'observer' ? { hidden: true, canPublish: false } : {},
    });
    const joined = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${as} in ${room} within ${joinMs} ms`)), joinMs);
      this.#joining.set(token, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#child.send({ as, url: this.#livekit.url, token } satisfies ToRoomSide);
    await joined;
  }

  /** When a caller's track was announced in its room, ms on this process's monotonic clock; null: not yet. */
  announcedMs(number: string): number | null {
    return this.#announced.get(`sip_${number}`) ?? null;
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.send('close' satisfies ToRoomSide);
    const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(killer);
  }
}
