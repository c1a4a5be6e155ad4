import { DtlsAssociation, isSamePlace } from '../dtls/association.ts';
import type { DtlsOptions, Place } from '../dtls/association.ts';
import type { DtlsIdentity } from '../dtls/identity.ts';
import { DtlsListener } from '../dtls/listener.ts';
import { isDtls } from '../dtls/records.ts';
import { readSrtpKeys, writeSrtpKeys } from '../dtls/srtp-profiles.ts';
import type { SrtpKeys, SrtpKeysText } from '../dtls/srtp-profiles.ts';
import { IceAgent } from '../ice/agent.ts';
import type { IceCheckpoint } from '../ice/checkpoint.ts';
import { isStun } from '../ice/stun.ts';
import type { LegIce, LegMediaConfig, LegSecurity } from '../ports.ts';
import { canonicalAddress, isSpecified } from './addresses.ts';

/** RTP's component, and RTCP's where it has a port of its own (RFC 8445 §5.1). */
export type Component = 1 | 2;

export type PathFailure = 'no-media-path' | 'encryption-failed';

/**
 * What was found and agreed, so that another process can go on; JSON. Each part holds as long as its `id`, which is
 * made of what offer/answer settled, stays the same.
 */
export interface PathCheckpoint {
  readonly ice: (IceCheckpoint & { readonly id: string }) | null;
  readonly dtls: { readonly id: string; readonly keys: readonly ComponentKeys[] } | null;
}

export interface ComponentKeys extends SrtpKeysText {
  readonly component: Component;
}

export interface MediaPathOptions {
  readonly identity: DtlsIdentity;
  readonly iceMode: 'full' | 'lite';
  /** Monotonic ms. */
  readonly now: () => number;
  /** Null: to wherever the component's media goes at present. */
  readonly send: (component: Component, datagram: Buffer, to: Place | null) => void;
  /** Where the component's media goes at present; null: nowhere. */
  readonly placeOf: (component: Component) => Place | null;
  readonly events: MediaPathEvents;
}

export interface MediaPathEvents {
  /** The component's packets go there from now on. */
  readonly onPlace: (component: Component, place: Place) => void;
  readonly onKeys: (component: Component, keys: SrtpKeys) => void;
  /** A place was selected or keys were agreed. Secret. */
  readonly onCheckpoint: (checkpoint: PathCheckpoint) => void;
  /** Once: there will be no media. `detail`: a sentence for the log. */
  readonly onFailed: (failure: PathFailure, detail: string) => void;
  /** Nothing more may be sent; the peer does not answer any more (RFC 7675). */
  readonly onConsentLost: () => void;
}

/** Long enough for a slow network and a person's phone, short of a caller's patience. */
const connectWithinMs = 30_000;

type DtlsSecurity = Extract<LegSecurity, { kind: 'dtls' }>;

/** What of a leg's configuration is about its way to the peer. */
export type RemoteTransport = Pick<
  LegMediaConfig,
  'remote' | 'security' | 'ice' | 'rtcpMux' | 'direction' | 'confirmed'
>;

/**
 * The work before media: ICE finds the way to the peer, DTLS agrees on keys over it. Both speak on the sockets that
 * carry the media; RFC 7983 tells their datagrams apart.
 */
