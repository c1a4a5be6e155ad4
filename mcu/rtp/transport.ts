import type { RemoteInfo, Socket } from 'node:dgram';
import type { Protection } from '../srtp/protection.ts';
import { srtpFailure } from '../srtp/types.ts';
import { Latch } from './latch.ts';
import type { LatchedPeer } from './latch.ts';
import { isRtcp, newRtpView, parseRtp, readUint32, rtpHeaderBytes } from './packet.ts';
import type { RtpView } from './packet.ts';
import type { PortPair } from './ports.ts';

/** What takes a transport's packets: a stream, or something that deals them out to several. */
export interface MediaSink {
  /** Whether packets of that type are wanted; others don't even tell where the peer is. */
  takes(payloadType: number): boolean;
  /** A packet of the peer's. Whoever takes the packet owns it; the view is only good for the call. */
  onRtp(packet: Buffer, view: RtpView, nowMs: number): void;
  /** A compound packet of the peer's. False: it was malformed. */
  onRtcp(packet: Buffer): boolean;
}

export interface TransportEvents {
  /** Where the peer is was learnt or has changed; told a moment later. */
  readonly onPeer: (peer: LatchedPeer) => void;
  /** Nothing at all has come for that long; told once until something comes. */
  readonly onSilent: (ms: number) => void;
  /** After `onSilent`: something has come, RTP or RTCP, or signalling has named the peer anew. */
  readonly onHeard: () => void;
}

export interface TransportOptions {
  readonly silenceMs: number;
  /** Monotonic ms. */
  readonly now: () => number;
}

export interface RemoteTransport {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

/**
 * The way to one peer and back: two sockets, who may speak to them, whether somebody does. What the packets say
 * is their streams' business. All packets in go through `#onRtp` and `#onRtcp`, all packets out through `sendRtp`
 * and `sendRtcp`.
 */
export class RtpTransport {
  readonly #pair: PortPair;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #options: TransportOptions;
  readonly #events: TransportEvents;
  readonly #latch = new Latch();
  readonly #view = newRtpView();
  #sink: MediaSink | null = null;
  /** Null: packets are what they seem. */
  #protection: Protection | null = null;
  /** What signalling named; null: nobody is known yet. */
  #remote: RemoteTransport | null = null;
  #rtcpAddress = '';
  #rtcpPort = 0;
  #rtcpHeard = false;
  #lastLifeMs = 0;
  #silentTold = false;
  #toldPeer: LatchedPeer | null = null;
  #closed = false;
  /** Packets that went no further, by cause. */
  readonly dropped = { stranger: 0, malformed: 0, payloadType: 0, unauthentic: 0, replayed: 0 };

  constructor(pair: PortPair, options: TransportOptions, events: TransportEvents) {
    this.#pair = pair;
    this.#rtp = pair.rtp;
    this.#rtcp = pair.rtcp;
    this.#options = options;
    this.#events = events;
    // Not connected to the peer: strangers must be counted and a peer that moved must be heard. It costs
    // 1.5 µs a packet.
    this.#rtp.on('message', (packet, from) => this.#onRtp(packet, from));
    this.#rtcp.on('message', (packet, from) => this.#onRtcp(packet, from, true));
    // An unreachable peer is noticed by its silence.
    this.#rtp.on('error', () => undefined);
    this.#rtcp.on('error', () => undefined);
  }

  deliverTo(sink: MediaSink): void {
    this.#sink = sink;
  }

  /** From now on nothing leaves or enters but through this; null: plain RTP. */
  secure(protection: Protection | null): void {
    this.#protection = protection;
  }

  /** As statistics name it. */
  get encryption(): string {
    return this.#protection?.name ?? 'none';
  }

  /** Where the peer said it receives; what was learnt of it holds as long as that stays the same. */
  connect(remote: RemoteTransport): void {
    const last = this.#remote;
    const { address, rtpPort, rtcpPort } = remote;
    this.#latch.expect(address, rtpPort);
    if (last?.address !== address || last.rtcpPort !== rtcpPort) {
      this.#rtcpAddress = address;
      this.#rtcpPort = rtcpPort;
      this.#rtcpHeard = false;
    }
    this.#remote = remote;
    this.#alive(this.#options.now());
  }

  /** Goes on where another process had latched the peer (null: not yet) and told of its silence; after `connect`. */
  restore(peer: LatchedPeer | null, silent: boolean): void {
    this.#silentTold = silent;
    if (!peer) return;
    this.#toldPeer = peer;
    this.#latch.restore(peer, this.#options.now());
  }

