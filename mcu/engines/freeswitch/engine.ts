import type { MixerTold } from '../../control/mixer-protocol.ts';
import type { Engine, EngineStatus, Log, Member, MemberSpec, PictureEngine } from '../../ports.ts';
import { FreeSwitchMember } from './member.ts';
import { Mixer } from './mixer.ts';
import type { MixerOptions } from './mixer.ts';
import { FreeSwitchPictures } from './pictures/pictures.ts';
import { Seats } from './seats.ts';

export interface FreeSwitchEngineOptions extends Omit<MixerOptions, 'onStatus'> {
  /** False: callers get and give no pictures. */
  readonly pictures: boolean;
  readonly log: Log;
}

/**
 * FreeSWITCH mixes, the gateway drives it, and the node relays RTP: there is no process of the node's own that could
 * die. What each seat wants stands here; a FreeSWITCH that is lost costs the time to open its endpoints on another.
 */
export class FreeSwitchEngine implements Engine {
  readonly kind = 'freeswitch';
  readonly pictures: PictureEngine | null;
  onStatus: ((status: EngineStatus) => void) | null = null;
  /** What the gateway tells, to be served on its channel. */
  readonly told: MixerTold;
  readonly #mixer: Mixer;
  readonly #seats: Seats;
  readonly #log: Log;
  readonly #members = new Set<Member>();

  constructor({ host, ask, pictures, log }: FreeSwitchEngineOptions) {
    this.#log = log;
    this.#mixer = new Mixer({ host, ask, onStatus: () => this.onStatus?.(this.status()) });
    this.told = this.#mixer.told;
    this.#seats = new Seats({ mixer: this.#mixer, log });
    this.pictures = pictures ? new FreeSwitchPictures({ mixer: this.#mixer, seats: this.#seats, log }) : null;
  }

  openMember(spec: MemberSpec): Member {
    const member: Member = new FreeSwitchMember(spec, this.#seats.for(spec.seat, 'member', spec.id), {
      mixer: this.#mixer,
      log: this.#log,
      closed: () => this.#members.delete(member),
    });
    this.#members.add(member);
    return member;
  }

  playToRoom(room: string, files: readonly string[]): void {
    this.#mixer.ask('mixerRoomPlay', { room, files: [...files] });
  }

  status(): EngineStatus {
    return this.#mixer.status;
  }

  async close(): Promise<void> {
    for (const member of [...this.#members]) member.close();
    await this.pictures?.close();
    this.#seats.close();
  }
}
