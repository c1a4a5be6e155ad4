import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import { Conferences } from './conference.ts';
import type { EdgeCaller } from './edge-caller.ts';
import { checkFreeSwitch } from './esl-check.ts';
import type { EslPlace } from './esl.ts';
import { inTime, lost, MixingError } from './errors.ts';
import { connectMediaServer } from './media-server.ts';
import type { Channel, ConferenceEvent } from './channel.ts';
import type { Heartbeat, MediaServer } from './media-server.ts';
import { ownerHeader, ownerValue, sweep } from './sweep.ts';
import type { Owner } from './sweep.ts';

export interface FreeSwitchServerOptions extends EslPlace {
  readonly caller: EdgeCaller;
  readonly owner: Owner;
  /** Address at which FreeSWITCH reaches the gateway; null: the one that leads to it. */
  readonly ownAddress: string | null;
  readonly log: Log;
  /** It came up, or is lost. */
  readonly onChange: () => void;
}

/** Who has a channel there, and hears of it. */
export interface ChannelHolder {
  readonly spec: { readonly video: unknown };
  heard(event: ConferenceEvent): void;
  lose(reason: string): void;
}

/** Without a sign of life for so long it hangs. */
const hungAfterMs = 5000;
/** After so long without one it is asked for one. */
const askAfterMs = 2000;
const lookEveryMs = 500;
const firstPauseMs = 250;
const longestPauseMs = 5000;
const closeMs = 1000;

/** What a picture costs, in voices. */
const videoVoices = 4;

/**
 * One FreeSWITCH: connected, watched, and connected anew when it is lost, never by drachtio-fsmrf's own
 * reconnection, whose answers go to the wrong questions.
 */
export class FreeSwitchServer {
  readonly name: string;
  readonly conferences = new Conferences();
  readonly #options: FreeSwitchServerOptions;
  readonly #stop = new AbortController();
  readonly #holders = new Set<ChannelHolder>();
  readonly #heard = new Set<Channel>();
  readonly #kills = new Set<Promise<unknown>>();
  #server: MediaServer | null = null;
  #wasUp = false;
  #version: string | null = null;
  #problem: MixingError | null = null;
  #load: Heartbeat | null = null;
  #lastSignMs = 0;
  #wake: () => void = () => undefined;
  /** How often it was lost, and how often of these because it hung. */
  losses = 0;
  hangs = 0;
  /** Takes no new rooms. */
  draining = false;

  constructor(options: FreeSwitchServerOptions) {
    this.#options = options;
    this.name = `${options.host}:${options.port}`;
    void this.#live();
  }

