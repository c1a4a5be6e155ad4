import { MediaError, messageOf } from '../errors.ts';
import type { EngineStatus, Log, PictureStatus, RoomAccess } from '../ports.ts';
import { Channel } from './channel.ts';
import type { Child, ChildOptions, RunningChild } from './child.ts';
import { relay } from './log.ts';
import { serveMixer } from './mixer-protocol.ts';
import type { MixerHost, MixerSession } from './mixer-protocol.ts';
import { openLegOn } from './open-leg.ts';
import { gatewayContract, nodeContract, nodeReady } from './protocol.ts';
import { RemoteLeg } from './remote-leg.ts';
import { RemoteRoomWatch } from './remote-watch.ts';
import { restoreLegs } from './restore.ts';
import { isClosed, NodeWay } from './way.ts';
import type { NodeChannel } from './way.ts';

/** How long a new call waits for a process that replaces a dead one: longer than a start takes on a busy machine. */
const newProcessWithinMs = 5000;

/** What a node is to the gateway, wherever it runs. */
export interface NodeHold {
  readonly id: string;
  /** As the API calls where it runs; null: it is a child of ours. */
  readonly at: string | null;
  /** FreeSWITCH mixes, and this drives it; absent: the node mixes itself. */
  readonly mixer?: MixerHost | undefined;
  /** Asked at every join and rejoin of a link; tokens live for minutes. */
  readonly access: (room: string, who: { identity: string } | 'watcher') => Promise<RoomAccess>;
  readonly log: Log;
  /** How long calls wait for a new process when theirs died. Default 10 s. */
  readonly restoreWithinMs?: number | undefined;
}

export interface MediaNodeState {
  readonly state: 'up' | 'starting' | 'down';
  /** On this machine, as a child of ours. */
  readonly embedded: boolean;
  readonly version: null;
  /** Where it runs when that is elsewhere, or why it does not. */
  readonly detail?: string;
  readonly pid: number | null;
  readonly id: string;
  readonly legs: number;
  readonly rooms: number;
  /** How often its process was started again, and how often of these because it hung. */
  readonly restarts: number;
  readonly hangs: number;
  readonly engine: EngineStatus & { readonly kind: string };
  /** Null: no pictures are made here. */
  readonly pictures: PictureStatus | null;
}

/**
 * The gateway's hold on a media node. Its process is started again when it dies, and the new one goes on with the
 * legs and watches of the dead one, on the same ports; only what can't be restored is lost.
 */
