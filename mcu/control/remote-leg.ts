import { MediaError } from '../errors.ts';
import { plainLook } from '../plain-look.ts';
import type {
  AudioCodec,
  HearSource,
  LayoutName,
  LegLocal,
  LegMediaConfig,
  LegStats,
  LegVideoPorts,
  OwnPicture,
  Screen,
  ViewerLook,
} from '../ports.ts';
import { CarriedStats } from './carried-stats.ts';
import { LegEvents } from './leg-events.ts';
import type { RemoteLegEvents } from './leg-events.ts';
import { LegMemory } from './leg-memory.ts';
import { RemotePrompts } from './remote-prompts.ts';
import { RoomReturn, joinDeadlineMs } from './room-return.ts';
import type { LegJoin, LegLinkState } from './room-return.ts';
import { NodeWay } from './way.ts';
import type { NodeChannel } from './way.ts';

/**
 * A leg on a media node, as the gateway holds it. It keeps what the node was told, so that the node's next
 * process can go on with it; what is asked meanwhile waits. After `close` or `lost` nothing more is said.
 */
export class RemoteLeg {
  readonly id: string;
  /** What its next process needs to know; the node adds to it. */
  readonly memory = new LegMemory();
  readonly #way = new NodeWay();
  readonly #onClosed: () => void;
  readonly #events = new LegEvents();
  readonly #room: RoomReturn;
  readonly #prompts: RemotePrompts;
  readonly #stats = new CarriedStats();
  #local: LegLocal;
  #closing: Promise<void> | null = null;

  constructor(id: string, local: LegLocal, channel: NodeChannel, onClosed: () => void) {
    this.id = id;
    this.#local = local;
    this.#onClosed = onClosed;
    this.#room = new RoomReturn(id, (state) => this.#events.emit('link', state));
    this.#prompts = new RemotePrompts(id, this.#way);
    this.#way.up(channel);
  }

  on<E extends keyof RemoteLegEvents>(event: E, listener: (...args: RemoteLegEvents[E]) => void): void {
    this.#events.on(event, listener);
  }

  get local(): LegLocal {
    return this.#local;
  }

