/** A stand-in for a media node: asks a mixer for endpoints, whose RTP is with sockets of its own. */
import type {
  EndpointSpec,
  EndpointState,
  MixerHost,
  MixerSession,
  MixerTells,
} from '../../mcu/control/mixer-protocol.ts';
import { CodecPhone, payloadTypes } from './codec-phone.ts';
import { until } from './until.ts';

type Codec = EndpointSpec['audio']['codec'];

export interface PartyOptions {
  readonly codec?: Codec;
  readonly role?: EndpointSpec['role'];
  readonly room?: string | null;
  readonly id?: string;
  readonly bridgedTo?: string;
}

let parties = 0;

/** One endpoint, with a phone for its media. */
export class Party {
  readonly id: string;
  readonly phone: CodecPhone;
  media: MixerTells['mixerMedia'] | null = null;
  lost: string | null = null;
  /** Its room is at another FreeSWITCH. */
  isElsewhere = false;
  readonly played: { play: number; how: string }[] = [];
  readonly levels: (number | null)[] = [];
  readonly #node: MixerNode;
  readonly #spec: EndpointSpec;
  #state: EndpointState;

  constructor(node: MixerNode, phone: CodecPhone, options: PartyOptions) {
    const { role = 'leg', room = null } = options;
    const { rtpPort, rtcpPort } = phone.phone.remote;
    this.id = options.id ?? `party-${++parties}`;
    this.#node = node;
    this.phone = phone;
    this.#spec = {
      seat: this.id,
      role,
      host: '127.0.0.1',
      audio: {
        codec: phone.codec,
        payloadType: payloadTypes[phone.codec],
        rtpPort,
        rtcpPort,
        direction: role === 'participant' ? 'sendonly' : 'sendrecv',
      },
      video: null,
      bridgedTo: options.bridgedTo ?? null,
    };
    this.#state = {
      ...{
        room,
        identity: this.id,
        hears: role === 'leg',
        sees: false,
        muted: false,
        shows: false,
        look: null,
      },
    };
  }

  ask(): void {
    this.#node.session.ask('mixerOpen', { endpoint: this.id, spec: this.#spec, state: this.#state });
  }

  set(change: Partial<EndpointState>): void {
    this.#state = { ...this.#state, ...change };
    this.#node.session.ask('mixerSet', { endpoint: this.id, state: this.#state });
  }

  play(play: number, files: readonly string[], loop = false): void {
    this.#node.session.ask('mixerPlay', { endpoint: this.id, play, files: [...files], loop });
  }

  stop(play: number): void {
    this.#node.session.ask('mixerStop', { endpoint: this.id, play });
  }

  close(): void {
    this.#node.session.ask('mixerClose', { endpoint: this.id });
  }

  async up(): Promise<this> {
    await until(`${this.id} has media, or is lost`, () => this.media ?? this.lost, 10_000);
    if (this.lost !== null) throw new Error(`${this.id} is lost: ${this.lost}`);
    return this;
  }

  async hears(hz: number): Promise<void> {
    await until(`${this.id} hears ${hz} Hz`, () => this.phone.db(hz) > -30, 10_000);
  }

  /** It hears something else, or silence; nothing at all would prove nothing. */
  async hearsNot(hz: number): Promise<void> {
    const { phone } = this;
    const { packets } = phone.phone;
    await until(
      `${this.id} hears no ${hz} Hz`,
      () => phone.db(hz) < -45 && performance.now() - (packets.at(-1)?.atMs ?? 0) < 100,
      10_000,
    );
  }
}

export class MixerNode {
  readonly parties = new Map<string, Party>();
  status: MixerTells['mixerStatus'] | null = null;
  readonly #host: MixerHost;
  readonly #name: string;
  session: MixerSession;

  constructor(host: MixerHost, name = 'node-1') {
    this.#host = host;
    this.#name = name;
    this.session = this.#attach();
  }

  async party(options: PartyOptions = {}): Promise<Party> {
    const party = new Party(this, await CodecPhone.open(options.codec ?? 'PCMU'), options);
    this.parties.set(party.id, party);
    party.ask();
    return party;
  }

  async open(options: PartyOptions = {}): Promise<Party> {
    return (await this.party(options)).up();
  }

  /** As when its process died and another is there. */
  restart(): void {
    this.session.detach();
    this.session = this.#attach();
  }

  close(): void {
    this.session.detach();
    for (const { phone } of this.parties.values()) phone.close();
  }

  #attach(): MixerSession {
    return this.#host.attach(this.#name, (name, params) => {
      this.#told({ [name]: params });
    });
  }

  #told(told: Partial<MixerTells>): void {
    const { mixerMedia, mixerLost, mixerElsewhere, mixerPlayed, mixerTalking, mixerStatus } = told;
    if (mixerStatus) this.status = mixerStatus;
    if (mixerMedia) {
      const party = this.#party(mixerMedia.endpoint);
      party.media = mixerMedia;
      party.phone.phone.dial(mixerMedia.audio);
    }
    if (mixerLost) this.#party(mixerLost.endpoint).lost = mixerLost.reason;
    if (mixerElsewhere) this.#party(mixerElsewhere.endpoint).isElsewhere = true;
    if (mixerPlayed) this.#party(mixerPlayed.endpoint).played.push(mixerPlayed);
    if (mixerTalking) this.#party(mixerTalking.endpoint).levels.push(mixerTalking.levelDbov);
  }

  #party(endpoint: string): Party {
    const party = this.parties.get(endpoint);
    if (!party) throw new Error(`told of an unknown endpoint: ${endpoint}`);
    return party;
  }
}
