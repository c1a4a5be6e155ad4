import type { EndpointSpec, EndpointState, MixerTells } from '../../mcu/control/mixer-protocol.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import { profileOf } from './canvas-size.ts';
import type { OnCanvas } from './canvas.ts';
import type { Draw } from './drawings.ts';
import { EndpointPicture } from './endpoint-picture.ts';
import { inTime, lost, MixingError } from './errors.ts';
import type { Channel, ConferenceEvent } from './channel.ts';
import { keepAlive } from './lease.ts';
import type { Lease } from './lease.ts';
import { levelOf } from './level.ts';
import { EndpointPlay } from './play.ts';
import type { PlayWish } from './play.ts';
import type { PromptFiles } from './prompts.ts';
import type { Guest, Place, Rooms } from './rooms.ts';
import { mediaOf, offerOf } from './sdp.ts';
import type { FreeSwitchServer } from './server.ts';

export type Tell = <N extends keyof MixerTells>(name: N, params: MixerTells[N]) => void;

export interface EndpointOptions {
  readonly id: string;
  readonly spec: EndpointSpec;
  readonly state: EndpointState;
  readonly server: FreeSwitchServer;
  readonly rooms: Rooms;
  readonly draw: Draw;
  readonly prompts: PromptFiles;
  readonly lease: Lease;
  readonly tell: Tell;
  /** It is up. */
  readonly onUp: () => void;
  /** It is over, whoever ended it. */
  readonly onOver: () => void;
  readonly log: Log;
}

/** Where the endpoint is now. */
export interface Seat extends OnCanvas {
  hears: boolean;
  speaks: boolean;
}

const enterMs = 5000;

/**
 * One channel of FreeSWITCH for a node. It follows what the node wants of it, one step after the other. A caller in
 * no room sits in a conference alone: so RTP flows from the first moment, and a prompt is played the same way
 * everywhere.
 */
