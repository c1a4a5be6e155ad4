import type { Log } from '../../ports.ts';
import { BackOff } from './back-off.ts';
import { Endpoint } from './endpoint.ts';
import type { EndpointListener, EndpointWish } from './endpoint.ts';
import type { Mixer } from './mixer.ts';
import { does, endpointFor, soundsAlike, stateFor } from './seat-wishes.ts';
import type { CameraWish, MemberWish, ViewerWish } from './seat-wishes.ts';

/** Who takes what comes of a stream. */
export interface SeatMember {
  readonly id: string;
  readonly wish: MemberWish;
  /** A prompt, which another endpoint would begin anew. */
  readonly isPrompted: boolean;
  onUp(endpoint: Endpoint): void;
  /** No endpoint is there for now. */
  onDown(): void;
  onAudio(packet: Buffer): void;
  onPlayed(play: number, how: 'finished' | 'stopped' | 'failed'): void;
  onTalking(levelDbov: number | null): void;
}

export interface SeatCamera {
  readonly id: string;
  readonly wish: CameraWish;
  onUp(): void;
  onRtcp(packet: Buffer): void;
}

export interface SeatViewer {
  readonly id: string;
  readonly wish: ViewerWish;
  onUp(): void;
  onVideo(packet: Buffer): void;
}

export interface SeatDeps {
  readonly mixer: Mixer;
  readonly log: Log;
  /** Nobody has it any more. */
  readonly onEmpty: () => void;
}

/**
 * What one person, or one shared screen, has of FreeSWITCH: one endpoint for sound and pictures. When other streams are
 * wanted, or a room at another FreeSWITCH, a second one is opened and takes over when its media is up; the first goes on
 * until then.
 */
export class Seat implements EndpointListener {
  readonly name: string;
  readonly #deps: SeatDeps;
  readonly #backOff = new BackOff();
  #member: SeatMember | null = null;
  #camera: SeatCamera | null = null;
  #viewer: SeatViewer | null = null;
  #current: Endpoint | null = null;
  #next: Endpoint | null = null;
  #planned: NodeJS.Immediate | null = null;
  #pause: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(name: string, deps: SeatDeps) {
    this.name = name;
    this.#deps = deps;
  }

  /** The one that is up. */
  get endpoint(): Endpoint | null {
    return this.#current;
  }

  get member(): SeatMember | null {
    return this.#member;
  }
  get camera(): SeatCamera | null {
    return this.#camera;
  }
  get viewer(): SeatViewer | null {
    return this.#viewer;
  }

  /** A later one takes an earlier one's place. */
  sitDown(who: { member: SeatMember } | { camera: SeatCamera } | { viewer: SeatViewer }): void {
    if ('member' in who) this.#member = who.member;
    else if ('camera' in who) this.#camera = who.camera;
    else this.#viewer = who.viewer;
    this.changed();
  }

  standUp(who: SeatMember | SeatCamera | SeatViewer): void {
    if (who === this.#member) this.#member = null;
    else if (who === this.#camera) this.#camera = null;
    else if (who === this.#viewer) this.#viewer = null;
    else return;
    this.changed();
  }

  /** What comes in one go, such as a call's sound and pictures, is looked at once. */
  changed(): void {
    if (!this.#closed) this.#planned ??= setImmediate(this.#plan);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#planned) clearImmediate(this.#planned);
    if (this.#pause) clearTimeout(this.#pause);
    this.#current?.close();
    this.#next?.close();
    this.#current = this.#next = null;
    this.#deps.onEmpty();
  }

  onUp(endpoint: Endpoint): void {
    if (endpoint !== this.#next) return;
    this.#backOff.up();
    this.#current?.close();
    this.#current = endpoint;
    this.#next = null;
    this.#member?.onUp(endpoint);
    this.#camera?.onUp();
    this.#viewer?.onUp();
    this.changed();
  }

  onLost(endpoint: Endpoint, reason: string): void {
    const { log } = this.#deps;
    const pauseMs = this.#backOff.pauseMs();
    log.warn({ seat: this.name, endpoint: endpoint.id, reason, pauseMs }, 'FreeSWITCH endpoint is lost');
    if (endpoint === this.#next) this.#next = null;
    if (endpoint === this.#current) {
      this.#current = null;
      this.#member?.onDown();
    }
    this.#pause ??= setTimeout(() => {
      this.#pause = null;
      this.changed();
    }, pauseMs);
  }

  onElsewhere(): void {
    this.changed();
  }

  onAudio(endpoint: Endpoint, packet: Buffer): void {
    if (endpoint === this.#current) this.#member?.onAudio(packet);
  }

  onVideo(endpoint: Endpoint, packet: Buffer): void {
    if (endpoint === this.#current) this.#viewer?.onVideo(packet);
  }

  onVideoRtcp(endpoint: Endpoint, packet: Buffer): void {
    if (endpoint === this.#current) this.#camera?.onRtcp(packet);
  }

  onPlayed(endpoint: Endpoint, play: number, how: 'finished' | 'stopped' | 'failed'): void {
    if (endpoint === this.#current) this.#member?.onPlayed(play, how);
  }

  onTalking(endpoint: Endpoint, levelDbov: number | null): void {
    if (endpoint === this.#current) this.#member?.onTalking(levelDbov);
  }

  readonly #plan = (): void => {
    this.#planned = null;
    const wishes = {
      member: this.#member?.wish ?? null,
      camera: this.#camera?.wish ?? null,
      viewer: this.#viewer?.wish ?? null,
    };
    const wish = endpointFor(this.name, wishes);
    if (!wish) {
      this.close();
      return;
    }
    const state = stateFor(wishes);
    this.#current?.set(state);
    this.#next?.set(state);
    if (this.#next && !does(this.#next.wish, wish)) {
      this.#next.close();
      this.#next = null;
    }
    if (this.#next || this.#pause || !this.#needsAnother(wish)) return;
    this.#next = new Endpoint(this.#deps.mixer, wish, state, this);
  };

  #needsAnother(wish: EndpointWish): boolean {
    const current = this.#current;
    if (!current) return true;
    if (does(current.wish, wish) && !current.isElsewhere) return false;
    // It is planned again at the prompt's end.
    return !(this.#member?.isPrompted === true && soundsAlike(current.wish, wish));
  }
}
