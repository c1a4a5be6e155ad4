import type { EndpointState, MixerAsks, MixerSession, MixerTells } from '../../mcu/control/mixer-protocol.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../ports.ts';
import { conferenceName } from './conference.ts';
import { MixerEndpoint } from './endpoint.ts';
import type { Tell } from './endpoint.ts';
import type { MixingPool } from './pool.ts';
import type { Draw } from './drawings.ts';
import type { Lease } from './lease.ts';
import type { PromptFiles } from './prompts.ts';
import { RefusedSeats } from './refused.ts';
import { Rooms } from './rooms.ts';

export interface SessionOptions {
  /** Name of the gateway: several share a FreeSWITCH. */
  readonly gateway: string;
  readonly node: string;
  readonly pool: MixingPool;
  readonly prompts: PromptFiles;
  readonly draw: Draw;
  readonly lease: Lease;
  readonly tell: Tell;
  readonly onDetached: () => void;
  /** FreeSWITCH is there, and has refused this caller for too long. */
  readonly onRefused: (leg: string) => void;
  readonly log: Log;
}

/** As long as callers wait where no FreeSWITCH is. */
const refusedMs = 5000;

/** What one process of a node wants. */
export class NodeSession implements MixerSession {
  readonly #options: SessionOptions;
  readonly #endpoints = new Map<string, MixerEndpoint>();
  readonly #rooms: Rooms;
  readonly #refused = new RefusedSeats(refusedMs);
  #detached = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { gateway, node, draw, log } = options;
    this.#rooms = new Rooms({ owner: [gateway, node], draw, log });
  }

  ask<N extends keyof MixerAsks>(name: N, params: MixerAsks[N]): void {
    if (this.#detached) return;
    const handler: (params: MixerAsks[N]) => void = this.#handlers[name];
    handler(params);
  }

  detach(): void {
    this.#detached = true;
    for (const endpoint of [...this.#endpoints.values()]) endpoint.close();
    this.#options.onDetached();
  }

  tellStatus(status: MixerTells['mixerStatus']): void {
    this.#options.tell('mixerStatus', status);
  }

  readonly #handlers: { readonly [N in keyof MixerAsks]: (params: MixerAsks[N]) => void } = {
    mixerOpen: (params) => this.#open(params),
    mixerSet: ({ endpoint, state }) => this.#set(endpoint, state),
    mixerClose: ({ endpoint }) => this.#endpoints.get(endpoint)?.close(),
    mixerPlay: ({ endpoint, ...wish }) => this.#endpoints.get(endpoint)?.play(wish),
    mixerStop: ({ endpoint, play }) => this.#endpoints.get(endpoint)?.stop(play),
    mixerRoomPlay: ({ room, files }) => this.#playToRoom(room, files),
    mixerRoom: ({ room, ...shown }) => this.#rooms.show(room, shown),
  };

  /** What the pool pins: the room, whichever conference it is. */
  #pinOf(room: string): string {
    return conferenceName('room', this.#options.gateway, this.#options.node, room);
  }

  #open({ endpoint: id, spec, state }: MixerAsks['mixerOpen']): void {
    const known = this.#endpoints.get(id);
    if (known) {
      this.#set(id, state);
      return;
    }
    const { pool, prompts, draw, lease, tell, log } = this.#options;
    const conference = state.room === null ? null : this.#pinOf(state.room);
    const other = spec.bridgedTo === null ? undefined : this.#endpoints.get(spec.bridgedTo);
    const server = other?.server ?? pool.choose(conference);
    if (!server) {
      tell('mixerLost', { endpoint: id, reason: 'No FreeSWITCH is there.' });
      return;
    }
    if (conference !== null) pool.enter(conference, server);
    const endpoint: MixerEndpoint = new MixerEndpoint({
      id,
      spec,
      state,
      server,
      rooms: this.#rooms,
      draw,
      prompts,
      lease,
      tell: (name, params) => {
        if (this.#detached) return;
        tell(name, params);
        if (name === 'mixerLost' && spec.role === 'leg') this.#refuse(spec.seat);
      },
      onUp: () => {
        this.#refused.taken(spec.seat);
        this.#bridge(endpoint);
      },
      onOver: () => {
        this.#endpoints.delete(id);
        this.#leave(endpoint);
      },
      log,
    });
    this.#endpoints.set(id, endpoint);
  }

  #refuse(leg: string): void {
    // One that is up goes on until another can take its place.
    if ([...this.#endpoints.values()].some(({ spec, uuid }) => spec.seat === leg && uuid !== null)) return;
    if (this.#refused.refused(leg, performance.now())) this.#options.onRefused(leg);
  }

  #leave({ state, server }: MixerEndpoint): void {
    if (state.room !== null) this.#options.pool.leave(this.#pinOf(state.room), server);
  }

  #set(id: string, state: EndpointState): void {
    const endpoint = this.#endpoints.get(id);
    if (!endpoint) return;
    const { pool, tell } = this.#options;
    if (state.room !== endpoint.state.room) {
      const isElsewhere = state.room !== null && !pool.enter(this.#pinOf(state.room), endpoint.server);
      this.#leave(endpoint);
      if (isElsewhere) {
        // It goes on alone, with the screen that it has, until another one takes its place there.
        const { look } = state.look?.screen ? state : endpoint.state;
        endpoint.set({ ...state, room: null, look });
        tell('mixerElsewhere', { endpoint: id });
        return;
      }
    }
    endpoint.set(state);
  }

  /** The second of two transcoder endpoints to come up joins them. */
  #bridge(endpoint: MixerEndpoint): void {
    const { bridgedTo } = endpoint.spec;
    const other = bridgedTo === null ? undefined : this.#endpoints.get(bridgedTo);
    if (!other?.uuid || !endpoint.uuid) return;
    endpoint.server.api(`uuid_bridge ${other.uuid} ${endpoint.uuid}`).then(
      (answer) => {
        if (!answer.startsWith('+OK')) endpoint.lose('FreeSWITCH does not bridge it.');
      },
      (error: unknown) => endpoint.lose(messageOf(error)),
    );
  }

  #playToRoom(room: string, files: readonly string[]): void {
    const { pool, prompts, log } = this.#options;
    const conference = this.#rooms.conferenceOf(room);
    const server = pool.serverOf(conference);
    const source = prompts.source(files);
    if (source === null) log.warn({ files }, 'sound for a room is not there');
    if (!server || source === null) return;
    // Its first caller may be on the way in. Laid over the mix at once; the queue of the others is for pictures.
    server.conferences
      .there(conference)
      .then(async (there) => {
        if (there) await server.api(`conference ${conference} play ${source} async`);
      })
      .catch((error: unknown) => log.warn({ cause: messageOf(error) }, 'sound not played to a room'));
  }
}
