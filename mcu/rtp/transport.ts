import type { RemoteInfo, Socket } from 'node:dgram';
import type { Place } from '../dtls/association.ts';
import type { Protection } from '../srtp/protection.ts';
import { srtpFailure } from '../srtp/types.ts';
import { MappedAddresses } from './addresses.ts';
import type { LatchedPeer } from './latch.ts';
import { MediaPath } from './media-path.ts';
import type {
  Component,
  MediaPathEvents,
  MediaPathOptions,
  PathCheckpoint,
  RemoteTransport,
} from './media-path.ts';
import { isRtcp, newRtpView, parseRtp, readUint32, rtpHeaderBytes } from './packet.ts';
import type { RtpView } from './packet.ts';
import { PeerPlaces } from './peer-places.ts';
import type { PortPair } from './ports.ts';
import { Silence } from './silence.ts';
import type { SilenceEvents } from './silence.ts';

/** What takes a transport's packets: a stream, or something that deals them out to several. */
export interface MediaSink {
  /** Whether packets of that type are wanted; others don't even tell where the peer is. */
  takes(payloadType: number): boolean;
  /** A packet of the peer's. Whoever takes the packet owns it; the view is only good for the call. */
  onRtp(packet: Buffer, view: RtpView, nowMs: number): void;
  /** A compound packet of the peer's. False: it was malformed. */
  onRtcp(packet: Buffer): boolean;
}

export interface TransportEvents
  extends Pick<MediaPathEvents, 'onKeys' | 'onCheckpoint' | 'onFailed'>, SilenceEvents {
  /** Where the peer is was learnt or has changed; told a moment later. */
  readonly onPeer: (peer: LatchedPeer) => void;
}

export interface TransportOptions extends Pick<MediaPathOptions, 'identity' | 'iceMode' | 'now'> {
  readonly silenceMs: number;
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
  readonly #places = new PeerPlaces();
  readonly #silence: Silence;
  readonly #mapped = new MappedAddresses();
  readonly #path: MediaPath;
  readonly #view = newRtpView();
  #sink: MediaSink | null = null;
  /** Null: packets are what they seem. */
  #protection: Protection | null = null;
  /** What signalling named; null: nobody is known yet. */
  #remote: RemoteTransport | null = null;
  #toldPeer: LatchedPeer | null = null;
  #closed = false;
  readonly #dropped = { stranger: 0, malformed: 0, payloadType: 0, unauthentic: 0, replayed: 0 };

