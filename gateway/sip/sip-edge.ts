import type {
  CallOut,
  DialogPlace,
  Edge,
  Leg,
  Log,
  NamedSecret,
  OutgoingLeg,
  OwnerlessEnd,
  PartStatus,
  RefusedCall,
  ServerStatus,
  Trunk,
  TrunkState,
} from '../ports.ts';
import type { EndReason } from '../reasons.ts';
import { within } from './deadline.ts';
import { EdgeListener } from './edge-listener.ts';
import type { SipLimits } from './limits.ts';
import { defaultSipLimits } from './limits.ts';
import { byeHeaders } from './reasons.ts';
import type { ListenPlace, ServerPlace } from './server-place.ts';
import { SipCaller } from './sip-caller.ts';
import { SipDoor } from './sip-door.ts';
import type { SipDoorOptions } from './sip-door.ts';
import { SipServer } from './sip-server.ts';
import type { SipStack } from './srf.ts';
import { TrunkPings } from './trunk-pings.ts';

export interface SipEdgeOptions extends SipDoorOptions {
  /** The drachtio servers that we connect to, embedded or real. */
  readonly servers: readonly ServerPlace[];
  /** Where drachtio servers connect to us; none: nowhere. */
  readonly listen?: ListenPlace | null;
  /** By which a server's request handler can choose among gateways. */
  readonly tags?: readonly string[];
  /** Whether the secret and calls go over the Internet without TLS; default: no. */
  readonly plainAnywhere?: boolean;
  /** The embedded edge's process; null: real drachtio-servers. */
  readonly embedded: { readonly pid: () => number | null } | null;
  /** All trunks; those that say so are pinged. None: nobody is. */
  readonly pinged?: () => readonly Trunk[];
  /** Reads the passwords of trunks that ask who calls; rejects when there is none. None: no call out has any. */
  readonly readSecret?: (secret: NamedSecret) => Promise<string>;
  readonly log: Log;
  readonly limits?: Partial<SipLimits>;
}

/** The SIP entrance. */
export function createSipEdge(options: SipEdgeOptions): Edge {
  return new SipEdge(options);
}

class SipEdge implements Edge {
  readonly protocol = 'sip';
  readonly #options: SipEdgeOptions;
  readonly #limits: SipLimits;
  readonly #door: SipDoor;
  readonly #servers: readonly SipServer[];
  readonly #listener: EdgeListener | null;
  readonly #pings: TrunkPings;
  readonly #caller: SipCaller;
  #closing: Promise<void> | null = null;

  constructor(options: SipEdgeOptions) {
    const { tags = [], plainAnywhere = false, listen = null, log } = options;
    const limits = { ...defaultSipLimits, ...options.limits };
    this.#options = options;
    this.#limits = limits;
    this.#door = new SipDoor(options, limits);
    const shared = { tags, limits, log, requests: this.#door.requests.bind(this.#door) };
    this.#servers = options.servers.map((place) => new SipServer({ place, plainAnywhere, ...shared }));
    this.#listener = listen && new EdgeListener({ place: listen, ...shared });
    this.#caller = new SipCaller(
      options,
      limits,
      () => this.#servers.find((server) => server.connection !== null)?.connection ?? null,
    );
    this.#pings = new TrunkPings({
      trunks: options.pinged ?? (() => []),
      stack: () => this.#servers.find((server) => server.stack !== null)?.stack ?? null,
      answerMs: limits.pingMs,
      log,
    });
  }

  /**
   * Resolves when calls can come by all servers; without one also after a while, since a server that starts later,
   * or takes our secret later, is found by itself (see `servers`). Throws `EdgePortTaken`.
   */
  async start(onLeg: (leg: Leg) => void, onRefused: (call: RefusedCall) => void): Promise<void> {
    this.#door.open(onLeg, onRefused);
    await this.#listener?.start();
    const tried = new Set<SipServer>();
    await within<true>(this.#limits.connectMs, null, (settle) => {
      if (this.#servers.length === 0) settle(true);
      for (const server of this.#servers)
        server.start(() => {
          if (tried.add(server).size === this.#servers.length) settle(true);
        });
    });
    this.#pings.start();
  }

  callOut(call: CallOut): OutgoingLeg {
    return this.#caller.callOut(call);
  }

  status(): PartStatus {
    const { embedded } = this.#options;
    const servers = this.servers();
    const up = servers.filter(({ state }) => state === 'up');
    const starting = servers.some(({ state }) => state === 'starting');
    const told = (up.length > 0 ? up : servers).map(({ detail }) => detail);
    // Our own edge listens where the configuration says; where somebody else's does, only it can tell.
    const detail =
      embedded && up.length > 0 ? '' : told.filter((text) => text !== '').join(up.length > 0 ? ',' : '; ');
    return {
      state: up.length > 0 ? 'up' : starting ? 'starting' : 'down',
      embedded: embedded !== null,
      version: up.find(({ version }) => version !== null)?.version ?? null,
      pid: embedded?.pid() ?? null,
      ...(detail === '' ? {} : { detail }),
    };
  }

  servers(): readonly ServerStatus[] {
    return [...this.#servers.map((server) => server.status()), ...(this.#listener?.status() ?? [])];
  }

  trunks(): readonly TrunkState[] {
    return this.#pings.states();
  }

  async endOwnerless({ server, dialog }: DialogPlace, reason: EndReason): Promise<OwnerlessEnd> {
    const named = this.#servers.filter(({ place }) => place.name === server || place.host === server);
    // By a connection of theirs came what has an address only; a dialog's name is nobody else's.
    const asked = named.length > 0 ? named : this.#servers;
    let outcome: OwnerlessEnd = 'no-server';
    for (const { stack } of asked) {
      if (stack === null) continue;
      outcome = (await this.#bye(stack, dialog, reason)) === null ? 'no-dialog' : 'told';
      if (outcome === 'told') break;
    }
    return outcome;
  }

  /** Status of its answer; null: the server has no such dialog. */
  #bye(stack: SipStack, dialog: string, reason: EndReason): Promise<number | null> {
    const options = { method: 'BYE', stackDialogId: dialog, headers: byeHeaders(reason) };
    return within<number | null>(this.#limits.hangUpMs, null, (settle) =>
      stack.request('sip:placeholder', options, settle),
    );
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#pings.close();
    await Promise.all([this.#door.close(), this.#caller.close()]);
    this.#listener?.close();
    for (const server of this.#servers) server.close();
  }
}
