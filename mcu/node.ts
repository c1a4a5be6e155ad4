import type { z } from 'zod';
import type { Channel, Served } from './control/channel.ts';
import type { MixerTold } from './control/mixer-protocol.ts';
import type { GatewayContract, NodeContract, NodeOptions } from './control/protocol.ts';
import { fingerprintOf } from './dtls/fingerprint.ts';
import type { DtlsIdentity } from './dtls/identity.ts';
import { readIdentity } from './dtls/identity.ts';
import { MediaError, messageOf } from './errors.ts';
import { MediaLeg } from './leg.ts';
import type { Engine, EngineStatus, LegLocal, LinkFactory, Log } from './ports.ts';
import { NodeRoom, RoomDirectory } from './room.ts';
import { PortPool } from './rtp/ports.ts';
import type { PortPair } from './rtp/ports.ts';

export type GatewayChannel = Channel<NodeContract, GatewayContract>;

/** Reports and silence are seconds; this is fine enough for both. */
const tickMs = 250;
/** Figures of pictures change all the time. */
const statusEveryMs = 5000;
/** Getting a token may mean a round trip through the gateway to LiveKit's keys. */
const accessDeadlineMs = 5000;

type RestoredLeg = z.output<NodeContract['calls']['restoreLeg']['params']>;

export interface NodeDeps {
  readonly options: NodeOptions;
  readonly engine: Engine;
  readonly links: LinkFactory;
  readonly log: Log;
  /** The gateway's end of the control channel. */
  readonly gateway: Pick<GatewayChannel, 'call' | 'tell'>;
  readonly now?: () => number;
  readonly wallNow?: () => number;
  /** What the gateway tells of FreeSWITCH. */
  readonly mixer: MixerTold;
  /** The gateway takes the node into use. */
  readonly onUse: () => void;
}

/** A media node: legs, rooms, and the gateway's calls to them. */
export class MediaNode {
  readonly #deps: NodeDeps;
  readonly #now: () => number;
  readonly #ports: PortPool;
  readonly #rooms: RoomDirectory;
  readonly #legs = new Map<string, MediaLeg>();
  /** Legs whose ports are still being found, and whether they are wanted no more. */
  readonly #opening = new Map<string, { closed: boolean }>();
  /** What each leg plays now: a late stop must not end the next prompt. */
  readonly #plays = new Map<string, number>();
  /** Peers learn its fingerprint from their SDP. */
  readonly #identity: DtlsIdentity;
  readonly #watches = new Map<number, () => Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #statusTimer: NodeJS.Timeout;
  #closing: Promise<void> | null = null;

