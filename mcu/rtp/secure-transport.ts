import { DtlsProtection } from '../dtls/protection.ts';
import type { LegSecurity } from '../ports.ts';
import type { Protection } from '../srtp/protection.ts';
import { SdesProtection } from '../srtp/sdes-protection.ts';
import type { SrtpCheckpoint } from '../srtp/types.ts';
import type { LatchedPeer } from './latch.ts';
import type { Component, PathCheckpoint, RemoteTransport } from './media-path.ts';
import type { PortPair } from './ports.ts';
import { RtpTransport } from './transport.ts';
import type { TransportEvents, TransportOptions } from './transport.ts';

export interface SecureTransportEvents extends Omit<TransportEvents, 'onKeys'> {
  /** What is sent from now on is under another key: its streams have to begin anew, with other SSRCs. */
  readonly onNewKey: () => void;
  /** How far the peer's streams have come, when it is by much. */
  readonly onSrtp: (checkpoint: SrtpCheckpoint) => void;
}

/** The way to one peer and what encrypts it: keys from signalling, or from the handshakes on the way itself. */
export class SecureTransport {
  /** For streams: what they send is encrypted, what they get was. */
  readonly transport: RtpTransport;
  readonly #options: TransportOptions;
  readonly #events: SecureTransportEvents;
  #sdes: SdesProtection | null = null;
  #dtls: DtlsProtection | null = null;
  #rtcpMux = false;

  constructor(pair: PortPair, options: TransportOptions, events: SecureTransportEvents) {
    this.#options = options;
    this.#events = events;
    this.transport = new RtpTransport(pair, options, {
      ...events,
      onKeys: (component, keys) => this.#dtls?.setKeys(this.#flowOf(component), keys),
    });
  }

  /** What offer/answer settled. */
  connect(remote: RemoteTransport): void {
    // Before anything is sent: what was agreed to be encrypted never leaves in plain.
    this.#secure(remote.security);
    this.#rtcpMux = remote.rtcpMux === true;
    this.transport.connect(remote);
  }

  /** What another process had found and agreed; before `connect`. */
  restorePath(path: PathCheckpoint): void {
    this.transport.restorePath(path);
  }

  /** Goes on as another process had come (null: not yet, or in plain); after `connect`. */
  restore(peer: LatchedPeer | null, silent: boolean, srtp: SrtpCheckpoint | null): void {
    this.transport.restore(peer, silent);
    if (srtp) this.#protection?.restore(srtp);
  }

  /** To be called a few times a second. */
  tick(): void {
    this.transport.tick();
    const checkpoint = this.#protection?.takeCheckpoint();
    if (checkpoint) this.#events.onSrtp(checkpoint);
  }

  /** Frees the ports. Idempotent. */
  close(): void {
    this.transport.close();
  }

  #secure(security: LegSecurity | undefined): void {
    const { onNewKey } = this.#events;
    if (security?.kind === 'dtls') {
      this.#sdes = null;
      this.#dtls ??= new DtlsProtection(onNewKey);
    } else if (security) {
      this.#dtls = null;
      const { send, receive } = security;
      if (this.#sdes) this.#sdes.rekey(send, receive);
      else this.#sdes = new SdesProtection(send, receive, this.#options.now, { onNewKey });
    } else this.#sdes = this.#dtls = null;
    this.transport.secure(this.#protection);
  }

  get #protection(): Protection | null {
    return this.#sdes ?? this.#dtls;
  }

  #flowOf(component: Component): 'rtp' | 'rtcp' | 'both' {
    if (component === 2) return 'rtcp';
    return this.#rtcpMux ? 'both' : 'rtp';
  }
}