export class MixerEndpoint implements Guest {
  readonly id: string;
  readonly spec: EndpointSpec;
  readonly server: FreeSwitchServer;
  readonly #options: EndpointOptions;
  readonly #play: EndpointPlay;
  readonly #picture: EndpointPicture;
  #state: EndpointState;
  #channel: Channel | null = null;
  #seat: Seat | null = null;
  #entering: {
    readonly conference: string;
    readonly uuid: string;
    readonly shows: boolean;
    readonly entered: (seat: Seat) => void;
  } | null = null;
  #endLease: (() => void) | null = null;
  /** Its first steps are those of its opening. */
  #settling = true;
  #changed = false;
  #over = false;

  constructor(options: EndpointOptions) {
    this.id = options.id;
    this.spec = options.spec;
    this.server = options.server;
    this.#options = options;
    this.#state = options.state;
    this.#play = new EndpointPlay(options.prompts, (play, how) =>
      options.tell('mixerPlayed', { endpoint: this.id, play, how }),
    );
    this.#picture = new EndpointPicture(options.spec, options.draw);
    options.rooms.follow(this);
    options.server.adopt(this);
    void this.#open();
  }

  /** Name of its channel; null: it has none yet, or no more. */
  get uuid(): string | null {
    return this.#over ? null : (this.#channel?.uuid ?? null);
  }

  get state(): EndpointState {
    return this.#state;
  }

  set(state: EndpointState): void {
    this.#state = state;
    this.#options.rooms.follow(this);
    this.settle();
  }

  play(wish: PlayWish): void {
    this.#play.want(wish);
    this.settle();
  }

  stop(play: number): void {
    if (this.#play.stop(play)) this.settle();
  }

  /** What FreeSWITCH says of its channel. */
  heard(event: ConferenceEvent): void {
    switch (event.action) {
      case 'add-member':
        this.#entered(event);
        break;
      case 'del-member':
        if (this.#seat?.conference === event.conference)
          this.lose('FreeSWITCH took it out of its conference.');
        break;
      case 'start-talking':
        this.#talks(levelOf(event.energy));
        break;
      case 'stop-talking':
        this.#talks(null);
        break;
      case 'play-file-member-done':
        if (this.#play.ended(event.play)) this.settle();
        break;
    }
  }

  /** The node wants it no more. Idempotent. */
  close(): void {
    this.#end();
  }

  /** It can't go on; the node opens another. */
  lose(reason: string): void {
    if (this.#over) return;
    const { tell, log, spec } = this.#options;
    log.warn(
      { server: this.server.name, seat: spec.seat, role: spec.role, reason },
      'FreeSWITCH endpoint lost',
    );
    this.#end();
    tell('mixerLost', { endpoint: this.id, reason });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#endLease?.();
    if (this.#channel) this.server.kill(this.#channel);
    this.server.release(this);
    this.#options.rooms.leave(this);
    this.#options.onOver();
  }

  async #open(): Promise<void> {
    try {
      const channel = await this.server.open(offerOf(this.spec));
      this.#channel = channel;
      if (this.#over) {
        this.server.kill(channel);
        return;
      }
      channel.onGone((reason) => this.lose(`FreeSWITCH ended it: ${reason}.`));
      this.server.listen(channel, this);
      const media = mediaOf(channel.sdp, this.spec);
      if (!media) throw new MixingError('FREESWITCH_REFUSED', 'FreeSWITCH refuses its codec.', 'Load it.');
      this.#endLease = keepAlive(channel.uuid, this.#options.lease, this.#api, (error) =>
        this.lose(messageOf(error)),
      );
      await this.#step();
      if (this.#isOver()) return;
      this.#options.tell('mixerMedia', { endpoint: this.id, ...media });
      this.#options.onUp();
      this.#settling = false;
      this.settle();
    } catch (error) {
      this.lose(messageOf(error));
    }
  }

  /** Asked again after a wait: the compiler takes the first answer for the last. */
  #isOver(): boolean {
    return this.#over;
  }

  /** One step after the other; what changes meanwhile is a next one. */
  settle(): void {
    this.#changed = true;
    if (this.#settling || this.#channel === null || this.#over) return;
    this.#settling = true;
    void this.#steps()
      .catch((error: unknown) => this.lose(messageOf(error)))
      .finally(() => {
        this.#settling = false;
        // What changed after the last look at it.
        if (this.#changed) this.settle();
      });
  }

  async #steps(): Promise<void> {
    while (this.#changed && !this.#over) {
      this.#changed = false;
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    if (this.spec.role === 'transcoder') return;
    const place = this.#options.rooms.placeOf(this);
    if (place.conference !== this.#seat?.conference) await this.#enter(place);
    const seat = this.#seat;
    if (this.#over || !seat) return;
    // Who is alone hears and says nothing to anybody.
    if (!place.own) await this.#adjust(seat, seat.shows);
    await this.#play.follow(seat, this.#api);
    if (place.own) await this.#picture.follow(place, this.#state, this.#api);
  }

  readonly #api = (command: string): Promise<string> =>
    this.#channel ? this.server.ask(this.#channel, command) : Promise.reject(lost());

  /** Whom nobody is to be sent to needs no mix. */
  #hears(): boolean {
    return this.spec.role === 'leg' && this.#state.hears;
  }

  async #enter(place: Place): Promise<void> {
    const { conference } = place;
    await this.server.conferences.turn(conference);
    const channel = this.#channel;
    if (this.#over || !channel) return;
    await this.#picture.beforeEntry(channel.uuid, place, this.#api);
    const before = this.#seat;
    // A camera is for the room: who sits alone is not shown themselves.
    const shows = !place.own && this.#options.rooms.shows(this);
    const entered = new Promise<Seat>(
      (resolve) => (this.#entering = { conference, uuid: channel.uuid, shows, entered: resolve }),
    );
    this.#seat = null;
    this.#play.interrupted();
    this.#picture.left();
    if (before) await Promise.all([this.#adjust(before, shows), this.#move(before, place)]);
    else channel.join(conference, profileOf(place.size), this.#flags(shows));
    // A locked conference lets nobody in, and nobody is told.
    const seat = await inTime(enterMs, 'to enter a conference', entered);
    this.#entering = null;
    this.#seat = seat;
    if (!place.own) this.#options.rooms.seated(this, seat, this.#api);
  }

  /** Brings a member to what is wanted of it, in one go. */
  async #adjust(seat: Seat, shows: boolean): Promise<void> {
    const { muted } = this.#state;
    const hears = this.#hears();
    const commands = [
      ...(seat.speaks === muted ? [muted ? 'mute' : 'unmute'] : []),
      ...(seat.hears === hears ? [] : [hears ? 'undeaf' : 'deaf']),
      ...(seat.shows === shows ? [] : [shows ? 'unvmute' : 'vmute']),
    ];
    Object.assign(seat, { speaks: !muted, hears, shows });
    await Promise.all(
      commands.map((command) => this.#api(`conference ${seat.conference} ${command} ${seat.member} quiet`)),
    );
  }

  async #move({ conference, member }: Seat, place: Place): Promise<void> {
    const answer = await this.#api(
      `conference ${conference} transfer ${place.conference}@${profileOf(place.size)} ${member}`,
    );
    if (!answer.startsWith('+OK'))
      throw new MixingError('FREESWITCH_REFUSED', 'FreeSWITCH moves nobody there.', 'See its log.');
  }

  #flags(shows: boolean): Readonly<Record<string, boolean>> {
    return {
      mute: this.#state.muted,
      deaf: !this.#hears(),
      // Until it is in a room, and its camera is on: what comes before is thrown away, key frames too.
      vmute: Boolean(this.spec.video?.sends) && !shows,
      // Else FreeSWITCH runs a video encoder for somebody who gets nothing.
      noMinimizeEncoding: this.spec.role === 'participant',
    };
  }

  #entered({ conference, member, hears, speaks }: ConferenceEvent): void {
    if (this.#entering?.conference !== conference) return;
    const { uuid, shows, entered } = this.#entering;
    entered({ conference, member, uuid, hears, speaks, shows });
  }

  #talks(levelDbov: number | null): void {
    this.#options.tell('mixerTalking', { endpoint: this.id, levelDbov });
  }
}