  /** Ports for its video; rejects when there are none. */
  async openVideo(): Promise<LegVideoPorts> {
    if (this.#local.video) return this.#local.video;
    const video = await this.#way.call('openVideo', { leg: this.id });
    this.#local = { ...this.#local, video };
    if (this.memory.look !== plainLook) await this.#sendLook();
    return video;
  }

  async configure(config: LegMediaConfig): Promise<void> {
    await this.#way.call('configureLeg', { leg: this.id, config });
    this.memory.config = config;
  }

  /** The peer asked in signalling for a key frame of what it sees. */
  async requestKeyFrame(): Promise<void> {
    await this.#way.call('requestKeyFrame', { leg: this.id });
  }

  /** Fills the picture; null: the room is seen. */
  async show(screen: Screen | null): Promise<void> {
    await this.#lookAs({ screen });
  }

  /** A line over the room's picture; null: none. */
  async setBanner(banner: string | null): Promise<void> {
    await this.#lookAs({ banner });
  }

  async setLayout(layout: LayoutName, own: OwnPicture): Promise<void> {
    await this.#lookAs({ layout, own });
  }

  /**
   * Resolves when it is over, `stopped` also by a later play and when the leg ends; over a node's death it begins
   * again. Rejects with PROMPT_UNREADABLE.
   */
  play(
    files: readonly string[],
    options: { loop?: boolean; signal?: AbortSignal } = {},
  ): Promise<'finished' | 'stopped'> {
    return this.#closing ? Promise.resolve('stopped') : this.#prompts.play(files, options);
  }

  /** The node says how a play ended. */
  played(id: number, how: 'finished' | 'stopped' | 'failed'): void {
    this.#prompts.ended(id, how);
  }

  async hear(source: HearSource): Promise<void> {
    await this.#way.call('hear', { leg: this.id, source });
    this.memory.hear = source;
  }

  async join(join: LegJoin): Promise<{ readonly participantSid: string; readonly codec: AudioCodec }> {
    const { room, identity, publish } = join;
    const params = { leg: this.id, room, identity, publish };
    const joined = await this.#way.call('join', params, { deadlineMs: joinDeadlineMs });
    this.#room.joined({ room, identity, publish });
    return joined;
  }

  async leave(): Promise<void> {
    this.#room.left();
    await this.#way.call('leave', { leg: this.id });
    this.memory.muted = this.memory.cameraMuted = false;
  }

  /** Talks with whoever is in the engine's room of that name, which is no room of LiveKit's; null: no more. */
  async connect(room: string | null): Promise<void> {
    await this.#way.call('connect', { leg: this.id, room });
    this.memory.connected = room;
  }

  /** Sends keys as telephone events; `w`: half a second of waiting. */
  async press(keys: string): Promise<void> {
    await this.#way.call('press', { leg: this.id, keys });
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#way.call('setMuted', { leg: this.id, muted });
    this.memory.muted = muted;
  }

  /**
   * Of the leg's whole life, whichever processes carried it: what one counted in its last seconds is lost with it.
   * Without a process that answers it is what is known; rejects when that is nothing.
   */
  async stats(): Promise<LegStats> {
    const { channel } = this.#way;
    const error: unknown = channel
      ? await channel.call('legStats', { leg: this.id }).then(
          (stats) => this.#stats.are(stats),
          (reason: unknown) => reason,
        )
      : new MediaError('CONTROL_CLOSED', 'The media node does not run.');
    const { known } = this.#stats;
    if (known) return known;
    throw error;
  }

  /** Idempotent; never waits for a node that is gone. */
  close(): Promise<void> {
    this.#closing ??= this.#shut();
    return this.#closing;
  }

  /** The node says what happened. */
  happened<E extends 'digit' | 'keyFrameWanted' | 'videoLimited' | 'failed'>(
    event: E,
    ...args: RemoteLegEvents[E]
  ): void {
    this.#events.emit(event, ...args);
  }

  /** The node says that neither RTP nor RTCP came for so long. */
  silentFor(ms: number): void {
    this.memory.silent = true;
    this.#events.emit('silent', ms);
  }

  /** The node says that something came again. */
  heardAgain(): void {
    this.memory.silent = false;
    this.#events.emit('heard');
  }

  /** The node says how its count stands. */
  statsAre(stats: LegStats): void {
    this.#stats.are(stats);
  }

  /** The node says that a host muted or unmuted the caller. */
  mutedByHost(muted: boolean): void {
    this.memory.muted = muted;
    this.#events.emit('mutedByHost', muted);
  }

  /** The node says that a host muted or unmuted the caller's camera. */
  cameraMutedByHost(muted: boolean): void {
    this.memory.cameraMuted = muted;
    this.#events.emit('cameraMutedByHost', muted);
  }

  /** The node says how the link to the room does. */
  linkIs(state: LegLinkState): void {
    this.#room.linkIs(state);
    this.#events.emit('link', state);
  }

  /** The process that carried the leg died; another one is coming. */
  interrupt(): void {
    this.#way.down();
    this.#stats.carry();
    this.#room.interrupt();
  }

  /** A new process goes on with the leg where the dead one stopped. Rejects when it can't. */
  async restore(channel: NodeChannel): Promise<void> {
    try {
      await channel.call('restoreLeg', { leg: this.id, ...this.memory.checkpoint(this.#local) });
    } catch (error) {
      // Its answer may only be late.
      void this.#closeOn(channel);
      throw error;
    }
    if (this.#closing) {
      await this.#closeOn(channel);
      return;
    }
    this.#prompts.goOn(channel);
    this.#way.up(channel);
  }

  /** After `restore`: the caller's way back into its room; never rejects. */
  async rejoin(channel: NodeChannel): Promise<void> {
    if (!this.#closing) await this.#room.rejoin(channel);
  }

  /** The node is gone for good. */
  lose(): void {
    this.#events.emit('lost');
    this.#end();
  }

  /** The node is told all of it: what comes later stands, in whichever process. */
  async #lookAs(changes: Partial<ViewerLook>): Promise<void> {
    this.memory.look = { ...this.memory.look, ...changes };
    // Whoever sees nothing costs nothing.
    if (this.#local.video) await this.#sendLook();
  }

  async #sendLook(): Promise<void> {
    await this.#way.call('look', { leg: this.id, look: this.memory.look });
  }

  async #shut(): Promise<void> {
    const { channel } = this.#way;
    this.#events.close();
    this.#onClosed();
    this.#end();
    if (channel) await this.#closeOn(channel);
  }

  /** A process that does not answer any more has closed it, or is about to be replaced. */
  async #closeOn(channel: NodeChannel): Promise<void> {
    await channel.call('closeLeg', { leg: this.id }).catch(() => undefined);
  }

  #end(): void {
    this.#way.end();
    this.#room.left();
    this.#prompts.stop();
  }
}
