import type { Place } from '../dtls/association.ts';
import { canonicalAddress, isSpecified } from './addresses.ts';
import { Latch } from './latch.ts';
import type { LatchedPeer } from './latch.ts';
import type { Component, RemoteTransport } from './media-path.ts';

/** Where a peer's RTP and RTCP are: as ICE found; without ICE as its packets show, until then as signalling said. */
export class PeerPlaces {
  readonly #latch = new Latch();
  /** Null: ICE has found nothing, or the peer's consent is gone. */
  readonly #found: [rtp: Place | null, rtcp: Place | null] = [null, null];
  #byIce = false;
  #namedAddress = '';
  #namedRtcpPort = 0;
  #rtcpAddress = '';
  #rtcpPort = 0;
  #rtcpHeard = false;

  /** What offer/answer settled; what was learnt holds as long as that stays the same. */
  expect({ remote, ice }: RemoteTransport): void {
    const address = canonicalAddress(remote.address);
    this.#latch.expect(address, remote.rtpPort);
    if (this.#namedAddress !== address || this.#namedRtcpPort !== remote.rtcpPort) {
      this.#rtcpAddress = address;
      this.#rtcpPort = remote.rtcpPort;
      this.#rtcpHeard = false;
    }
    this.#namedAddress = address;
    this.#namedRtcpPort = remote.rtcpPort;
    this.#byIce = ice !== undefined;
    if (!this.#byIce) this.#found.fill(null);
  }

  /** Whom another process had latched; after `expect`. */
  restore(peer: LatchedPeer, nowMs: number): void {
    this.#latch.restore(peer, nowMs);
  }

  /** Whose packets were heard, without ICE; null: nobody's yet. */
  get peer(): LatchedPeer | null {
    return this.#latch.peer;
  }

  /** Whether this is still the peer; for looks that must cost nothing. */
  isPeer(peer: LatchedPeer | null): boolean {
    return this.#latch.isPeer(peer);
  }

  /** Where a component's packets go; null: nowhere now. RFC 3264 §8.4: the old way to hold a call is 0.0.0.0. */
  of(component: Component): Place | null {
    if (this.#byIce) return this.#found[component - 1];
    const place = component === 1 ? this.#latch : this.#rtcpPlace();
    return isSpecified(place.address) ? place : null;
  }

  /** ICE has selected the place, or a handshake was made there. */
  found(component: Component, place: Place): void {
    if (this.#byIce) this.#found[component - 1] = place;
    else if (component === 1) this.#latch.verified(place.address, place.port);
    else this.heardRtcp(place);
  }

  /** The peer does not want anything any more (RFC 7675 §5.1). */
  lose(): void {
    this.#found.fill(null);
  }

  /** False: `accept` would refuse a packet from there, whatever else; changes nothing. Without ICE. */
  mayAccept({ address, port }: Place, ssrc: number): boolean {
    return this.#latch.mayAccept(address, port, ssrc);
  }

  /** A valid RTP packet from there: true when it is the peer's. Without ICE. */
  accept({ address, port }: Place, ssrc: number, nowMs: number): boolean {
    return this.#latch.accept(address, port, ssrc, nowMs);
  }

  /** Whether reports from there may be the peer's. Without ICE. */
  mayReport(address: string): boolean {
    return address === this.#latch.address || address === this.#namedAddress;
  }

  /** The peer's RTCP comes from there, on a port of its own. Without ICE. */
  heardRtcp({ address, port }: Place): void {
    this.#rtcpAddress = address;
    this.#rtcpPort = port;
    this.#rtcpHeard = true;
  }

  #rtcpPlace(): Place {
    // Whose RTP comes from elsewhere than it said most likely has its RTCP beside it.
    const moved = !this.#rtcpHeard && this.#latch.address !== this.#rtcpAddress;
    return moved
      ? { address: this.#latch.address, port: this.#latch.port + 1 }
      : { address: this.#rtcpAddress, port: this.#rtcpPort };
  }
}
