import type { SrtpProfile } from '../ports.ts';
import { createSrtpContext } from '../srtp/context.ts';
import { protectTo } from '../srtp/outgoing.ts';
import type { Protection } from '../srtp/protection.ts';
import { srtpFailure } from '../srtp/types.ts';
import type { SrtpCheckpoint, SrtpContext } from '../srtp/types.ts';
import type { SrtpKeys } from './srtp-profiles.ts';

interface Contexts {
  readonly profile: SrtpProfile;
  readonly send: SrtpContext;
  readonly receive: SrtpContext;
}

/**
 * A leg's SRTP under the keys of its DTLS handshakes (RFC 5764). Before there are any, nothing leaves and nothing
 * enters; those of a later handshake take their place at once.
 */
export class DtlsProtection implements Protection {
  readonly #onNewKey: () => void;
  #rtp: Contexts | null = null;
  #rtcp: Contexts | null = null;

  /** `onNewKey`: what is sent from now on is under another key, and has to begin anew with another SSRC. */
  constructor(onNewKey: () => void) {
    this.#onNewKey = onNewKey;
  }

  get name(): string {
    return this.#rtp ? `dtls-srtp/${this.#rtp.profile}` : 'dtls-srtp';
  }

  /** A handshake is done. RTCP on a port of its own has one of its own (RFC 5764 §3). */
  setKeys(flow: 'rtp' | 'rtcp' | 'both', { profile, send, receive }: SrtpKeys): void {
    const contexts = {
      profile,
      send: createSrtpContext({ profile, keys: [send] }),
      receive: createSrtpContext({ profile, keys: [receive] }),
    };
    if (flow !== 'rtp') this.#rtcp = contexts;
    if (flow === 'rtcp') return;
    if (this.#rtp) this.#onNewKey();
    this.#rtp = contexts;
  }

  protectRtp(packet: Buffer): Buffer | null {
    return this.#rtp && protectTo(this.#rtp.send, 'protectRtp', packet);
  }

  protectRtcp(packet: Buffer): Buffer | null {
    return this.#rtcp && protectTo(this.#rtcp.send, 'protectRtcp', packet);
  }

  unprotectRtp(packet: Buffer): number {
    return this.#rtp?.receive.unprotectRtp(packet) ?? srtpFailure.authentication;
  }

  unprotectRtcp(packet: Buffer): number {
    return this.#rtcp?.receive.unprotectRtcp(packet) ?? srtpFailure.authentication;
  }

  tick(): void {
    // Keys change by handshakes only.
  }

  takeCheckpoint(): SrtpCheckpoint | null {
    return null;
  }
}
