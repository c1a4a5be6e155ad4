import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from './errors.ts';
import type { DialogPlace, Edge, Log } from './ports.ts';
import type { LostCall } from './records/lost-calls.ts';
import type { LiveKitRooms } from './rooms/livekit.ts';

interface LostCallsDeps {
  readonly edge: Pick<Edge, 'endOwnerless'>;
  readonly rooms: Pick<LiveKitRooms, 'removeLost'>;
  readonly log: Log;
}

/** How often is looked for a SIP server that is away. */
const serverTries = 60;

/**
 * What is left of calls whose gateway died: drachtio-server keeps their dialogs without anybody behind them, so the
 * caller would sit on a dead line, and LiveKit may show the participant for a while.
 */
export class LostCalls {
  readonly #everyMs: number;
  readonly #waiting: LostCall[] = [];
  readonly #closed = new AbortController();
  #deps: LostCallsDeps | null = null;

  /** @param everyMs pause between two tries to tell a SIP server that is away */
  constructor(everyMs = 1000) {
    this.#everyMs = everyMs;
  }

  /** They are cleared away from `start` on. */
  add(calls: readonly LostCall[]): void {
    const deps = this.#deps;
    if (deps) for (const one of calls) void this.#clear(one, deps);
    else this.#waiting.push(...calls);
  }

  start(deps: LostCallsDeps): void {
    this.#deps = deps;
    this.add(this.#waiting.splice(0));
  }

  /** Idempotent. */
  close(): void {
    this.#closed.abort();
  }

  async #clear({ call }: LostCall, deps: LostCallsDeps): Promise<void> {
    const { rooms, log } = deps;
    const { id, room, participant, dialog } = call;
    const removing = room === null || participant === null ? null : rooms.removeLost(room, participant, id);
    const [hungUp, removed] = await Promise.allSettled([dialog && this.#hangUp(dialog, deps), removing]);
    log.warn(
      {
        call: id,
        caller: hungUp.status === 'fulfilled' ? (hungUp.value ?? 'not answered') : messageOf(hungUp.reason),
        ...(removed.status === 'rejected' && { participant: messageOf(removed.reason) }),
      },
      'call of a gateway that died was ended',
    );
  }

  async #hangUp(dialog: DialogPlace, { edge }: LostCallsDeps): Promise<string> {
    const { signal } = this.#closed;
    for (let tries = 0; tries < serverTries && !signal.aborted; tries += 1) {
      const outcome = await edge.endOwnerless(dialog, 'gateway-lost');
      if (outcome !== 'no-server') return outcome;
      await pause(this.#everyMs, undefined, { signal }).catch(() => undefined);
    }
    return 'no-server';
  }
}
