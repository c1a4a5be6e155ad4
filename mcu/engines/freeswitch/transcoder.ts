import type { EndpointState } from '../../control/mixer-protocol.ts';
import type { AudioCodec, Log, RoomCodec } from '../../ports.ts';
import { BackOff } from './back-off.ts';
import { Endpoint } from './endpoint.ts';
import type { EndpointListener, EndpointWish } from './endpoint.ts';
import type { Mixer } from './mixer.ts';

const payloadTypes = { PCMU: 0, PCMA: 8, opus: 111 } as const satisfies Record<RoomCodec, number>;

const inNoRoom: EndpointState = {
  room: null,
  identity: null,
  hears: false,
  sees: false,
  muted: false,
  shows: false,
  look: null,
};

export interface TranscoderDeps {
  readonly mixer: Mixer;
  readonly log: Log;
  readonly seat: string;
}

/** A voice into FreeSWITCH in one codec and back in another: two endpoints that FreeSWITCH bridges. */
export class Transcoder implements EndpointListener {
  readonly to: RoomCodec;
  readonly #deps: TranscoderDeps;
  readonly #from: { readonly codec: AudioCodec; readonly payloadType: number };
  readonly #onPacket: (packet: Buffer) => void;
  readonly #backOff = new BackOff();
  #into: Endpoint | null = null;
  #back: Endpoint | null = null;
  #pause: NodeJS.Timeout | null = null;
  #closed = false;

  /** `onPacket`: in the codec `to`; owned. */
  constructor(
    deps: TranscoderDeps,
    from: { readonly codec: AudioCodec; readonly payloadType: number },
    to: RoomCodec,
    onPacket: (packet: Buffer) => void,
  ) {
    this.#deps = deps;
    this.#from = from;
    this.to = to;
    this.#onPacket = onPacket;
    this.#open();
  }

  /** A packet in the codec `from`; read before it returns. */
  write(packet: Buffer): void {
    if (this.#back?.up === true) this.#into?.sendAudio(packet);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    if (this.#pause) clearTimeout(this.#pause);
    this.#drop();
  }

  onUp(): void {
    if (this.#into?.up === true && this.#back?.up === true) this.#backOff.up();
  }

  /** One without the other is of no use. */
  onLost(endpoint: Endpoint, reason: string): void {
    if (this.#closed || (endpoint !== this.#into && endpoint !== this.#back)) return;
    const { log, seat } = this.#deps;
    const pauseMs = this.#backOff.pauseMs();
    log.warn({ seat, endpoint: endpoint.id, reason, pauseMs }, 'FreeSWITCH transcoder is lost');
    this.#drop();
    this.#pause ??= setTimeout(() => {
      this.#pause = null;
      this.#open();
    }, pauseMs);
  }

  onElsewhere(): void {
    return;
  }

  onAudio(endpoint: Endpoint, packet: Buffer): void {
    if (endpoint === this.#back) this.#onPacket(packet);
  }

  onVideo(): void {
    return;
  }

  onVideoRtcp(): void {
    return;
  }

  onPlayed(): void {
    return;
  }

  onTalking(): void {
    return;
  }

  #open(): void {
    const { mixer } = this.#deps;
    const [into, back] = [mixer.newEndpoint(), mixer.newEndpoint()];
    const to = { codec: this.to, payloadType: payloadTypes[this.to] };
    this.#into = new Endpoint(mixer, this.#wish(this.#from, back), inNoRoom, this, into);
    this.#back = new Endpoint(mixer, this.#wish(to, into), inNoRoom, this, back);
  }

  #wish(audio: { codec: AudioCodec; payloadType: number }, bridgedTo: string): EndpointWish {
    return {
      seat: this.#deps.seat,
      role: 'transcoder',
      audio: { ...audio, direction: 'sendrecv' },
      video: null,
      bridgedTo,
    };
  }

  #drop(): void {
    this.#into?.close();
    this.#back?.close();
    this.#into = this.#back = null;
  }
}