export class MediaPath {
  readonly #options: MediaPathOptions;
  #ice: { readonly agent: IceAgent; readonly id: string } | null = null;
  #dtls: {
    readonly components: readonly (DtlsAssociation | DtlsListener | null)[];
    id: string;
    readonly keys: ComponentKeys[];
  } | null = null;
  /** Where another process stopped. */
  #before: PathCheckpoint | null = null;
  #remote: LegMediaConfig['remote'] | null = null;
  #deadline: NodeJS.Timeout | undefined;
  #closed = false;
  /** STUN and DTLS of strangers. */
  #dropped = 0;

  constructor(options: MediaPathOptions) {
    this.#options = options;
  }

  /** Whether ICE decides where media goes. */
  get hasIce(): boolean {
    return this.#ice !== null;
  }

  get dropped(): number {
    const associations = this.#dtls?.components ?? [];
    return (
      this.#dropped +
      (this.#ice?.agent.dropped ?? 0) +
      associations.reduce((sum, association) => sum + (association?.dropped ?? 0), 0)
    );
  }

  /** What offer/answer settled. The same again keeps what was found and agreed (RFC 8842 §5, RFC 8445 §9). */
  configure(config: RemoteTransport): void {
    const { security, ice, rtcpMux = false, remote } = config;
    const components = rtcpMux ? 1 : 2;
    this.#remote = { ...remote, address: canonicalAddress(remote.address) };
    this.#configureIce(ice, components);
    if (security?.kind === 'dtls') this.#configureDtls(security, config, components);
    else this.#endDtls();
    this.#before = null;
  }

  /** Goes on where another process stopped; before the first `configure`. */
  restore(checkpoint: PathCheckpoint): void {
    this.#before = checkpoint;
  }

  /** Whether media from there is the peer's, with ICE. */
  isPeer(component: Component, { address, port }: Place): boolean {
    return this.#ice?.agent.isPeer(component, address, port) ?? false;
  }

  /** A datagram that is no media; false: nor is it STUN or DTLS. */
  receive(component: Component, datagram: Buffer, from: Place): boolean {
    if (isStun(datagram)) {
      if (this.#ice) this.#ice.agent.receive(component, datagram, from.address, from.port);
      else this.#dropped++;
    } else if (isDtls(datagram)) {
      const association = this.#dtls?.components[component - 1];
      if (association) association.receive(datagram, from);
      else this.#dropped++;
    } else return false;
    return true;
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#ice?.agent.tick();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#deadline);
    this.#ice?.agent.close();
    this.#endDtls();
  }

  #configureIce(ice: LegIce | undefined, components: Component): void {
    const id = JSON.stringify([ice?.local, ice?.remote.ufrag, ice?.remote.pwd, components]);
    if (ice && this.#ice?.id === id) return;
    this.#ice?.agent.close();
    this.#ice = null;
    clearTimeout(this.#deadline);
    if (!ice) return;
    const { events, iceMode, now, send } = this.#options;
    const agent = new IceAgent({
      mode: iceMode,
      ...ice,
      components,
      now,
      send: (component, bytes, address, port) => send(component as Component, bytes, { address, port }),
      onSelected: (component, address, port) => {
        events.onPlace(component as Component, { address, port });
        this.#dtls?.components[component - 1]?.start();
        this.#tell();
      },
      onConnected: () => clearTimeout(this.#deadline),
      onConsentLost: events.onConsentLost,
    });
    this.#ice = { agent, id };
    this.#deadline = setTimeout(
      () => this.#fail('no-media-path', 'ICE found no way to the peer.'),
      connectWithinMs,
    );
    const before = this.#before?.ice;
    if (before?.id === id) agent.resume(before);
    else agent.start();
  }

  #configureDtls(security: DtlsSecurity, config: RemoteTransport, components: Component): void {
    const { ice, remote, direction, confirmed = true } = config;
    const { setup, fingerprints, tlsId } = security;
    const agreed = JSON.stringify([setup, fingerprints, tlsId, components]);
    const held = !isSpecified(remote.address);
    const place = ice ? 'ice' : held ? '' : `${remote.address} ${remote.rtpPort}`;
    const next = nextId((this.#dtls ?? this.#before?.dtls)?.id, agreed, place);
    if (this.#dtls && next.goesOn) this.#dtls.id = next.id;
    else {
      this.#endDtls();
      this.#beginDtls(next.id, next.goesOn, security, components);
    }
    if (ice) return;
    // A ClientHello to a place that nobody has confirmed would make us an amplifier. And who is on hold has time:
    // some devices shake hands only when media is to flow.
    const due = confirmed && !held && direction !== 'inactive';
    for (const association of this.#dtls?.components ?? []) {
      if (due) association?.start();
      else association?.listen();
    }
  }

  /** Keys that another process agreed on hold without its association: nothing but media is ever sent under it. */
  #beginDtls(id: string, goesOn: boolean, security: DtlsSecurity, components: Component): void {
    const keys = goesOn ? [...(this.#before?.dtls?.keys ?? [])] : [];
    const has = (component: Component) => keys.some((one) => one.component === component);
    const associations = ([1, 2] as const).map((component) =>
      component > components || has(component) ? null : this.#associate(security, component),
    );
    this.#dtls = { id, components: associations, keys };
    for (const one of keys) this.#options.events.onKeys(one.component, readSrtpKeys(one));
    if (keys.length > 0) this.#tell();
  }

  #associate({ setup, fingerprints }: DtlsSecurity, component: Component): DtlsAssociation | DtlsListener {
    const { identity, send, placeOf, events } = this.#options;
    const options: Omit<DtlsOptions, 'isPeer' | 'onVerified'> = {
      setup,
      identity,
      fingerprints,
      deadlineMs: connectWithinMs,
      send: (datagram, to) => send(component, datagram, to),
      onKeys: (keys) => {
        this.#dtls?.keys.push({ component, ...writeSrtpKeys(keys) });
        events.onKeys(component, keys);
        this.#tell();
      },
      onFailed: (failure, detail) => {
        // Without RTCP a call can be heard.
        if (component === 1) this.#fail('encryption-failed', `${detail} (${failure})`);
      },
    };
    if (setup === 'passive' && !this.#ice) {
      return new DtlsListener({
        ...options,
        isNamed: (place) => this.#isNamed(component, place),
        onVerified: (place) => events.onPlace(component, place),
      });
    }
    return new DtlsAssociation({
      ...options,
      // RFC 5764 §3: an association is of one pair of places, so answers come from where the hello went to. With ICE
      // it is whoever has shown the password there.
      isPeer: (from) => {
        if (this.#ice) return this.isPeer(component, from);
        const place = placeOf(component);
        return place !== null && isSamePlace(place, from);
      },
      onVerified: () => undefined,
    });
  }

  #isNamed(component: Component, place: Place): boolean {
    if (!this.#remote) return false;
    const { address, rtpPort, rtcpPort } = this.#remote;
    return isSamePlace({ address, port: component === 1 ? rtpPort : rtcpPort }, place);
  }

  #endDtls(): void {
    for (const association of this.#dtls?.components ?? []) association?.close();
    this.#dtls = null;
  }

  #tell(): void {
    const [ice, dtls] = [this.#ice, this.#dtls];
    this.#options.events.onCheckpoint({
      ice: ice && { id: ice.id, ...ice.agent.checkpoint },
      dtls: dtls && { id: dtls.id, keys: dtls.keys },
    });
  }

  #fail(failure: PathFailure, detail: string): void {
    if (this.#closed) return;
    this.close();
    this.#options.events.onFailed(failure, detail);
  }
}

/**
 * The id of an association by what both ends agreed on and the peer's place, and whether the one before goes on under
 * it. RFC 8842 §4: without ICE another place is another association. A held call's 0.0.0.0 or :: (empty) is no place:
 * the association stays at its own, or gets one when the call is resumed.
 */
function nextId(before: string | undefined, agreed: string, place: string): { id: string; goesOn: boolean } {
  const id = `${agreed} ${place}`;
  const nowhere = `${agreed} `;
  if (before?.startsWith(nowhere) !== true) return { id, goesOn: false };
  if (place === '') return { id: before, goesOn: true };
  return { id, goesOn: before === id || (before === nowhere && place !== 'ice') };
}
