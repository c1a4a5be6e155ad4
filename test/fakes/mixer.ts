import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { mixerAsks } from '../../mcu/control/mixer-protocol.ts';
import type {
  EndpointSpec,
  EndpointState,
  MixerAsks,
  MixerHost,
  MixerSession,
  MixerTells,
} from '../../mcu/control/mixer-protocol.ts';
import { until } from '../support/until.ts';

type Tell = Parameters<MixerHost['attach']>[1];

interface Asked {
  readonly play: number;
  readonly files: readonly string[];
  readonly loop: boolean;
}

/** Two sockets as a channel of FreeSWITCH has them for a stream, and what came there. */
export class FakeStream {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly packets: Buffer[] = [];
  readonly reports: Buffer[] = [];
  readonly #to: { readonly rtpPort: number; readonly rtcpPort: number };

  private constructor(rtp: Socket, rtcp: Socket, to: { rtpPort: number; rtcpPort: number }) {
    this.rtp = rtp;
    this.rtcp = rtcp;
    this.#to = to;
    rtp.on('message', (packet) => this.packets.push(packet));
    rtcp.on('message', (packet) => this.reports.push(packet));
  }

  static async open(to: { rtpPort: number; rtcpPort: number }): Promise<FakeStream> {
    const sockets = [createSocket('udp4'), createSocket('udp4')];
    for (const socket of sockets) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      socket.on('error', () => undefined);
    }
    return new FakeStream(sockets[0], sockets[1], to);
  }

  get place(): { address: string; rtpPort: number; rtcpPort: number } {
    return {
      address: '127.0.0.1',
      rtpPort: this.rtp.address().port,
      rtcpPort: this.rtcp.address().port,
    };
  }

  send(packet: Buffer): void {
    this.rtp.send(packet, this.#to.rtpPort, '127.0.0.1');
  }

  report(packet: Buffer): void {
    this.rtcp.send(packet, this.#to.rtcpPort, '127.0.0.1');
  }

  close(): void {
    this.rtp.close();
    this.rtcp.close();
  }
}

/** A channel of FreeSWITCH that mixes nothing: remembers what is wanted of it, and does as the test says. */
export class FakeEndpoint {
  readonly id: string;
  readonly spec: EndpointSpec;
  state: EndpointState;
  readonly plays: Asked[] = [];
  readonly stopped: number[] = [];
  /** By the node's wish, or lost. */
  closed = false;
  audio: FakeStream | null = null;
  video: FakeStream | null = null;
  readonly #tell: Tell;

  constructor({ endpoint, spec, state }: MixerAsks['mixerOpen'], tell: Tell) {
    this.id = endpoint;
    this.spec = spec;
    this.state = state;
    this.#tell = tell;
  }

  /** Its media is there. */
  async up(): Promise<this> {
    const { audio, video } = this.spec;
    this.audio = await FakeStream.open(audio);
    this.video = video && (await FakeStream.open(video));
    if (this.closed) this.shut();
    this.#tell('mixerMedia', {
      endpoint: this.id,
      audio: { ...this.audio.place, payloadType: audio.payloadType },
      video: this.video?.place ?? null,
    });
    return this;
  }

  lose(reason = 'FreeSWITCH is gone'): void {
    this.closed = true;
    this.shut();
    this.#tell('mixerLost', { endpoint: this.id, reason });
  }

  /** Its room is at another FreeSWITCH. */
  elsewhere(): void {
    this.#tell('mixerElsewhere', { endpoint: this.id });
  }

  played(play: number, how: MixerTells['mixerPlayed']['how']): void {
    this.#tell('mixerPlayed', { endpoint: this.id, play, how });
  }

  talking(levelDbov: number | null): void {
    this.#tell('mixerTalking', { endpoint: this.id, levelDbov });
  }

  shut(): void {
    this.audio?.close();
    this.video?.close();
    this.audio = this.video = null;
  }
}

export class FakeMixerSession implements MixerSession {
  readonly node: string;
  readonly tell: Tell;
  readonly all: FakeEndpoint[] = [];
  readonly asked: (readonly [keyof MixerAsks, MixerAsks[keyof MixerAsks]])[] = [];
  detached = false;
  readonly #autoUp: boolean;

  constructor(node: string, tell: Tell, autoUp: boolean) {
    this.node = node;
    this.tell = tell;
    this.#autoUp = autoUp;
  }

  /** Those that the node wants. */
  get endpoints(): readonly FakeEndpoint[] {
    return this.all.filter(({ closed }) => !closed);
  }

  of(seat: string): readonly FakeEndpoint[] {
    return this.endpoints.filter(({ spec }) => spec.seat === seat);
  }

  /** The seat's next one, or the one at hand. */
  endpoint(seat: string): Promise<FakeEndpoint> {
    return until(`an endpoint for ${seat} is asked for`, () => this.of(seat).at(-1));
  }

  ask<N extends keyof MixerAsks>(name: N, params: MixerAsks[N]): void {
    mixerAsks[name].parse(params);
    this.asked.push([name, params]);
    const { mixerOpen, mixerSet, mixerClose, mixerPlay, mixerStop } = {
      [name]: params,
    } as Partial<MixerAsks>;
    if (mixerOpen) this.#open(mixerOpen);
    const endpoint = this.endpoints.find((one) => 'endpoint' in params && one.id === params.endpoint);
    if (!endpoint) return;
    if (mixerSet) endpoint.state = mixerSet.state;
    if (mixerPlay) endpoint.plays.push(mixerPlay);
    if (mixerStop) endpoint.stopped.push(mixerStop.play);
    if (!mixerClose) return;
    endpoint.closed = true;
    endpoint.shut();
  }

  detach(): void {
    this.detached = true;
    this.close();
  }

  close(): void {
    for (const endpoint of this.endpoints) {
      endpoint.closed = true;
      endpoint.shut();
    }
  }

  #open(asked: MixerAsks['mixerOpen']): void {
    const endpoint = new FakeEndpoint(asked, this.tell);
    this.all.push(endpoint);
    if (this.#autoUp) void endpoint.up();
  }
}

/** Whoever would drive FreeSWITCH. */
export class FakeMixer implements MixerHost {
  readonly sessions: FakeMixerSession[] = [];
  /** Endpoints come up by themselves. */
  autoUp = false;

  attach(node: string, tell: Tell): FakeMixerSession {
    const session = new FakeMixerSession(node, tell, this.autoUp);
    this.sessions.push(session);
    return session;
  }

  get session(): FakeMixerSession {
    const session = this.sessions.at(-1);
    if (!session) throw new Error('No node has come.');
    return session;
  }

  close(): void {
    for (const session of this.sessions) session.close();
  }
}
