/** The gateway and a LiveKit, with room systems that call and cameras in rooms. */
import type { LiveKit } from '../../support/livekit.ts';
import { Callers } from '../callers.ts';
import type { BenchCall } from '../callers.ts';
import { codings } from '../codings.ts';
import type { GatewayProcess } from '../gateway-process.ts';
import { callerSounds } from '../sounds.ts';
import { clipOf, layers } from './clips.ts';
import type { BenchCodec, Picture } from './clips.ts';
import { RoomSystemVideo } from './room-system.ts';
import { SimulcastSender } from './simulcast-sender.ts';

const beatMs = 4;
/** Of a room system's camera. */
const [, , deviceLayer] = layers;

export interface RoomSystem {
  readonly call: BenchCall;
  readonly video: RoomSystemVideo;
}

export interface RoomSystemWishes {
  readonly picture?: Picture;
  /** False: it only looks on. */
  readonly sends?: boolean;
  /** Before the call is made. */
  readonly prepare?: (video: RoomSystemVideo) => void;
}

export class VideoBed {
  readonly livekit: LiveKit;
  readonly gateway: GatewayProcess;
  readonly callers: Callers;
  readonly #codec: BenchCodec;
  readonly #senders = new Set<SimulcastSender>();
  readonly #timer: NodeJS.Timeout;

  private constructor(livekit: LiveKit, gateway: GatewayProcess, callers: Callers, codec: BenchCodec) {
    this.livekit = livekit;
    this.gateway = gateway;
    this.callers = callers;
    this.#codec = codec;
    this.#timer = setInterval(() => this.#beat(), beatMs);
  }

  /** `codec`: of the cameras in the rooms. */
  static async open(livekit: LiveKit, gateway: GatewayProcess, codec: BenchCodec): Promise<VideoBed> {
    const callers = await Callers.open(gateway.sipPort, callerSounds(codings.pcmu, 'noise'));
    return new VideoBed(livekit, gateway, callers, codec);
  }

  /** Everything that runs; the load generator too. */
  pids(): Map<string, number> {
    const pids = this.gateway.pids();
    if (this.livekit.pid !== null) pids.set('LiveKit', this.livekit.pid);
    pids.set('load', process.pid);
    return pids;
  }

  async sender(room: string, identity: string, picture: Picture = 'people'): Promise<SimulcastSender> {
    const who = { room, identity, codec: this.#codec };
    const sender = await SimulcastSender.join(this.livekit, who, picture);
    this.#senders.add(sender);
    return sender;
  }

  async dismiss(sender: SimulcastSender): Promise<void> {
    this.#senders.delete(sender);
    await sender.close();
  }

  /** A call that need not have been answered, or not with video. */
  async dial(room: string, wishes: RoomSystemWishes = {}): Promise<RoomSystem> {
    const { picture = 'people', sends = true, prepare } = wishes;
    const video = await RoomSystemVideo.open(clipOf(picture, 'H264', deviceLayer), sends);
    prepare?.(video);
    const call = await this.callers.call(room, video);
    return { call, video };
  }

  /** A call with video; throws when it didn't become one. */
  async roomSystem(room: string, wishes: RoomSystemWishes = {}): Promise<RoomSystem> {
    const system = await this.dial(room, wishes);
    const { call, video } = system;
    if (call.status !== 200) throw new Error(`a room system got “${call.statusLine}”`);
    if (video.declined) throw new Error('a room system’s video was declined');
    return system;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.callers.close();
    await Promise.all([...this.#senders].map((sender) => sender.close()));
  }

  #beat(): void {
    const nowMs = performance.now();
    for (const sender of this.#senders) sender.beat(nowMs);
  }
}
