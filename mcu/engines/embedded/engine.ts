import { Channel } from '../../control/channel.ts';
import { Child, statusOf } from '../../control/child.ts';
import type { RunningChild } from '../../control/child.ts';
import { forks } from '../../control/forked.ts';
import { relay } from '../../control/log.ts';
import { messageOf } from '../../errors.ts';
import type { Engine, EngineStatus, Log, Member, MemberSpec, PictureEngine } from '../../ports.ts';
import { readUint32 } from '../../rtp/packet.ts';
import { EmbeddedMember } from './member.ts';
import type { EngineChannel } from './member.ts';
import { EmbeddedPictures } from './pictures/pictures.ts';
import { PrivateRtp } from './private-rtp.ts';
import { engineContract, engineOwnerContract, engineReady, publishBit } from './protocol.ts';
import type { EngineOptions } from './protocol.ts';

const socketBufferBytes = 1 << 20;

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
  readonly #rtp = new PrivateRtp(socketBufferBytes, (packet) => this.#receive(packet));
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
        launch: forks({ module: new URL('./main.ts', import.meta.url) }),
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
      send: (packet) => this.#rtp.send(packet),
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
    return statusOf(this.#child);
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  async #shut(): Promise<void> {
    for (const member of [...this.#members.values()]) member.close();
    await Promise.all([this.#child?.close(), this.#pictures?.close()]);
    this.#detach();
    this.#rtp.close();
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
    this.#rtp.connect(rtpPort).then(
      (port) => port !== null && channel.tell('connect', { port }),
      (error: unknown) => this.#log.error({ error: messageOf(error) }, 'engine socket can not be connected'),
    );
    for (const member of this.#members.values()) member.restore(channel);
    queueMicrotask(() => this.onStatus?.(this.status()));
  }

  #detach(): void {
    this.#channel?.close();
    this.#channel = null;
    this.#rtp.disconnect();
    for (const member of this.#members.values()) member.engineLost();
    this.onStatus?.(this.status());
  }

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