  get state(): 'starting' | 'up' | 'down' {
    if (this.#server) return 'up';
    return this.#wasUp || this.#problem ? 'down' : 'starting';
  }

  get version(): string | null {
    return this.#version;
  }

  /** Why it is not up; null: it is, or nothing is known yet. */
  get problem(): MixingError | null {
    return this.#problem;
  }

  get load(): Heartbeat | null {
    return this.#load;
  }

  get endpoints(): number {
    return this.#holders.size;
  }

  /** What it carries of ours, in voices. */
  get weight(): number {
    return [...this.#holders].reduce((sum, { spec }) => sum + (spec.video === null ? 1 : videoVoices), 0);
  }

  adopt(holder: ChannelHolder): void {
    this.#holders.add(holder);
  }

  /** Conference events of the channel are the holder's, until it is killed. */
  listen(channel: Channel, holder: ChannelHolder): void {
    this.#heard.add(channel);
    channel.onConference((event) => {
      this.#lastSignMs = performance.now();
      if (!this.#heard.has(channel)) return;
      if (event.action === 'add-member') this.conferences.added(event.conference, channel.uuid);
      if (event.action === 'del-member') this.conferences.removed(event.conference, channel.uuid);
      holder.heard(event);
    });
  }

  release(holder: ChannelHolder): void {
    this.#holders.delete(holder);
  }

  /** Rejects with a `MixingError`. */
  async api(command: string): Promise<string> {
    const answer = await this.#connected().api(command);
    this.#lastSignMs = performance.now();
    return answer;
  }

  /** By the channel's own connection. Rejects with a `MixingError`. */
  async ask(channel: Channel, command: string): Promise<string> {
    const answer = await channel.api(command);
    this.#lastSignMs = performance.now();
    return answer;
  }

  /** Rejects with a `MixingError`. */
  async open(offer: string): Promise<Channel> {
    const server = this.#connected();
    const channel = await server.openChannel(offer, { [ownerHeader]: ownerValue(this.#options.owner) });
    if (server === this.#server) return channel;
    channel.drop();
    throw lost();
  }

  /** Ends a channel: by a command, else by BYE. */
  kill(channel: Channel): void {
    this.#heard.delete(channel);
    this.conferences.gone(channel.uuid);
    const kill = this.api(`uuid_kill ${channel.uuid}`)
      .then(
        (answer) => answer.startsWith('+OK') || channel.drop(),
        () => channel.drop(),
      )
      .finally(() => this.#kills.delete(kill));
    this.#kills.add(kill);
  }

  /** Lets what ends channels get through. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    const kills = Promise.allSettled(this.#kills);
    await inTime(closeMs, 'to end its channels', kills).catch(() => undefined);
    this.#server?.close();
    this.#server = null;
  }

  async #live(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!this.#isStopped()) {
      try {
        await this.#connect();
        pauseMs = firstPauseMs;
        await this.#whileUp();
      } catch (error) {
        this.#fail(error);
        await this.#pause(pauseMs);
        pauseMs = Math.min(longestPauseMs, pauseMs * 2);
      }
    }
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #connect(): Promise<void> {
    const { caller, owner, ownAddress, log } = this.#options;
    const checked = await checkFreeSwitch(this.#options, this.#stop.signal);
    const server = await connectMediaServer(caller, this.#options, ownAddress ?? checked.ownAddress, {
      heartbeat: (facts) => this.#beat(facts),
      ended: () => this.#lost('The connection to FreeSWITCH broke off.', false),
    });
    try {
      const swept = await sweep(server, owner);
      if (swept > 0) log.warn({ server: this.name, channels: swept }, 'left-over FreeSWITCH channels ended');
    } catch (error) {
      server.close();
      throw error;
    }
    if (this.#isStopped()) {
      server.close();
      return;
    }
    this.#server = server;
    this.#version = checked.version;
    this.#problem = null;
    this.#wasUp = true;
    this.#lastSignMs = performance.now();
    log.info({ server: this.name, version: checked.version }, 'FreeSWITCH is up');
    this.#options.onChange();
  }

  /** Resolves when it is lost. */
  async #whileUp(): Promise<void> {
    let lookedMs = performance.now();
    let askedMs = 0;
    while (this.#server && !this.#isStopped()) {
      await this.#pause(lookEveryMs);
      const nowMs = performance.now();
      // When this process itself had to wait, the silence may be its own.
      if (nowMs - lookedMs > 4 * lookEveryMs)
        this.#lastSignMs = Math.max(this.#lastSignMs, nowMs - askAfterMs);
      lookedMs = nowMs;
      const silentMs = nowMs - this.#lastSignMs;
      if (silentMs > hungAfterMs) this.#lost('FreeSWITCH does not answer any more.', true);
      else if (silentMs > askAfterMs && nowMs - askedMs > askAfterMs) {
        askedMs = nowMs;
        // Its answer is a sign of life, and needs no look.
        this.api('uptime').catch(() => undefined);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #beat(facts: Heartbeat): void {
    this.#load = facts;
    this.#lastSignMs = performance.now();
  }

  #lost(reason: string, hung: boolean): void {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    this.losses += 1;
    if (hung) this.hangs += 1;
    this.#problem = new MixingError(
      'FREESWITCH_LOST',
      reason,
      'See its log for why; it is tried again and again.',
    );
    this.#options.log.error({ server: this.name, reason, endpoints: this.#holders.size }, 'FreeSWITCH lost');
    server.close();
    this.conferences.clear();
    this.#heard.clear();
    this.#load = null;
    this.#options.onChange();
    for (const holder of [...this.#holders]) holder.lose(reason);
    this.#wake();
  }

  #fail(error: unknown): void {
    if (this.#isStopped()) return;
    const problem =
      error instanceof MixingError
        ? error
        : new MixingError('FREESWITCH_UNREACHABLE', messageOf(error), 'See its log for why.', error);
    const isNews = problem.code !== this.#problem?.code;
    this.#problem = problem;
    if (isNews)
      this.#options.log.error(
        { server: this.name, code: problem.code, reason: problem.message, remedy: problem.remedy },
        'FreeSWITCH can not be used',
      );
    this.#options.onChange();
  }

  #connected(): MediaServer {
    if (!this.#server) throw lost();
    return this.#server;
  }
}
