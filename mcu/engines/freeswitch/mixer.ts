import { randomBytes } from 'node:crypto';
import type { MixerAsks, MixerTells, MixerTold } from '../../control/mixer-protocol.ts';
import type { EngineStatus } from '../../ports.ts';

/** Who asked for an endpoint, and hears what becomes of it. */
export interface EndpointOwner {
  media(places: MixerTells['mixerMedia']): void;
  lost(reason: string): void;
  /** Its room is at another FreeSWITCH. */
  elsewhere(): void;
  played(play: number, how: 'finished' | 'stopped' | 'failed'): void;
  talking(levelDbov: number | null): void;
}

export interface MixerOptions {
  /** IP address of the sockets that FreeSWITCH sends to. */
  readonly host: string;
  readonly ask: <N extends keyof MixerAsks>(name: N, params: MixerAsks[N]) => void;
  readonly onStatus: () => void;
}

/** The node's end of the way to whoever drives FreeSWITCH. */
export class Mixer {
  readonly host: string;
  readonly ask: MixerOptions['ask'];
  readonly #owners = new Map<string, EndpointOwner>();
  /** No other process, of this node or another, gives the same names. */
  readonly #prefix = randomBytes(6).toString('hex');
  #next = 1;
  #nextPlay = 1;
  #status: EngineStatus = { state: 'starting', pid: null, restarts: 0, hangs: 0 };

  /** What the gateway tells. */
  readonly told: MixerTold;

  constructor({ host, ask, onStatus }: MixerOptions) {
    this.host = host;
    this.ask = ask;
    this.told = {
      mixerMedia: (places) => this.#owners.get(places.endpoint)?.media(places),
      mixerLost: ({ endpoint, reason }) => this.#owners.get(endpoint)?.lost(reason),
      mixerElsewhere: ({ endpoint }) => this.#owners.get(endpoint)?.elsewhere(),
      mixerPlayed: ({ endpoint, play, how }) => this.#owners.get(endpoint)?.played(play, how),
      mixerTalking: ({ endpoint, levelDbov }) => this.#owners.get(endpoint)?.talking(levelDbov),
      mixerStatus: (status) => {
        this.#status = { ...status, pid: null };
        onStatus();
      },
    };
  }

  get status(): EngineStatus {
    return this.#status;
  }

  newEndpoint(): string {
    return `${this.#prefix}-${this.#next++}`;
  }

  newPlay(): number {
    return this.#nextPlay++;
  }

  own(endpoint: string, owner: EndpointOwner): void {
    this.#owners.set(endpoint, owner);
  }

  disown(endpoint: string): void {
    this.#owners.delete(endpoint);
  }
}