export class MediaNodeClient {
  readonly id: string;
  readonly #options: NodeHold;
  readonly #legs = new Map<string, RemoteLeg>();
  readonly #watches = new Map<number, RemoteRoomWatch>();
  readonly #way = new NodeWay();
  #child: Child | null = null;
  #nextWatch = 1;
  #rooms = 0;
  #engine: MediaNodeState['engine'];
  #pictures: PictureStatus | null = null;
  #giveUpTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  private constructor(options: NodeHold) {
    this.id = options.id;
    this.#options = options;
    this.#engine = {
      kind: options.mixer ? 'freeswitch' : 'embedded',
      state: 'starting',
      pid: null,
      restarts: 0,
      hangs: 0,
    };
  }

  /** `run` begins the supervision of its processes: see `start-node.ts`. */
  static async start(
    hold: NodeHold,
    run: (options: Pick<ChildOptions, 'name' | 'log' | 'onUp'>) => Promise<Child>,
  ): Promise<MediaNodeClient> {
    const client = new MediaNodeClient(hold);
    client.#child = await run({
      name: 'media node',
      log: hold.log,
      onUp: (running) => client.#attach(running),
    });
    client.#child.keepStandBy();
    return client;
  }

  /** While a process is being replaced the next one is waited for; rejects with CONTROL_CLOSED when none comes soon. */
  async openLeg(id: string): Promise<RemoteLeg> {
    for (;;) {
      if (this.#closing) throw new MediaError('CONTROL_CLOSED', 'The media node is being closed.');
      const channel = await this.#way.within(newProcessWithinMs);
      try {
        const local = await openLegOn(channel, id);
        // A process that died since took the leg with it.
        if (channel.closed) continue;
        const leg = new RemoteLeg(id, local, channel, () => this.#legs.delete(id));
        this.#legs.set(id, leg);
        return leg;
      } catch (error) {
        if (!isClosed(error) || !channel.closed) throw error;
      }
    }
  }

  async watchRoom(room: string): Promise<RemoteRoomWatch> {
    this.#requireChannel();
    const id = this.#nextWatch++;
    const watch = new RemoteRoomWatch(id, room, this.#way, () => this.#watches.delete(id));
    this.#watches.set(id, watch);
    try {
      await watch.open();
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
      ...this.#whereabouts(),
      version: null,
      pid: this.#child?.pid ?? null,
      id: this.id,
      legs: this.#legs.size,
      rooms: this.#rooms,
      restarts: this.#child?.restarts ?? 0,
      hangs: this.#child?.hangs ?? 0,
      engine: this.#engine,
      pictures: this.#pictures,
    };
  }

  #whereabouts(): Pick<MediaNodeState, 'embedded' | 'detail'> {
    const { at } = this.#options;
    if (at === null) return { embedded: true };
    return { embedded: false, detail: this.#child?.trouble ?? `at ${at}` };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    await this.#child?.close();
    this.#way.end();
    this.#giveUp();
  }

  #requireChannel(): NodeChannel {
    const { channel } = this.#way;
    if (channel && !this.#closing) return channel;
    throw new MediaError('CONTROL_CLOSED', 'The media node does not run.');
  }

  #attach({ ready, port }: RunningChild): void {
    this.#engine = nodeReady.parse(ready).engine;
    let session: MixerSession | null = null;
    const channel: NodeChannel = new Channel(port, gatewayContract, nodeContract, {
      calls: { access: ({ room, who }) => this.#options.access(room, who) },
      events: {
        digit: ({ leg, digit }) => this.#legs.get(leg)?.happened('digit', digit),
        silent: ({ leg, ms }) => this.#legs.get(leg)?.silentFor(ms),
        heard: ({ leg }) => this.#legs.get(leg)?.heardAgain(),
        stats: ({ leg, stats }) => this.#legs.get(leg)?.statsAre(stats),
        mutedByHost: ({ leg, muted }) => this.#legs.get(leg)?.mutedByHost(muted),
        cameraMutedByHost: ({ leg, muted }) => this.#legs.get(leg)?.cameraMutedByHost(muted),
        keyFrameWanted: ({ leg }) => this.#legs.get(leg)?.happened('keyFrameWanted'),
        videoLimited: ({ leg, limited }) => this.#legs.get(leg)?.happened('videoLimited', limited),
        failed: ({ leg, reason }) => this.#legs.get(leg)?.happened('failed', reason),
        link: ({ leg, state }) => this.#legs.get(leg)?.linkIs(state),
        peer: ({ leg, stream, peer }) => this.#legs.get(leg)?.memory.peerIs(stream, peer),
        path: ({ leg, stream, path }) => this.#legs.get(leg)?.memory.pathIs(stream, path),
        srtp: ({ leg, stream, srtp }) => this.#legs.get(leg)?.memory.srtpIs(stream, srtp),
        played: ({ leg, play, how }) => this.#legs.get(leg)?.played(play, how),
        participants: ({ watch, participants }) => this.#watches.get(watch)?.update(participants),
        status: ({ rooms, engine, pictures }) => {
          this.#rooms = rooms;
          this.#engine = engine;
          this.#pictures = pictures;
        },
        log: (line) => relay(this.#options.log, line),
        ...serveMixer(() => session),
      },
    });
    session =
      this.#options.mixer?.attach(this.id, (name, params) => channel.tell(name, params as never)) ?? null;
    channel.onClose(() => {
      session?.detach();
      this.#detach();
    });
    channel.tell('use', null);
    clearTimeout(this.#giveUpTimer);
    const legs = [...this.#legs.values()];
    this.#way.up(channel);
    for (const watch of this.#watches.values()) void watch.reopen(channel);
    if (legs.length === 0) return;
    restoreLegs(legs, channel, this.#options.log).catch((error: unknown) => {
      this.#options.log.error({ error: messageOf(error) }, 'calls can not be restored');
    });
  }

  /** The process is gone. Its legs wait for the next one, for a while. */
  #detach(): void {
    this.#way.down();
    this.#rooms = 0;
    this.#engine = { ...this.#engine, state: 'down', pid: null };
    this.#pictures = this.#pictures && { ...this.#pictures, state: 'down', pid: null, figures: null };
    if (this.#closing) return;
    for (const leg of this.#legs.values()) leg.interrupt();
    clearTimeout(this.#giveUpTimer);
    this.#giveUpTimer = setTimeout(() => this.#giveUp(), this.#options.restoreWithinMs ?? 10_000);
  }

  #giveUp(): void {
    clearTimeout(this.#giveUpTimer);
    const legs = [...this.#legs.values()];
    this.#legs.clear();
    for (const leg of legs) leg.lose();
    for (const watch of this.#watches.values()) watch.update([]);
    this.#watches.clear();
  }
}