  constructor(deps: NodeDeps) {
    const { host, rtpPortMin, rtpPortMax } = deps.options;
    this.#deps = deps;
    this.#identity = readIdentity(deps.options.dtls);
    this.#now = deps.now ?? (() => performance.now());
    this.#ports = new PortPool({ host, min: rtpPortMin, max: rtpPortMax }, this.#now);
    this.#rooms = new RoomDirectory(
      (name) =>
        new NodeRoom(name, {
          engine: deps.engine,
          links: deps.links,
          access: () => this.#access(name, 'watcher'),
          log: deps.log,
        }),
      () => this.tellStatus(),
    );
    deps.engine.onStatus = () => this.tellStatus();
    this.#timer = setInterval(() => {
      for (const leg of this.#legs.values()) leg.tick();
    }, tickMs);
    this.#statusTimer = setInterval(() => this.tellStatus(), statusEveryMs);
  }

  tellStatus(engine: EngineStatus = this.#deps.engine.status()): void {
    this.#deps.gateway.tell('status', {
      legs: this.#legs.size,
      rooms: this.#rooms.size,
      engine: { kind: this.#deps.engine.kind, ...engine },
      pictures: this.#deps.engine.pictures?.status() ?? null,
    });
  }

  /** The contract as the gateway calls it. */
  serve(): Served<NodeContract> {
    /** For work that has nothing to answer but that it is done. */
    const done = async (work: () => void | Promise<void>) => {
      await work();
      return null;
    };
    return {
      calls: {
        openLeg: ({ leg }) => this.#openLeg(leg),
        restoreLeg: (was) => done(() => this.#restoreLeg(was)),
        openVideo: ({ leg }) => this.#leg(leg).openVideo(() => this.#ports.allocate()),
        configureLeg: ({ leg, config }) => done(() => this.#leg(leg).configure(config)),
        requestKeyFrame: ({ leg }) => done(() => this.#leg(leg).requestKeyFrame()),
        look: ({ leg, look }) => done(() => this.#leg(leg).look(look)),
        play: (params) => this.#play(params),
        stopPlaying: ({ leg, play }) => done(() => this.#stopPlaying(leg, play)),
        hear: ({ leg, source }) => done(() => this.#leg(leg).hear(source)),
        join: ({ leg, ...join }) => this.#leg(leg).join(join),
        leave: ({ leg }) => done(() => this.#legs.get(leg)?.leave()),
        connect: ({ leg, room }) => done(() => this.#leg(leg).connect(room)),
        press: ({ leg, keys }) => done(() => this.#leg(leg).press(keys)),
        setMuted: ({ leg, muted }) => done(() => this.#leg(leg).setMuted(muted)),
        legStats: ({ leg }) => this.#leg(leg).stats(),
        closeLeg: ({ leg }) => done(() => this.#closeLeg(leg)),
        watchRoom: ({ watch, room }) => this.#watchRoom(watch, room),
        unwatchRoom: ({ watch }) => done(() => this.#unwatchRoom(watch)),
        playToRoom: ({ room, files }) => done(() => this.#deps.engine.playToRoom(room, files)),
      },
      events: { use: () => this.#deps.onUse(), ...this.#deps.mixer },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#statusTimer);
    await Promise.allSettled([
      ...[...this.#legs.keys()].map((leg) => this.#closeLeg(leg)),
      ...[...this.#watches.keys()].map((watch) => this.#unwatchRoom(watch)),
    ]);
    await this.#deps.engine.close();
  }

  #leg(id: string): MediaLeg {
    const leg = this.#legs.get(id);
    if (!leg) throw new MediaError('LEG_UNKNOWN', `There is no leg ${id} on this node.`);
    return leg;
  }

  async #openLeg(id: string): Promise<LegLocal> {
    const { pair } = await this.#addLeg(id, () => this.#ports.allocate());
    const { publicIp, host, announced, ice } = this.#deps.options;
    return {
      address: publicIp || host,
      ...(announced && { announced }),
      rtpPort: pair.rtpPort,
      rtcpPort: pair.rtcpPort,
      fingerprints: [fingerprintOf(this.#identity.certificate)],
      ice,
    };
  }

  /** Its video may have lost its ports: then the call goes on without. */
  async #restoreLeg({ leg: id, rtpPort, video, ...was }: RestoredLeg): Promise<void> {
    const { leg } = await this.#addLeg(id, () => this.#ports.claim(rtpPort));
    if (video)
      await leg
        .openVideo(() => this.#ports.claim(video.rtpPort))
        .catch((error: unknown) => {
          const facts = { leg: id, error: messageOf(error) };
          this.#deps.log.error(facts, 'video can not be restored');
        });
    leg.restore({ ...was, video });
  }

  async #addLeg(id: string, bind: () => Promise<PortPair>): Promise<{ leg: MediaLeg; pair: PortPair }> {
    if (this.#legs.has(id) || this.#opening.has(id)) throw new MediaError('LEG_EXISTS', `Leg ${id} is open.`);
    const opening = { closed: false };
    this.#opening.set(id, opening);
    try {
      const pair = await bind();
      if (this.#closing || opening.closed) {
        pair.close();
        throw new MediaError(
          'ABORTED',
          'The leg was closed, or the media node stopped, while it was opened.',
        );
      }
      const { options, engine, links, log, gateway, wallNow } = this.#deps;
      const leg = new MediaLeg(id, pair, {
        engine,
        links,
        rooms: this.#rooms,
        access: (room, identity) => this.#access(room, { identity }),
        silenceMs: options.silenceSeconds * 1000,
        identity: this.#identity,
        iceMode: options.ice,
        maxPictureHeight: options.video?.maxHeight ?? 0,
        now: this.#now,
        wallNow: wallNow ?? (() => Date.now()),
        log,
        events: {
          digit: (digit) => gateway.tell('digit', { leg: id, digit }),
          silent: (ms) => gateway.tell('silent', { leg: id, ms }),
          heard: () => gateway.tell('heard', { leg: id }),
          stats: (stats) => gateway.tell('stats', { leg: id, stats }),
          mutedByHost: (muted) => gateway.tell('mutedByHost', { leg: id, muted }),
          cameraMutedByHost: (muted) => gateway.tell('cameraMutedByHost', { leg: id, muted }),
          link: (state) => gateway.tell('link', { leg: id, state }),
          peer: (stream, peer) => gateway.tell('peer', { leg: id, stream, peer }),
          path: (stream, path) => gateway.tell('path', { leg: id, stream, path }),
          srtp: (stream, srtp) => gateway.tell('srtp', { leg: id, stream, srtp }),
          keyFrameWanted: () => gateway.tell('keyFrameWanted', { leg: id }),
          videoLimited: (limited) => gateway.tell('videoLimited', { leg: id, limited }),
          failed: (reason, detail) => {
            log.warn({ leg: id, detail }, 'there will be no media');
            gateway.tell('failed', { leg: id, reason });
          },
        },
      });
      this.#legs.set(id, leg);
      this.tellStatus();
      return { leg, pair };
    } finally {
      this.#opening.delete(id);
    }
  }

  async #closeLeg(id: string): Promise<void> {
    const opening = this.#opening.get(id);
    if (opening) opening.closed = true;
    const leg = this.#legs.get(id);
    if (!leg) return;
    this.#legs.delete(id);
    await leg.close();
    this.tellStatus();
  }

  #play(params: { leg: string; play: number; files: string[]; loop: boolean }): null {
    const { leg, play, files, loop } = params;
    const playing = this.#leg(leg).play(files, loop);
    this.#plays.set(leg, play);
    const ended = (how: 'finished' | 'stopped' | 'failed') => {
      if (this.#plays.get(leg) === play) this.#plays.delete(leg);
      this.#deps.gateway.tell('played', { leg, play, how });
    };
    playing.then(ended, (error: unknown) => {
      this.#deps.log.error({ leg, files, error: messageOf(error) }, 'prompt can not be played');
      ended('failed');
    });
    return null;
  }

  #stopPlaying(leg: string, play: number): void {
    if (this.#plays.get(leg) === play) this.#legs.get(leg)?.stopPlaying();
  }

  async #watchRoom(watch: number, name: string) {
    const { room, exit } = this.#rooms.enter(name);
    const unwatch = room.watch((participants) =>
      this.#deps.gateway.tell('participants', { watch, participants: [...participants] }),
    );
    this.#watches.set(watch, () => {
      unwatch();
      return exit();
    });
    try {
      await room.ready;
    } catch (error) {
      await this.#unwatchRoom(watch);
      throw error;
    }
    return [...room.participants()];
  }

  async #unwatchRoom(watch: number): Promise<void> {
    const end = this.#watches.get(watch);
    this.#watches.delete(watch);
    await end?.();
  }

  #access(room: string, who: 'watcher' | { identity: string }) {
    return this.#deps.gateway.call('access', { room, who }, { deadlineMs: accessDeadlineMs });
  }
}
