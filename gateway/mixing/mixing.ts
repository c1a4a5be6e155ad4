import { randomUUID } from 'node:crypto';
import type { MixerHost, MixerTells } from '../../mcu/control/mixer-protocol.ts';
import type { DrainStore, Log, MixingDesk, MixingServerStatus, MixingStatus } from '../ports.ts';
import type { EdgeCaller } from './edge-caller.ts';
import { FollowedDrains } from './drains.ts';
import type { Draw } from './drawings.ts';
import type { EslPlace } from './esl.ts';
import type { Lease } from './lease.ts';
import { MixingPool } from './pool.ts';
import { PromptFiles } from './prompts.ts';
import { FreeSwitchServer } from './server.ts';
import { NodeSession } from './session.ts';

export interface MixingOptions {
  readonly servers: readonly EslPlace[];
  readonly caller: EdgeCaller;
  /** Name of this gateway, the same in its next run. */
  readonly gateway: string;
  /** Address at which FreeSWITCH reaches the gateway; null: the one that leads there. */
  readonly ownAddress: string | null;
  readonly promptFolder: string;
  /** The same folder where FreeSWITCH runs. */
  readonly theirPromptFolder: string;
  /** Draws screens and names; left out: there are none. */
  readonly draw?: Draw;
  /** After so long without any FreeSWITCH `onNone` is called. */
  readonly noneAfterMs?: number;
  readonly lease?: Lease;
  readonly drains: DrainStore;
  readonly log: Log;
}

const defaultLease: Lease = { seconds: 60, renewMs: 20_000 };
const drawNothing: Draw = () => Promise.resolve(null);
const defaultNoneAfterMs = 5000;

/** The mixing tier: several FreeSWITCH that mix for the media nodes. */
export class Mixing implements MixerHost, MixingDesk {
  /** No FreeSWITCH is there for so long that callers can't wait any more. */
  onNone: (() => void) | null = null;
  /** One is there, but has refused this caller for as long. */
  onRefused: ((leg: string) => void) | null = null;
  readonly #options: MixingOptions;
  readonly #prompts: PromptFiles;
  readonly #pool: MixingPool;
  readonly #drains: FollowedDrains;
  readonly #sessions = new Set<NodeSession>();
  #noneTimer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];
  #closed = false;

  /** Connects, and goes on trying. Throws PROMPT_FOLDER_UNUSABLE. */
  constructor(options: MixingOptions) {
    this.#options = options;
    this.#prompts = new PromptFiles(options.promptFolder, options.theirPromptFolder);
    const owner = { gateway: options.gateway, instance: randomUUID() };
    const { caller, ownAddress, log } = options;
    this.#pool = new MixingPool(
      options.servers.map(
        (place) =>
          new FreeSwitchServer({ ...place, caller, owner, ownAddress, log, onChange: () => this.#changed() }),
      ),
    );
    this.#drains = new FollowedDrains({ servers: this.#pool.servers, store: options.drains, log });
    this.#changed();
  }

  /** Resolves when it knows which servers are drained, or can't know: before that it is to get no rooms. */
  drainsRead(): Promise<void> {
    return this.#drains.follow();
  }

  /** Resolves when a FreeSWITCH is up, or after that long. */
  upWithin(ms: number): Promise<void> {
    if (this.isUp) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  get isUp(): boolean {
    return this.#pool.isUp;
  }

  attach(node: string, tell: Parameters<MixerHost['attach']>[1]): NodeSession {
    const { gateway, log, lease = defaultLease, draw = drawNothing } = this.#options;
    const session: NodeSession = new NodeSession({
      gateway,
      node,
      pool: this.#pool,
      prompts: this.#prompts,
      draw,
      lease,
      tell,
      log,
      onDetached: () => this.#sessions.delete(session),
      onRefused: (leg) => this.onRefused?.(leg),
    });
    this.#sessions.add(session);
    session.tellStatus(this.#totals());
    return session;
  }

  /** A drained one takes no new rooms; those it has stay until they are over. */
  setDraining(name: string, draining: boolean): Promise<boolean> {
    return this.#drains.set(name, draining);
  }

  status(): MixingStatus {
    return {
      state: this.#totals().state,
      servers: this.#pool.servers.map((server) => this.#statusOf(server)),
    };
  }

  /** Ends all that is there. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#noneTimer);
    this.#drains.close();
    for (const session of [...this.#sessions]) session.detach();
    await Promise.all(this.#pool.servers.map((server) => server.close()));
    this.#options.caller.close();
  }

  #statusOf(server: FreeSwitchServer): MixingServerStatus {
    const { name, state, version, draining, endpoints, load, losses, hangs, problem } = server;
    return {
      ...{ name, state, version, draining, endpoints, losses, hangs },
      rooms: this.#pool.rooms(server),
      channels: load?.channels ?? null,
      idleCpuPercent: load?.idleCpuPercent ?? null,
      problem: problem && { code: problem.code, message: problem.message, remedy: problem.remedy },
    };
  }

  #totals(): MixerTells['mixerStatus'] {
    const { servers } = this.#pool;
    const sum = (of: 'losses' | 'hangs'): number => servers.reduce((total, server) => total + server[of], 0);
    const isStarting = servers.some(({ state }) => state === 'starting');
    return {
      state: this.isUp ? 'up' : isStarting ? 'starting' : 'down',
      restarts: sum('losses'),
      hangs: sum('hangs'),
    };
  }

  #changed(): void {
    if (this.#closed) return;
    for (const session of this.#sessions) session.tellStatus(this.#totals());
    if (this.isUp) {
      clearTimeout(this.#noneTimer);
      this.#noneTimer = undefined;
      for (const resolve of this.#waiting.splice(0)) resolve();
      return;
    }
    const { noneAfterMs = defaultNoneAfterMs } = this.#options;
    this.#noneTimer ??= setTimeout(() => this.onNone?.(), noneAfterMs);
  }
}
