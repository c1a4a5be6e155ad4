/** How many packets in a row a new source needs before the stream may move to it. */
const packetsToMove = 5;
/** The old source must have been quiet for this long. */
const quietMs = 250;

/** Whom a stream is latched to; another process that takes the stream over goes on with it. */
export interface LatchedPeer {
  readonly address: string;
  readonly port: number;
  readonly ssrc: number;
}

/**
 * Symmetric RTP (RFC 4961): we answer to where packets come from, since SDP often names an address behind a
 * NAT. The first valid packet decides; the address that SDP named beats it when it speaks up. Afterwards the
 * stream moves only when the same SSRC goes on from elsewhere while the old source is quiet (a NAT that
 * rebinds), so that a stranger can neither be heard nor draw the sound to itself.
 */
export class Latch {
  #expectedAddress = '';
  #expectedPort = 0;
  #latched = false;
  #ssrc = 0;
  #lastHeardMs = 0;
  #candidateAddress = '';
  #candidatePort = 0;
  #candidateCount = 0;
  /** Where to send: what SDP named until something was heard. */
  address = '';
  port = 0;

  /** Null until something was heard. */
  get peer(): LatchedPeer | null {
    return this.#latched ? { address: this.address, port: this.port, ssrc: this.#ssrc } : null;
  }

  /** Whether this is still the peer; for looks that must cost nothing. */
  isPeer(peer: LatchedPeer | null): boolean {
    if (!this.#latched || !peer) return !this.#latched && !peer;
    return peer.port === this.port && peer.ssrc === this.#ssrc && peer.address === this.address;
  }

  /** Takes up what another process had learnt of a peer whom `expect` has named. */
  restore(peer: LatchedPeer, nowMs: number): void {
    this.#move(peer.address, peer.port, peer.ssrc, nowMs);
  }

  /** What offer/answer named. A changed address starts over; the same one keeps what was learnt. */
  expect(address: string, port: number): void {
    if (address === this.#expectedAddress && port === this.#expectedPort) return;
    this.#expectedAddress = this.address = address;
    this.#expectedPort = this.port = port;
    this.#latched = false;
    this.#candidateCount = 0;
  }

  /** The peer has shown that it is there, before any packet: so is answered, until its packets say otherwise. */
  verified(address: string, port: number): void {
    if (this.#latched) return;
    this.address = address;
    this.port = port;
  }

  /** False: `accept` would refuse a packet from there, whatever else; changes nothing. */
  mayAccept(address: string, port: number, ssrc: number): boolean {
    if (!this.#latched || ssrc === this.#ssrc) return true;
    return (
      (port === this.port && address === this.address) ||
      (port === this.#expectedPort && address === this.#expectedAddress)
    );
  }

  /** A valid packet from there: true when it is the peer's. */
  accept(address: string, port: number, ssrc: number, nowMs: number): boolean {
    if (this.#latched && port === this.port && address === this.address) {
      this.#ssrc = ssrc;
      this.#lastHeardMs = nowMs;
      this.#candidateCount = 0;
      return true;
    }
    if (!this.#latched || (port === this.#expectedPort && address === this.#expectedAddress)) {
      return this.#move(address, port, ssrc, nowMs);
    }
    if (ssrc !== this.#ssrc || nowMs - this.#lastHeardMs < quietMs) return false;
    if (port === this.#candidatePort && address === this.#candidateAddress) {
      this.#candidateCount++;
    } else {
      this.#candidateAddress = address;
      this.#candidatePort = port;
      this.#candidateCount = 1;
    }
    return this.#candidateCount >= packetsToMove && this.#move(address, port, ssrc, nowMs);
  }

  #move(address: string, port: number, ssrc: number, nowMs: number): boolean {
    this.#latched = true;
    this.address = address;
    this.port = port;
    this.#ssrc = ssrc;
    this.#lastHeardMs = nowMs;
    this.#candidateCount = 0;
    return true;
  }
}
