import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaNodeClient } from '../../mcu/control/client.ts';
import { forks } from '../../mcu/control/forked.ts';
import { openHostedNode, startMediaNode } from '../../mcu/control/start-node.ts';
import type { MediaNodeOptions } from '../../mcu/control/start-node.ts';
import type { RemoteLeg } from '../../mcu/control/remote-leg.ts';
import type { AudioCodec, LegMediaConfig, LegVideoConfig } from '../../mcu/ports.ts';
import { nodeStartOn } from '../../mcu/host/start.ts';
import { FakeSfu } from '../fakes/sfu.ts';
import type { Law } from './audio.ts';
import { openEngine } from './engine-under-test.ts';
import type { EngineUnderTest } from './engine-under-test.ts';
import { CodecPhone, payloadTypes } from './codec-phone.ts';
import { openTestHost } from './media-host.ts';
import { Phone } from './phone.ts';
import { quietLog } from './quiet-log.ts';
import type { LogLine } from './quiet-log.ts';
import { until } from './until.ts';
import type { TestVideo } from './test-video.ts';
import { VideoPhone } from './video-phone.ts';

/** A phone that is connected to a leg of the node. */
export interface NodeCaller<P = Phone> {
  readonly phone: P;
  readonly leg: RemoteLeg;
  /** In the room. */
  readonly identity: string;
  /** What the leg said of its link, and `leg lost`. */
  readonly told: string[];
}

/** A room system: a phone with video beside its sound. */
export interface VideoCaller extends NodeCaller {
  readonly video: VideoPhone;
  readonly config: LegMediaConfig;
}

type Options = Partial<Omit<MediaNodeOptions, 'access' | 'log' | 'module' | 'promptFolder'>>;

/** A media node's two real processes with a fake SFU, and the callers on it. */
export class NodeUnderTest<E extends EngineUnderTest = EngineUnderTest> {
  readonly sfu: FakeSfu;
  readonly node: MediaNodeClient;
  /** For prompts; empty at first. */
  readonly promptFolder: string;
  /** What was logged; may be emptied. */
  readonly lines: LogLine[];
  readonly engine: E;
  readonly #open: { close(): unknown }[] = [];
  readonly #closeHost: () => Promise<void>;
  #nextLeg = 1;

  private constructor(
    sfu: FakeSfu,
    node: MediaNodeClient,
    promptFolder: string,
    lines: LogLine[],
    engine: E,
    closeHost: () => Promise<void>,
  ) {
    this.sfu = sfu;
    this.node = node;
    this.promptFolder = promptFolder;
    this.lines = lines;
    this.engine = engine;
    this.#closeHost = closeHost;
  }

  /** Sound is as it was said (no levelling) unless `options` say otherwise. */
  static open(options: Options = {}): Promise<NodeUnderTest> {
    return NodeUnderTest.with(openEngine, options);
  }

  /** With an engine of the suite's choice. */
  static async with<E extends EngineUnderTest>(
    open: (promptFolder: string, lines: LogLine[]) => Promise<E>,
    options: Options = {},
  ): Promise<NodeUnderTest<E>> {
    const promptFolder = mkdtempSync(join(tmpdir(), 'prompts-'));
    const lines: LogLine[] = [];
    const sfu = await FakeSfu.open();
    const engine = await open(promptFolder, lines);
    const { node: starting, close: closeHost } = await startNode({
      id: 'node-1',
      host: '127.0.0.1',
      publicIp: '',
      // Below the ports that phones, and tests beside this one, get from the kernel.
      rtpPortMin: 30_000,
      rtpPortMax: 31_999,
      silenceSeconds: 30,
      sound: { levelling: false },
      logLevel: 'debug',
      ...options,
      promptFolder,
      ...(engine.mixer && { mixer: engine.mixer }),
      access: (room, who) => sfu.access(room, who),
      log: quietLog(lines),
    });
    try {
      return new NodeUnderTest(sfu, await starting, promptFolder, lines, engine, closeHost);
    } catch (error) {
      await closeHost();
      await engine.close();
      sfu.close();
      rmSync(promptFolder, { recursive: true });
      throw error;
    }
  }

  /** A phone on no leg yet. */
  async phone(law: Law = 'PCMU', address?: string): Promise<Phone> {
    const phone = await Phone.open(law, address);
    this.#open.push(phone);
    return phone;
  }

  async codecPhone(codec: AudioCodec): Promise<CodecPhone> {
    const phone = await CodecPhone.open(codec);
    this.#open.push(phone);
    return phone;
  }