  /** False while nothing can be sent. RFC 3264 §8.4: the old way to hold a call is the address 0.0.0.0. */
  get open(): boolean {
    return !this.#closed && isSpecified(this.#latch.address);
  }

  sendRtp(packet: Buffer): void {
    if (!this.open) return;
    const wire = this.#protection ? this.#protection.protectRtp(packet) : packet;
    if (wire) this.#rtp.send(wire, this.#latch.port, this.#latch.address);
  }

  sendRtcp(packet: Buffer): void {
    if (this.#closed) return;
    // Whose RTP comes from elsewhere than it said most likely has its RTCP beside it.
    const moved = !this.#rtcpHeard && this.#latch.address !== this.#rtcpAddress;
    const address = moved ? this.#latch.address : this.#rtcpAddress;
    if (!isSpecified(address)) return;
    const wire = this.#protection ? this.#protection.protectRtcp(packet) : packet;
    if (wire) this.#rtcp.send(wire, moved ? this.#latch.port + 1 : this.#rtcpPort, address);
  }

  /** To be called a few times a second: silence, the peer's whereabouts. */
  tick(): void {
    this.#protection?.tick();
    if (!this.#latch.isPeer(this.#toldPeer)) {
      this.#toldPeer = this.#latch.peer;
      if (this.#toldPeer) this.#events.onPeer(this.#toldPeer);
    }
    const quietMs = this.#options.now() - this.#lastLifeMs;
    if (this.#remote && !this.#silentTold && quietMs >= this.#options.silenceMs) {
      this.#silentTold = true;
      this.#events.onSilent(Math.round(quietMs));
    }
  }

  /** Frees the ports. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pair.close();
  }

  #onRtp(wire: Buffer, from: RemoteInfo): void {
    if (isRtcp(wire)) {
      this.#onRtcp(wire, from, false);
      return;
    }
    const sink = this.#sink;
    if (!sink || !this.#remote) {
      // Nobody is known yet: media that is earlier than its answer.
      this.dropped.stranger++;
      return;
    }
    const packet = this.#protection ? this.#uncoverRtp(this.#protection, wire, from) : wire;
    if (!packet) return;
    const view = this.#view;
    if (!parseRtp(packet, view)) {
      this.dropped.malformed++;
      return;
    }
    if (!sink.takes(view.payloadType)) {
      this.dropped.payloadType++;
      return;
    }
    const nowMs = this.#options.now();
    if (!this.#latch.accept(from.address, from.port, view.ssrc, nowMs)) {
      this.dropped.stranger++;
      return;
    }
    this.#alive(nowMs);
    sink.onRtp(packet, view, nowMs);
  }

  #onRtcp(wire: Buffer, from: RemoteInfo, ownPort: boolean): void {
    const { address } = from;
    const sink = this.#sink;
    if (!sink || !this.#remote || (address !== this.#latch.address && address !== this.#remote.address)) {
      this.dropped.stranger++;
      return;
    }
    const protection = this.#protection;
    const packet = protection ? this.#uncovered(wire, protection.unprotectRtcp(wire)) : wire;
    if (!packet) return;
    if (!sink.onRtcp(packet)) {
      this.dropped.malformed++;
      return;
    }
    this.#alive(this.#options.now());
    if (!ownPort) return;
    this.#rtcpAddress = address;
    this.#rtcpPort = from.port;
    this.#rtcpHeard = true;
  }

  /** Null: it was dropped. A stranger's packets are not worth the deciphering. */
  #uncoverRtp(protection: Protection, wire: Buffer, { address, port }: RemoteInfo): Buffer | null {
    if (wire.length < rtpHeaderBytes) {
      this.dropped.malformed++;
      return null;
    }
    if (!this.#latch.mayAccept(address, port, readUint32(wire, 8))) {
      this.dropped.stranger++;
      return null;
    }
    return this.#uncovered(wire, protection.unprotectRtp(wire));
  }

  #uncovered(wire: Buffer, length: number): Buffer | null {
    if (length >= 0) return wire.subarray(0, length);
    if (length === srtpFailure.replay) this.dropped.replayed++;
    else if (length === srtpFailure.malformed) this.dropped.malformed++;
    else this.dropped.unauthentic++;
    return null;
  }

  #alive(nowMs: number): void {
    this.#lastLifeMs = nowMs;
    if (!this.#silentTold) return;
    this.#silentTold = false;
    this.#events.onHeard();
  }
}

function isSpecified(address: string): boolean {
  return address !== '0.0.0.0' && address !== '::';
}
