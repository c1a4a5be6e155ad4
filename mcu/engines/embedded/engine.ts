import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { Channel } from '../../control/channel.ts';
import { Child } from '../../control/child.ts';
import type { RunningChild } from '../../control/child.ts';
import { relay } from '../../control/log.ts';
import { messageOf } from '../../errors.ts';
import type { Engine, EngineStatus, Log, Member, MemberSpec, PictureEngine } from '../../ports.ts';
import { Bundle, unbundle } from '../../rtp/bundle.ts';
import { readUint32 } from '../../rtp/packet.ts';
import { EmbeddedMember } from './member.ts';
import type { EngineChannel } from './member.ts';
import { EmbeddedPictures } from './pictures/pictures.ts';
import { engineContract, engineOwnerContract, engineReady, publishBit } from './protocol.ts';
import type { EngineOptions } from './protocol.ts';

const socketBufferBytes = 1 << 20;
/** How long a packet may wait for others on its way to the engine, whose beat is 20 ms. */
const bundleMs = 5;

export interface EmbeddedEngineOptions {
  readonly promptFolder: string;
  readonly sound: EngineOptions['sound'];
  /** Whether a process for them is started. */
  readonly pictures: boolean;
  readonly logLevel: EngineOptions['logLevel'];
  readonly log: Log;
}

/**
 * The node's side of the embedded engine: keeps every member's spec and state, so that an engine process that
 * died is replaced and filled again while sockets and links go on.
 */
export class EmbeddedEngine implements Engine {
  readonly kind = 'embedded';
  onStatus: ((status: EngineStatus) => void) | null = null;
  readonly #log: Log;
  readonly #members = new Map<number, EmbeddedMember>();
  #nextSsrc = 1;
  #child: Child | null = null;
  #pictures: EmbeddedPictures | null = null;
  #channel: EngineChannel | null = null;
  /** Connected to the present engine process. */
  #socket: Socket | null = null;
  readonly #bundle = new Bundle((datagram) => this.#socket?.send(datagram));
  #flushTimer: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  private constructor(log: Log) {
    this.#log = log;
  }

  static async start(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
    const engine = new EmbeddedEngine(options.log);
    const start: EngineOptions = {
      promptFolder: options.promptFolder,
      sound: options.sound,
      logLevel: options.logLevel,
    };
    const startingPictures = options.pictures
      ? EmbeddedPictures.start({ logLevel: options.logLevel, log: options.log })
      : Promise.resolve(null);
    try {
      engine.#child = await Child.start({
        name: 'mixing engine',
        module: new URL('./main.ts', import.meta.url),
        start,
        log: options.log,
        onUp: (running) => engine.#attach(running),
        onDown: () => engine.#detach(),
      });
    } finally {
      engine.#pictures = await startingPictures;
      if (!engine.#child) await engine.#pictures?.close();
    }
    return engine;
  }

  /** A process of its own, so that a picture that ends it leaves the sound alone. Null: none are wanted, or there are no codecs here. */
  get pictures(): PictureEngine | null {
    return this.#pictures;
  }

  /** From now on a second process stands by; a node that stands by itself needs none. */
  keepStandBy(): void {
    this.#child?.keepStandBy();
  }

  openMember(spec: MemberSpec): Member {
    const ssrc = this.#nextSsrc;
    this.#nextSsrc = (this.#nextSsrc % (publishBit - 1)) + 1;
    const member = new EmbeddedMember(spec, ssrc, {
      send: (packet) => this.#send(packet),
      channel: () => this.#channel,
      closed: () => this.#members.delete(ssrc),
    });
    this.#members.set(ssrc, member);
    if (this.#channel) member.restore(this.#channel);
    return member;
  }

  playToRoom(room: string, files: readonly string[]): void {
    this.#channel?.tell('playToRoom', { room, files: [...files] });
  }

  status(): EngineStatus {
    return {
      state: this.#child?.state ?? 'starting',
      pid: this.#child?.pid ?? null,
      restarts: this.#child?.restarts ?? 0,
      hangs: this.#child?.hangs ?? 0,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    for (const member of [...this.#members.values()]) member.close();
    await Promise.all([this.#child?.close(), this.#pictures?.close()]);
    this.#detach();
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
  }

  #attach({ ready, port }: RunningChild): void {
    const { port: rtpPort } = engineReady.parse(ready);
    const channel: EngineChannel = new Channel(port, engineOwnerContract, engineContract, {
      calls: {},
      events: {
        played: ({ ssrc, play, how }) => this.#members.get(ssrc)?.played(play, how),
        log: (line) => relay(this.#log, line),
      },
    });
    this.#channel = channel;
    this.#connect(channel, rtpPort).catch((error: unknown) => {
      this.#log.error({ error: messageOf(error) }, 'engine socket can not be connected');
    });
    for (const member of this.#members.values()) member.restore(channel);
    queueMicrotask(() => this.onStatus?.(this.status()));
  }

  /** A socket for each engine process: connected, so that only it is heard, and sends cost less. */
  async #connect(channel: EngineChannel, enginePort: number): Promise<void> {
    const socket = createSocket({
      type: 'udp4',
      recvBufferSize: socketBufferBytes,
      sendBufferSize: socketBufferBytes,
    });
    // A dying engine's closed port is reported here; the supervisor takes care of it.
    socket.on('error', () => undefined);
    socket.on('message', (datagram) => unbundle(datagram, this.#receive));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.connect(enginePort, '127.0.0.1');
    await once(socket, 'connect');
    if (this.#channel !== channel) {
      socket.close();
      return;
    }
    this.#socket = socket;
    channel.tell('connect', { port: socket.address().port });
  }

  #detach(): void {
    this.#channel?.close();
    this.#channel = null;
    this.#socket?.close();
    this.#socket = null;
    for (const member of this.#members.values()) member.engineLost();
    this.onStatus?.(this.status());
  }

  #send(packet: Buffer): void {
    this.#bundle.add(packet);
    this.#flushTimer ??= setTimeout(this.#flush, bundleMs);
  }

  readonly #flush = (): void => {
    this.#flushTimer = null;
    this.#bundle.flush();
  };

  readonly #receive = (packet: Buffer): void => {
    if (packet.length < 12) return;
    const ssrc = readUint32(packet, 8);
    if (ssrc < publishBit) {
      this.#members.get(ssrc)?.onPacket?.(packet);
      return;
    }
    // A voice on its way back carries its level in the payload type field; without a payload it is only that.
    const member = this.#members.get(ssrc - publishBit);
    if (packet.length === 12) member?.onLevel?.(packet[1] & 0x7f);
    else member?.onPublish?.(packet, packet[1] & 0x7f);
  };
}