  constructor(pair: PortPair, options: TransportOptions, events: TransportEvents) {
    this.#pair = pair;
    this.#rtp = pair.rtp;
    this.#rtcp = pair.rtcp;
    this.#options = options;
    this.#events = events;
    this.#silence = new Silence(options.silenceMs, events);
    // Not connected to the peer: strangers must be counted and a peer that moved must be heard. It costs
    // 1.5 µs a packet.
    this.#rtp.on('message', (datagram, from) => this.#receive(1, datagram, from));
    this.#rtcp.on('message', (datagram, from) => this.#receive(2, datagram, from));
    // An unreachable peer is noticed by its silence.
    this.#rtp.on('error', () => undefined);
    this.#rtcp.on('error', () => undefined);
    this.#path = new MediaPath({
      ...options,
      send: (component, datagram, to) => this.#send(component, datagram, to),
      placeOf: (component) => this.#places.of(component),
      events: {
        ...events,
        onPlace: (component, place) => this.#places.found(component, place),
        onConsentLost: () => this.#onConsentLost(),
      },
    });
  }

  /** Packets that went no further, by cause. */
  get dropped() {
    return { ...this.#dropped, stranger: this.#dropped.stranger + this.#path.dropped };
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

  /** What offer/answer settled; what was learnt of the peer holds as long as that stays the same. */
  connect(remote: RemoteTransport): void {
    this.#places.expect(remote);
    this.#remote = remote;
    this.#silence.heard(this.#options.now());
    this.#path.configure(remote);
  }

  /** What another process had found and agreed; before `connect`. */
  restorePath(path: PathCheckpoint): void {
    this.#path.restore(path);
  }

  /** Goes on where another process had latched the peer (null: not yet) and told of its silence; after `connect`. */
  restore(peer: LatchedPeer | null, silent: boolean): void {
    this.#silence.restore(silent);
    if (!peer) return;
    this.#toldPeer = peer;
    this.#places.restore(peer, this.#options.now());
  }

  /** False while nothing can be sent. */
  get open(): boolean {
    return !this.#closed && this.#places.of(1) !== null;
  }

  /** Gives what went out, lent until the next packet: what was sent before can't be encrypted again. Null: nothing did. */
  sendRtp(packet: Buffer): Buffer | null {
    const place = this.#places.of(1);
    if (this.#closed || !place) return null;
    const wire = this.#protection ? this.#protection.protectRtp(packet) : packet;
    if (wire) this.#rtp.send(wire, place.port, place.address);
    return wire;
  }

  /** Sends again what `sendRtp` gave. */
  resendRtp(wire: Buffer): void {
    const place = this.#places.of(1);
    if (!this.#closed && place) this.#rtp.send(wire, place.port, place.address);
  }

  sendRtcp(packet: Buffer): void {
    const component = this.#remote?.rtcpMux === true ? 1 : 2;
    if (this.#closed || !this.#places.of(component)) return;
    const wire = this.#protection ? this.#protection.protectRtcp(packet) : packet;
    if (wire) this.#send(component, wire, null);
  }

  /** The peer was heard elsewhere: this is no silence. */
  heardElsewhere(): void {
    if (this.#remote) this.#silence.heard(this.#options.now());
  }

  /** To be called a few times a second: silence, the peer's whereabouts. */
  tick(): void {
    this.#path.tick();
    this.#protection?.tick();
    if (!this.#places.isPeer(this.#toldPeer)) {
      this.#toldPeer = this.#places.peer;
      if (this.#toldPeer) this.#events.onPeer(this.#toldPeer);
    }
    if (this.#remote) this.#silence.tick(this.#options.now());
  }

  /** Frees the ports. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#path.close();
    this.#closed = true;
    this.#pair.close();
  }

  /** Null: to wherever the component's packets go. */
  #send(component: Component, datagram: Buffer, to: Place | null): void {
    const place = to ?? this.#places.of(component);
    if (this.#closed || !place) return;
    (component === 1 ? this.#rtp : this.#rtcp).send(datagram, place.port, place.address);
  }

  /** RFC 7983 §7: media has a first octet from 128 to 191. */
  #receive(component: Component, datagram: Buffer, from: RemoteInfo): void {
    const first = datagram[0];
    // Node.js makes this object for each packet; from here on IPv4 is plain, whatever the socket.
    from.address = this.#mapped.fromSocket(from.address);
    if (datagram.length === 0 || first < 128 || first > 191) {
      if (!this.#path.receive(component, datagram, from)) this.#dropped.malformed++;
    } else if (this.#path.hasIce && !this.#isIcePeer(component, from)) this.#dropped.stranger++;
    else if (component === 2) this.#onRtcp(datagram, from, true);
    else this.#onRtp(datagram, from);
  }

  #isIcePeer(component: Component, from: RemoteInfo): boolean {
    const place = this.#places.of(component);
    if (place && place.port === from.port && place.address === from.address) return true;
    return this.#path.isPeer(component, from);
  }

  /** RFC 7675 §5.1: nothing more is sent; whether the device lives, its dialog tells. */
  #onConsentLost(): void {
    this.#places.lose();
    this.#silence.lost(this.#options.now());
  }

  #onRtp(wire: Buffer, from: RemoteInfo): void {
    if (isRtcp(wire)) {
      this.#onRtcp(wire, from, false);
      return;
    }
    const sink = this.#sink;
    if (!sink || !this.#remote) {
      // Nobody is known yet: media that is earlier than its answer.
      this.#dropped.stranger++;
      return;
    }
    const packet = this.#protection ? this.#uncoverRtp(this.#protection, wire, from) : wire;
    if (!packet) return;
    const view = this.#view;
    if (!parseRtp(packet, view)) {
      this.#dropped.malformed++;
      return;
    }
    if (!sink.takes(view.payloadType)) {
      this.#dropped.payloadType++;
      return;
    }
    const nowMs = this.#options.now();
    // With ICE the peer has shown the password there; otherwise its packets show where it is.
    if (!this.#path.hasIce && !this.#places.accept(from, view.ssrc, nowMs)) {
      this.#dropped.stranger++;
      return;
    }
    this.#silence.heard(nowMs);
    sink.onRtp(packet, view, nowMs);
  }

  #onRtcp(wire: Buffer, from: RemoteInfo, ownPort: boolean): void {
    const sink = this.#sink;
    if (!sink || !this.#remote || !this.#mayReport(from.address)) {
      this.#dropped.stranger++;
      return;
    }
    const protection = this.#protection;
    const packet = protection ? this.#uncovered(wire, protection.unprotectRtcp(wire)) : wire;
    if (!packet) return;
    if (!sink.onRtcp(packet)) {
      this.#dropped.malformed++;
      return;
    }
    this.#silence.heard(this.#options.now());
    if (!ownPort || this.#path.hasIce) return;
    this.#places.heardRtcp(from);
  }

  #mayReport(address: string): boolean {
    return this.#path.hasIce || this.#places.mayReport(address);
  }

  /** Null: it was dropped. A stranger's packets are not worth the deciphering. */
  #uncoverRtp(protection: Protection, wire: Buffer, from: RemoteInfo): Buffer | null {
    if (wire.length < rtpHeaderBytes) {
      this.#dropped.malformed++;
      return null;
    }
    if (!this.#path.hasIce && !this.#places.mayAccept(from, readUint32(wire, 8))) {
      this.#dropped.stranger++;
      return null;
    }
    return this.#uncovered(wire, protection.unprotectRtp(wire));
  }

  #uncovered(wire: Buffer, length: number): Buffer | null {
    if (length >= 0) return wire.subarray(0, length);
    if (length === srtpFailure.replay) this.#dropped.replayed++;
    else if (length === srtpFailure.malformed) this.#dropped.malformed++;
    else this.#dropped.unauthentic++;
    return null;
  }
}
