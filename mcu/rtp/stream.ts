import type { RemoteInfo, Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { DigitDetector } from '../dtmf/detector.ts';
import { clockHzOf } from '../codecs/codec.ts';
import type { AudioCodec, LegMediaConfig, LegQuality, LegStats, MemberFigures } from '../ports.ts';
import { assessReceived, assessSent, voipMetricsOf } from '../quality/assess.ts';
import { noFigures } from '../quality/figures.ts';
import type { VoipMetrics } from '../quality/xr.ts';
import { Latch } from './latch.ts';
import type { LatchedPeer } from './latch.ts';
import { isRtcp, newRtpView, parseRtp, rtpHeaderBytes } from './packet.ts';
import type { RtpView } from './packet.ts';
import type { PortPair } from './ports.ts';
import { OpusRepacketizer } from './opus-repacketizer.ts';
import { PeerReports } from './peer-reports.ts';
import { ReceptionMeter } from './reception.ts';
import { Repacketizer } from './repacketizer.ts';
import { buildReport, parseRtcp } from './rtcp.ts';
import { RtpSender } from './sender.ts';

/** Static type of comfort noise (RFC 3389 §4): told apart from garbage, rendered as silence. */
const comfortNoise = 13;
/** RFC 3550 §6.2: the least interval; each one is drawn from half to one and a half of it. */
const reportIntervalMs = 5000;

export interface StreamEvents {
  /** Audio for the room, in its own codec: a packet with a plain 12-byte header; whoever takes it owns it. */
  readonly onAudio: (packet: Buffer, view: RtpView, codec: AudioCodec) => void;
  /** A packet of the stream that the room must not get: a digit, comfort noise, a held call's music. */
  readonly onTakenOut: (view: RtpView) => void;
  readonly onDigit: (digit: string) => void;
  readonly onSilent: (ms: number) => void;
  /** Where the peer is was learnt or has changed; told a moment later. */
  readonly onPeer: (peer: LatchedPeer) => void;
  /** The latest that the engine measured of this leg's voice. */
  readonly figures: () => MemberFigures;
}

export interface StreamOptions {
  readonly silenceMs: number;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
}

/** A leg's RTP session: two sockets, who may speak to them, what comes in, what goes out, RTCP. */
export class RtpStream {
  readonly #pair: PortPair;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #events: StreamEvents;
  readonly #options: StreamOptions;
  readonly #latch = new Latch();
  readonly #reception = new ReceptionMeter();
  readonly #reports: PeerReports;
  readonly #digits: DigitDetector;
  readonly #view = newRtpView();
  readonly #cname = randomBytes(12).toString('base64url');
  readonly #dropped = { stranger: 0, malformed: 0, payloadType: 0 };
  #config: LegMediaConfig | null = null;
  #clockPerMs = 8;
  #sender: RtpSender;
  #repacketizer: Repacketizer | OpusRepacketizer | null = null;
  /** What the peer may send, by payload type. */
  #formats: (AudioCodec | undefined)[] = [];
  #rtcpAddress = '';
  #rtcpPort = 0;
  #rtcpHeard = false;
  #ssrc = -1;
  #collided = false;
  #received = 0;
  #sentBefore = 0;
  #reportedPackets = 0;
  #nextReportMs = Infinity;
  #lastLifeMs = 0;
  #toldPeer: LatchedPeer | null = null;
  #silentTold = false;
  #closed = false;

  constructor(pair: PortPair, options: StreamOptions, events: StreamEvents) {
    this.#pair = pair;
    this.#rtp = pair.rtp;
    this.#rtcp = pair.rtcp;
    this.#options = options;
    this.#events = events;
    this.#digits = new DigitDetector(options.now);
    this.#sender = new RtpSender(8000, options.now);
    this.#reports = new PeerReports({ ...options, sender: () => this.#sender });
    // Not connected to the peer: strangers must be counted and a peer that moved must be heard. It costs
    // 1.5 µs a packet.
    this.#rtp.on('message', (packet, from) => this.#onRtp(packet, from));
    this.#rtcp.on('message', (packet, from) => this.#onRtcp(packet, from, true));
    // An unreachable peer is noticed by its silence.
    this.#rtp.on('error', () => undefined);
    this.#rtcp.on('error', () => undefined);
  }

  configure(config: LegMediaConfig): void {
    const nowMs = this.#options.now();
    const last = this.#config;
    const clockHz = clockHzOf(config.codec);
    if (clockHz !== this.#clockPerMs * 1000) {
      this.#sentBefore += this.#sender.packets;
      this.#sender = new RtpSender(clockHz, this.#options.now);
      this.#reportedPackets = 0;
      this.#clockPerMs = clockHz / 1000;
    }
    this.#formats = [];
    for (const { codec, payloadType } of config.alternatives ?? []) this.#formats[payloadType] = codec;
    this.#formats[config.payloadType] = config.codec;
    this.#repacketizer = this.#repacketizerFor(config);
    const { address, rtpPort, rtcpPort } = config.remote;
    this.#latch.expect(address, rtpPort);
    if (last?.remote.address !== address || last.remote.rtcpPort !== rtcpPort) {
      this.#rtcpAddress = address;
      this.#rtcpPort = rtcpPort;
      this.#rtcpHeard = false;
    }
    this.#sender.changeSource();
    this.#config = config;
    this.#lastLifeMs = nowMs;
    this.#silentTold = false;
    // The first report comes after half the interval (RFC 3550 §6.2).
    if (last === null) this.#nextReportMs = nowMs + reportIntervalMs * (0.25 + Math.random() / 2);
  }

  /** Goes on with a peer that another process had latched; after `configure`. */
  restore(peer: LatchedPeer): void {
    this.#toldPeer = peer;
    this.#latch.restore(peer, this.#options.now());
  }

  /** Sends a source's packet to the peer, in place; dropped while the peer must not hear anything. */
  send(packet: Buffer, sourceTimestamp: number): void {
    const direction = this.#config?.direction;
    if (direction !== 'sendrecv' && direction !== 'sendonly') return;
    if (this.#repacketizer) {
      this.#repacketizer.write(packet, rtpHeaderBytes, packet.length, sourceTimestamp);
    } else {
      this.#emit(packet, sourceTimestamp);
    }
  }

  /** Sends the peer's own packet back to it, in place: it has the peer's own format and length. */
  reflect(packet: Buffer, view: RtpView): void {
    const { direction, codec } = this.#config ?? {};
    const own = this.#formats[view.payloadType];
    // Timestamps of another clock would not fit into the stream (RFC 7160 §3).
    if (direction !== 'sendrecv' || !codec || !own || clockHzOf(own) !== clockHzOf(codec)) return;
    this.#emit(packet, view.timestamp, view.payloadType);
  }

  /** What is sent next comes from another source. */
  changeSource(): void {
    this.#sender.changeSource();
    this.#repacketizer?.clear();
  }

  /** To be called a few times a second: reports, silence, the peer's whereabouts. */
  tick(): void {
    const nowMs = this.#options.now();
    if (!this.#latch.isPeer(this.#toldPeer)) {
      this.#toldPeer = this.#latch.peer;
      if (this.#toldPeer) this.#events.onPeer(this.#toldPeer);
    }
    if (nowMs >= this.#nextReportMs) {
      this.#nextReportMs = nowMs + reportIntervalMs * (0.5 + Math.random());
      this.#sendReport(nowMs, false);
    }
    const quietMs = nowMs - this.#lastLifeMs;
    if (this.#config && !this.#silentTold && quietMs >= this.#options.silenceMs) {
      this.#silentTold = true;
      this.#events.onSilent(Math.round(quietMs));
    }
  }

  /** `figures`: what the engine measured of the same voice. */
  stats(figures: MemberFigures = noFigures): Omit<LegStats, 'publishedCodec'> {
    const { tracker } = this.#reception;
    return {
      packetsReceived: this.#received,
      packetsSent: this.#sentBefore + this.#sender.packets,
      packetsLost: tracker.lost,
      jitterMs: tracker.jitter / this.#clockPerMs,
      rttMs: this.#reports.rttMs,
      dropped: {
        ...this.#dropped,
        malformed: this.#dropped.malformed + this.#digits.malformed,
        digitFlood: this.#digits.floods,
      },
      codec: this.#config?.codec ?? null,
      quality: this.#config && this.#quality(this.#config, figures),
    };
  }

  /** Says BYE (RFC 3550 §6.6) and frees the ports. Idempotent. */
  close(): void {
    if (this.#closed) return;
    if (this.#config) this.#sendReport(this.#options.now(), true);
    this.#closed = true;
    this.#pair.close();
  }

  #repacketizerFor({ codec, ptimeMs }: LegMediaConfig): Repacketizer | OpusRepacketizer | null {
    if (ptimeMs === 20) return null;
    const emit = (packet: Buffer, timestamp: number) => this.#emit(packet, timestamp);
    return codec === 'opus' ? new OpusRepacketizer(ptimeMs, emit) : new Repacketizer(ptimeMs, emit);
  }

  #emit(packet: Buffer, sourceTimestamp: number, payloadType = this.#config?.payloadType): void {
    const { address, port } = this.#latch;
    // RFC 3264 §8.4: the old way to hold a call is the address 0.0.0.0.
    if (this.#closed || payloadType === undefined || address === '0.0.0.0' || address === '::') return;
    this.#sender.stamp(packet, payloadType, sourceTimestamp);
    this.#rtp.send(packet, port, address);
  }

  #onRtp(packet: Buffer, from: RemoteInfo): void {
    if (isRtcp(packet)) {
      this.#onRtcp(packet, from, false);
      return;
    }
    const view = this.#view;
    if (!parseRtp(packet, view)) {
      this.#dropped.malformed++;
      return;
    }
    const config = this.#config;
    if (!config) {
      // Nobody is known yet: media that is earlier than its answer.
      this.#dropped.stranger++;
      return;
    }
    const codec = this.#formats[view.payloadType];
    const isDigit = codec === undefined && config.dtmfPayloadTypes.includes(view.payloadType);
    if (codec === undefined && !isDigit && !isNoise(config, view.payloadType)) {
      this.#dropped.payloadType++;
      return;
    }
    const nowMs = this.#options.now();
    if (!this.#latch.accept(from.address, from.port, view.ssrc, nowMs)) {
      this.#dropped.stranger++;
      return;
    }
    this.#alive(nowMs);
    this.#received++;
    if (view.ssrc !== this.#ssrc) this.#newSource(view.ssrc);
    if (!this.#reception.update(view.sequence)) return;
    if (codec !== undefined) {
      // Jitter is in units of the clock that was agreed (RFC 7160 §4.2).
      if (clockHzOf(codec) === clockHzOf(config.codec))
        this.#reception.arrived(nowMs, view.sequence, view.timestamp, this.#clockPerMs);
      if (view.payloadEnd === view.payloadStart) this.#dropped.malformed++;
      else if (config.direction === 'sendrecv') this.#events.onAudio(plain(packet, view), view, codec);
      else this.#events.onTakenOut(view);
      return;
    }
    if (isDigit) {
      const { payloadStart, payloadEnd, timestamp, marker } = view;
      const digit = this.#digits.take(packet, payloadStart, payloadEnd, timestamp, marker);
      if (digit !== null) this.#events.onDigit(digit);
    }
    this.#events.onTakenOut(view);
  }

  #newSource(ssrc: number): void {
    this.#ssrc = ssrc;
    this.#reception.reset();
    this.#digits.reset();
    // RFC 3550 §8.2. Once: a peer that reflects our own packets would have us change for ever.
    if (ssrc === this.#sender.ssrc && !this.#collided) {
      this.#collided = true;
      this.#sender.changeSsrc();
    }
  }

  #onRtcp(packet: Buffer, from: RemoteInfo, ownPort: boolean): void {
    const { address } = from;
    if (!this.#config || (address !== this.#latch.address && address !== this.#config.remote.address)) {
      this.#dropped.stranger++;
      return;
    }
    if (!parseRtcp(packet, this.#reports)) {
      this.#dropped.malformed++;
      return;
    }
    this.#alive(this.#options.now());
    if (!ownPort) return;
    this.#rtcpAddress = address;
    this.#rtcpPort = from.port;
    this.#rtcpHeard = true;
  }

  #quality({ codec, ptimeMs }: LegMediaConfig, figures: MemberFigures): LegQuality {
    const { tracker, jitterMaxMs, packetMs } = this.#reception;
    const { rttMs } = this.#reports;
    return {
      received: assessReceived({
        codec,
        received: this.#received,
        lost: Math.max(0, tracker.lost),
        jitterMs: tracker.jitter / this.#clockPerMs,
        jitterMaxMs,
        burst: this.#reception.burst(),
        packetMs,
        rttMs,
        figures,
      }),
      sent: assessSent({
        codec,
        packetMs: ptimeMs,
        rttMs,
        report: this.#reports.report(this.#clockPerMs),
        figures,
      }),
    };
  }

  #alive(nowMs: number): void {
    this.#lastLifeMs = nowMs;
    this.#silentTold = false;
  }

  #sendReport(nowMs: number, bye: boolean): void {
    const sender = this.#sender;
    const { tracker } = this.#reception;
    const sentSince = sender.packets - this.#reportedPackets;
    this.#reportedPackets = sender.packets;
    const report = buildReport({
      ssrc: sender.ssrc,
      cname: this.#cname,
      bye,
      sender:
        sentSince > 0
          ? {
              wallMs: this.#options.wallNow(),
              rtpTimestamp: sender.timestampNow(),
              packets: sender.packets,
              octets: sender.octets,
            }
          : null,
      reception:
        this.#ssrc < 0
          ? null
          : {
              ssrc: this.#ssrc,
              fractionLost: tracker.takeFractionLost(),
              lost: tracker.lost,
              extendedHighest: tracker.extendedHighest,
              jitter: Math.round(tracker.jitter),
              ...this.#reports.lastSr(nowMs),
            },
      voipMetrics: this.#voipMetrics(),
    });
    const moved = !this.#rtcpHeard && this.#latch.address !== this.#rtcpAddress;
    const address = moved ? this.#latch.address : this.#rtcpAddress;
    if (address === '0.0.0.0' || address === '::') return;
    this.#rtcp.send(report, moved ? this.#latch.port + 1 : this.#rtcpPort, address);
  }

  /** Null: the peer didn't ask, or there is nothing to tell of yet. */
  #voipMetrics(): VoipMetrics | null {
    const config = this.#config;
    if (config?.voipMetrics !== true || this.#ssrc < 0) return null;
    const figures = this.#events.figures();
    const voice = {
      ssrc: this.#ssrc,
      codec: config.codec,
      packetMs: this.#reception.packetMs,
      rttMs: this.#reports.rttMs,
      burstRatio: this.#reception.burst()?.burstRatio ?? 1,
      playoutLimitMs: figures.playoutLimitMs,
    };
    return voipMetricsOf(voice, this.#quality(config, figures));
  }
}

function isNoise({ noisePayloadTypes }: LegMediaConfig, payloadType: number): boolean {
  return payloadType === comfortNoise || noisePayloadTypes?.includes(payloadType) === true;
}

/** The packet with a plain header: without CSRCs, extensions and padding, which are the peer's own business. */
function plain(packet: Buffer, view: RtpView): Buffer {
  if (packet[0] === 0x80) return packet;
  packet.copyWithin(rtpHeaderBytes, view.payloadStart, view.payloadEnd);
  packet[0] = 0x80;
  const length = rtpHeaderBytes + view.payloadEnd - view.payloadStart;
  view.payloadStart = rtpHeaderBytes;
  view.payloadEnd = length;
  return packet.subarray(0, length);
}