  /** @param address of loopback, where the phone is */
  async call(
    law: Law = 'PCMU',
    changes: Partial<LegMediaConfig> = {},
    address?: string,
  ): Promise<NodeCaller> {
    const phone = await this.phone(law, address);
    return { phone, ...(await this.#connect(phone, configOf(phone, changes))) };
  }

  async callIntoRoom(
    room: string,
    law: Law = 'PCMU',
    changes: Partial<LegMediaConfig> = {},
    address?: string,
  ): Promise<NodeCaller> {
    return enter(room, await this.call(law, changes, address));
  }

  /** A call by a phone of any codec. */
  async codecCall(codec: AudioCodec, changes: Partial<LegMediaConfig> = {}): Promise<NodeCaller<CodecPhone>> {
    const phone = await this.codecPhone(codec);
    return { phone, ...(await this.#connect(phone.phone, codecConfigOf(phone, changes))) };
  }

  async codecCallIntoRoom(
    room: string,
    codec: AudioCodec,
    changes: Partial<LegMediaConfig> = {},
  ): Promise<NodeCaller<CodecPhone>> {
    return enter(room, await this.codecCall(codec, changes));
  }

  /** A call by a room system that films `video`. */
  async videoCall(video: TestVideo, changes: Partial<LegVideoConfig> = {}): Promise<VideoCaller> {
    const phone = await this.phone();
    const film = await VideoPhone.open(video);
    this.#open.push(film);
    const leg = await this.node.openLeg(`leg-${this.#nextLeg++}`);
    this.#open.push(leg);
    const ports = await leg.openVideo();
    phone.dial(leg.local);
    film.phone.dial({ address: leg.local.address, ...ports });
    const config = configOf(phone, { video: film.config(changes) });
    return { phone, video: film, config, ...(await this.#connected(leg, config)) };
  }

  async videoCallIntoRoom(
    room: string,
    video: TestVideo,
    changes: Partial<LegVideoConfig> = {},
  ): Promise<VideoCaller> {
    const caller = await this.videoCall(video, changes);
    await enter(room, caller);
    return caller;
  }

  /** As it is some seconds after each start of the process: its death costs no start of another one. */
  async standsBy(child: 'media node' | 'mixing engine'): Promise<void> {
    const ready = ({ sentence, facts }: LogLine): boolean =>
      sentence === 'stand-by process is ready' && 'child' in facts && facts.child === child;
    await until('a process stands by', () => this.lines.some(ready), 45_000);
  }

  /** After each test: no caller is left, and the SFU does as it should. */
  async clear(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((one) => one.close()));
    this.sfu.refuse = this.sfu.silent = false;
    this.sfu.codecs = ['PCMU', 'PCMA', 'opus'];
  }

  async close(): Promise<void> {
    await this.node.close();
    await this.#closeHost();
    await this.engine.close();
    this.sfu.close();
    rmSync(this.promptFolder, { recursive: true });
  }

  async #connect(phone: Phone, config: LegMediaConfig): Promise<Omit<NodeCaller, 'phone'>> {
    const leg = await this.node.openLeg(`leg-${this.#nextLeg++}`);
    this.#open.push(leg);
    // A node that is bound to :: is reached at the phone's own loopback address.
    phone.dial({ ...leg.local, address: phone.remote.address });
    return this.#connected(leg, config);
  }

  async #connected(leg: RemoteLeg, config: LegMediaConfig): Promise<Omit<NodeCaller, 'phone'>> {
    await leg.configure(config);
    const told: string[] = [];
    leg.on('link', (state) => told.push(state));
    leg.on('lost', () => told.push('leg lost'));
    return { leg, identity: `sip_${leg.id}`, told };
  }
}

/** `MEDIA_HOST=1`: on a media host, as if it were another machine's. */
async function startNode(
  options: Omit<MediaNodeOptions, 'module'>,
): Promise<{ node: Promise<MediaNodeClient>; close: () => Promise<void> }> {
  const module = new URL('../fakes/media-node-main.ts', import.meta.url);
  if (process.env.MEDIA_HOST !== '1')
    return { node: startMediaNode({ ...options, module }), close: () => Promise.resolve() };
  const { host, publicIp, rtpPortMin, rtpPortMax, promptFolder, mixer, ...others } = options;
  const announced = publicIp === '' ? [] : [publicIp];
  const machine = { host, announced, rtpPortMin, rtpPortMax, promptFolder };
  const there = await openTestHost({
    launch: forks({ module }),
    start: (wanted) => nodeStartOn(machine, wanted),
  });
  const node = openHostedNode({
    ...others,
    at: there.place,
    ...(mixer && { mixer: { ...mixer, server: '127.0.0.1' } }),
  });
  return { node, close: () => there.close() };
}

async function enter<P>(room: string, caller: NodeCaller<P>): Promise<NodeCaller<P>> {
  await caller.leg.join({ room, identity: caller.identity, publish: 'auto' });
  await caller.leg.hear('room');
  return caller;
}

/** What offer and answer would have settled for a phone. */
export function configOf(phone: Phone, changes: Partial<LegMediaConfig> = {}): LegMediaConfig {
  return {
    codec: phone.law,
    payloadType: phone.payloadType,
    dtmfPayloadTypes: [101],
    ptimeMs: 20,
    remote: phone.remote,
    direction: 'sendrecv',
    ...changes,
  };
}

export function codecConfigOf(phone: CodecPhone, changes: Partial<LegMediaConfig> = {}): LegMediaConfig {
  const { codec } = phone;
  return configOf(phone.phone, { codec, payloadType: payloadTypes[codec], ...changes });
}
