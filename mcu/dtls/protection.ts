import type { SrtpProfile } from '../ports.ts';
import { Checkpoints } from '../srtp/checkpoints.ts';
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
  readonly #checkpoints = new Checkpoints();
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
    if (this.#rtp) {
      this.#onNewKey();
      this.#checkpoints.clear();
    }
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
    if (!this.#rtp) return null;
    const { streams } = this.#rtp.receive.checkpoint();
    const reports = this.#rtcp?.receive.checkpoint().streams ?? [];
    const rtcpIndexOf = (ssrc: number) => reports.find((stream) => stream.ssrc === ssrc)?.rtcpIndex ?? -1;
    return this.#checkpoints.take({
      streams: streams.map((stream) => ({ ...stream, rtcpIndex: rtcpIndexOf(stream.ssrc) })),
    });
  }

  restore(checkpoint: SrtpCheckpoint): void {
    if (!this.#rtp) return;
    this.#checkpoints.restore(checkpoint);
    this.#rtp.receive.restore(checkpoint);
    if (this.#rtcp && this.#rtcp !== this.#rtp) this.#rtcp.receive.restore(checkpoint);
  }
}
