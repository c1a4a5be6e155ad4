import { MediaError } from '../errors.ts';
import type { EngineStatus, Log, RoomAccess, RoomParticipant } from '../ports.ts';
import { Channel } from './channel.ts';
import { Child } from './child.ts';
import type { RunningChild } from './child.ts';
import { relay } from './log.ts';
import { gatewayContract, nodeContract, nodeReady } from './protocol.ts';
import type { GatewayContract, NodeContract, NodeOptions } from './protocol.ts';
import { RemoteLeg } from './remote-leg.ts';
import { RemoteRoomWatch } from './remote-watch.ts';

export type NodeChannel = Channel<GatewayContract, NodeContract>;

export interface MediaNodeOptions extends NodeOptions {
  /** Asked at every join and rejoin of a link; tokens live for minutes. */
  readonly access: (room: string, who: { identity: string } | 'watcher') => Promise<RoomAccess>;
  readonly log: Log;
  /** The node's entry; another one in tests. */
  readonly module?: URL;
}

export interface MediaNodeState {
  readonly state: 'up' | 'starting' | 'down';
  readonly embedded: true;
  readonly version: null;
  readonly pid: number | null;
  readonly id: string;
  readonly legs: number;
  readonly rooms: number;
  readonly engine: EngineStatus & { readonly kind: string };
}

/** A room join waits for the SFU: the node's own deadline comes first. */
const watchDeadlineMs = 15_000;

/** The gateway's hold on a media node process. A node that dies takes its legs along and is started again. */
export class MediaNodeClient {
  readonly id: string;
  readonly #options: MediaNodeOptions;
  readonly #legs = new Map<string, RemoteLeg>();
  readonly #watches = new Map<number, RemoteRoomWatch>();
  #child: Child | null = null;
  #channel: NodeChannel | null = null;
  #nextWatch = 1;
  #rooms = 0;
  #engine: MediaNodeState['engine'] = { kind: 'embedded', state: 'starting', pid: null, restarts: 0 };
  #closing: Promise<void> | null = null;

  private constructor(options: MediaNodeOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** Forks the node; resolves when it and its engine run. Throws CHILD_FAILED. */
  static async start(options: MediaNodeOptions): Promise<MediaNodeClient> {
    const client = new MediaNodeClient(options);
    const { access: _access, log, module, ...start } = options;
    client.#child = await Child.start({
      name: 'media node',
      module: module ?? new URL('../main.ts', import.meta.url),
      start,
      log,
      onUp: (running) => client.#attach(running),
      onDown: () => client.#detach(),
    });
    return client;
  }

  async openLeg(id: string): Promise<RemoteLeg> {
    const channel = this.#requireChannel();
    const local = await channel.call('openLeg', { leg: id });
    const leg = new RemoteLeg(id, local, channel, () => this.#legs.delete(id));
    if (channel.closed) throw new MediaError('CONTROL_CLOSED', 'The media node is gone.');
    this.#legs.set(id, leg);
    return leg;
  }

  async watchRoom(room: string): Promise<RemoteRoomWatch> {
    const channel = this.#requireChannel();
    const id = this.#nextWatch++;
    const watch = new RemoteRoomWatch(room, async () => {
      this.#watches.delete(id);
      if (!channel.closed) await channel.call('unwatchRoom', { watch: id });
    });
    this.#watches.set(id, watch);
    try {
      watch.update(await channel.call('watchRoom', { watch: id, room }, { deadlineMs: watchDeadlineMs }));
    } catch (error) {
      this.#watches.delete(id);
      throw error;
    }
    return watch;
  }

  async playToRoom(room: string, files: readonly string[]): Promise<void> {
    await this.#requireChannel().call('playToRoom', { room, files: [...files] });
  }

  status(): MediaNodeState {
    return {
      state: this.#child?.state ?? 'starting',
      embedded: true,
      version: null,
      pid: this.#child?.pid ?? null,
      id: this.id,
      legs: this.#legs.size,
      rooms: this.#rooms,
      engine: this.#engine,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    await this.#child?.close();
    this.#detach();
  }

  #requireChannel(): NodeChannel {
    if (this.#channel && !this.#closing) return this.#channel;
    throw new MediaError('CONTROL_CLOSED', 'The media node does not run.');
  }

  #attach({ ready, port }: RunningChild): void {
    this.#engine = nodeReady.parse(ready).engine;
    this.#channel = new Channel(port, gatewayContract, nodeContract, {
      calls: { access: ({ room, who }) => this.#options.access(room, who) },
      events: {
        digit: ({ leg, digit }) => this.#legs.get(leg)?.emit('digit', digit),
        silent: ({ leg, ms }) => this.#legs.get(leg)?.emit('silent', ms),
        mutedByHost: ({ leg, muted }) => this.#legs.get(leg)?.emit('mutedByHost', muted),
        link: ({ leg, state }) => this.#legs.get(leg)?.emit('link', state),
        played: ({ leg, play, how }) => this.#legs.get(leg)?.played(play, how),
        participants: ({ watch, participants }) => this.#watches.get(watch)?.update(participants),
        status: ({ rooms, engine }) => {
          this.#rooms = rooms;
          this.#engine = engine;
        },
        log: (line) => relay(this.#options.log, line),
      },
    });
  }

  /** The process is gone, and with it all that it carried. */
  #detach(): void {
    this.#channel?.close();
    this.#channel = null;
    this.#rooms = 0;
    this.#engine = { ...this.#engine, state: 'down', pid: null };
    const legs = [...this.#legs.values()];
    const watches: readonly RoomParticipant[] = [];
    this.#legs.clear();
    for (const leg of legs) leg.lose();
    for (const watch of this.#watches.values()) watch.update(watches);
    this.#watches.clear();
  }
}

/** Starts a media node on this machine. */
export function startMediaNode(options: MediaNodeOptions): Promise<MediaNodeClient> {
  return MediaNodeClient.start(options);
}
