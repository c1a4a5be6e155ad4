import type { CaptureClock } from './capture-clock.ts';
import { DigitDetector } from '../dtmf/detector.ts';
import { DigitSender, eventBytes } from '../dtmf/sender.ts';
import { clockHzOf } from '../codecs/codec.ts';
import type { AudioCodec, LegMediaConfig, LegStats, MemberFigures } from '../ports.ts';
import { noFigures } from '../quality/figures.ts';
import { metricsFor, qualityOf } from '../quality/stream-quality.ts';
import type { StreamFacts } from '../quality/stream-quality.ts';
import { newRtpPacket, plainRtp, rtpHeaderBytes } from './packet.ts';
import type { RtpView } from './packet.ts';
import { OpusRepacketizer } from './opus-repacketizer.ts';
import { ReceptionMeter } from './reception.ts';
import { Repacketizer } from './repacketizer.ts';
import { Reporter } from './reporter.ts';
import { RtpSender } from './sender.ts';
import type { MediaSink, RtpTransport } from './transport.ts';

/** Static type of comfort noise (RFC 3389 §4): told apart from garbage, rendered as silence. */
const comfortNoise = 13;

export interface AudioStreamEvents {
  /**
   * Audio for the room, in its own codec: a packet with a plain 12-byte header; whoever takes it owns it. `capturedMs`: see
   * `CaptureClock`.
   */
  readonly onAudio: (packet: Buffer, view: RtpView, codec: AudioCodec, capturedMs: number) => void;
  /** A packet of the stream that the room must not get: a digit, comfort noise, a held call's music. */
  readonly onTakenOut: (view: RtpView) => void;
  readonly onDigit: (digit: string) => void;
  /** The peer reports another share of our packets lost than before, in whole percent. */
  readonly onPeerLoss: (percent: number) => void;
  /** The latest that the engine measured of this leg's voice. */
  readonly figures: () => MemberFigures;
}

export interface AudioStreamOptions {
  /** Monotonic ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
  /** What all streams of a leg have in common (RFC 3550 §6.5.1). */
  readonly cname: string;
  /** Of what the device sends. */
  readonly clock: CaptureClock;
}

export type AudioTransport = Pick<
  RtpTransport,
  'open' | 'sendRtp' | 'sendRtcp' | 'dropped' | 'encryption' | 'deliverTo'
>;

/** A leg's audio: what comes in (voice, digits, noise), what goes out, and the reports about both. */
export class AudioStream implements MediaSink {
  readonly #transport: AudioTransport;
  readonly #events: AudioStreamEvents;
  readonly #options: AudioStreamOptions;
  readonly #reception = new ReceptionMeter();
  readonly #reporter: Reporter;
  readonly #digits: DigitDetector;
  readonly #keys = new DigitSender();
  readonly #event = newRtpPacket(eventBytes, 0, 0);
  #config: LegMediaConfig | null = null;
  #clockPerMs = 8;
  #sender: RtpSender;
  #repacketizer: Repacketizer | OpusRepacketizer | null = null;
  /** What the peer may send, by payload type. */
  #formats: (AudioCodec | undefined)[] = [];
  #collided = false;
  #received = 0;
  #empty = 0;
  #sentBefore = 0;
  #closed = false;

  /** The transport is its caller's, to be closed after the stream. */
  constructor(transport: AudioTransport, options: AudioStreamOptions, events: AudioStreamEvents) {
    this.#transport = transport;
    this.#options = options;
    this.#events = events;
    this.#digits = new DigitDetector(options.now);
    this.#sender = new RtpSender(8000, options.now);
    this.#reporter = new Reporter({
      ...options,
      sender: () => this.#sender,
      reception: this.#reception,
      onPeerLoss: events.onPeerLoss,
      onSenderReport: (ssrc, { ntpMs, rtpTimestamp }) => options.clock.reported(ssrc, ntpMs, rtpTimestamp),
      voipMetrics: () => this.#voipMetrics(),
      send: (packet) => transport.sendRtcp(packet),
    });
    transport.deliverTo(this);
  }

  configure(config: LegMediaConfig): void {
    const clockHz = clockHzOf(config.codec);
    if (clockHz !== this.#clockPerMs * 1000) {
      this.#sentBefore += this.#sender.allPackets;
      this.#sender = new RtpSender(clockHz, this.#options.now);
      this.#clockPerMs = clockHz / 1000;
      this.#options.clock.restart(this.#reception.ssrc, this.#clockPerMs);
    }
    this.#formats = [];
    for (const { codec, payloadType } of config.alternatives ?? []) this.#formats[payloadType] = codec;
    this.#formats[config.payloadType] = config.codec;
    this.#repacketizer = this.#repacketizerFor(config);
    this.#sender.changeSource();
    this.#config = config;
    this.#reporter.start();
  }

  /** Sends a source's packet to the peer, in place; dropped while the peer must not hear anything. */
  send(packet: Buffer, sourceTimestamp: number): void {
    const direction = this.#config?.direction;
    if (direction !== 'sendrecv' && direction !== 'sendonly') return;
    if (this.#sendKey(sourceTimestamp)) return;
    if (this.#repacketizer) {
      this.#repacketizer.write(packet, rtpHeaderBytes, packet.length, sourceTimestamp);
    } else {
      this.#emit(packet, sourceTimestamp);
    }
  }

  /** Sends keys as telephone events, in the voice's place; nothing where the peer takes none. `w`: half a second of waiting. */
  press(keys: string): void {
    if (this.#config?.keyPayloadType !== undefined) this.#keys.press(keys);
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

  /** What is sent next belongs to a new stream. */
  changeSsrc(): void {
    this.#sender.changeSsrc();
  }

  /** To be called a few times a second. */
  tick(): void {
    this.#reporter.tick();
  }

  /** `figures`: what the engine measured of the same voice. */
  stats(figures: MemberFigures = noFigures): Omit<LegStats, 'publishedCodec' | 'video'> {
    const { tracker } = this.#reception;
    const { dropped } = this.#transport;
    const facts = this.#facts();
    return {
      packetsReceived: this.#received,
      packetsSent: this.#sentBefore + this.#sender.allPackets,
      packetsLost: tracker.lost,
      jitterMs: tracker.jitter / this.#clockPerMs,
      rttMs: this.#reporter.peer.rttMs,
      dropped: {
        ...dropped,
        malformed: dropped.malformed + this.#empty + this.#digits.malformed,
        digitFlood: this.#digits.floods,
      },
      codec: this.#config?.codec ?? null,
      encryption: this.#config && this.#transport.encryption,
      quality: facts && qualityOf(facts, figures),
    };
  }

  /** Says BYE. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reporter.bye();
  }

  takes(payloadType: number): boolean {
    const config = this.#config;
    if (!config) return false;
    return (
      this.#formats[payloadType] !== undefined ||
      config.dtmfPayloadTypes.includes(payloadType) ||
      payloadType === comfortNoise ||
      config.noisePayloadTypes?.includes(payloadType) === true
    );
  }

  onRtp(packet: Buffer, view: RtpView, nowMs: number): void {
    const config = this.#config;
    if (!config) return;
    this.#received++;
    if (view.ssrc !== this.#reception.ssrc) this.#newSource(view.ssrc);
    if (!this.#reception.update(view.sequence)) return;
    const codec = this.#formats[view.payloadType];
    if (codec !== undefined) {
      this.#onVoice(packet, view, codec, config, nowMs);
      return;
    }
    if (config.dtmfPayloadTypes.includes(view.payloadType)) {
      const { payloadStart, payloadEnd, timestamp, marker } = view;
      const digit = this.#digits.take(packet, payloadStart, payloadEnd, timestamp, marker);
      if (digit !== null) this.#events.onDigit(digit);
    }
    this.#events.onTakenOut(view);
  }

  onRtcp(packet: Buffer): boolean {
    return this.#reporter.take(packet);
  }

  #onVoice(packet: Buffer, view: RtpView, codec: AudioCodec, config: LegMediaConfig, nowMs: number): void {
    const { clock, wallNow } = this.#options;
    let capturedMs = wallNow();
    // Jitter is in units of the clock that was agreed (RFC 7160 §4.2), and so are reports.
    if (clockHzOf(codec) === clockHzOf(config.codec)) {
      this.#reception.arrived(nowMs, view.sequence, view.timestamp, this.#clockPerMs);
      capturedMs = clock.capturedMs(view.timestamp, capturedMs);
    }
    if (view.payloadEnd === view.payloadStart) this.#empty++;
    else if (config.direction === 'sendrecv')
      this.#events.onAudio(plainRtp(packet, view), view, codec, capturedMs);
    else this.#events.onTakenOut(view);
  }

  #repacketizerFor({ codec, ptimeMs }: LegMediaConfig): Repacketizer | OpusRepacketizer | null {
    if (ptimeMs === 20) return null;
    const emit = (packet: Buffer, timestamp: number) => this.#emit(packet, timestamp);
    return codec === 'opus' ? new OpusRepacketizer(ptimeMs, emit) : new Repacketizer(ptimeMs, emit);
  }

  /** Packet path: an event in the place of 20 ms of voice; false: none. */
  #sendKey(sourceTimestamp: number): boolean {
    const payloadType = this.#config?.keyPayloadType;
    if (payloadType === undefined || !this.#transport.open) return false;
    if (!this.#keys.write(this.#event, rtpHeaderBytes, 20 * this.#clockPerMs)) return false;
    this.#sender.stampEvent(this.#event, payloadType, sourceTimestamp, this.#keys.isFirst);
    this.#transport.sendRtp(this.#event);
    this.#repacketizer?.clear();
    return true;
  }

  #emit(packet: Buffer, sourceTimestamp: number, payloadType = this.#config?.payloadType): void {
    if (payloadType === undefined || !this.#transport.open) return;
    this.#sender.stamp(packet, payloadType, sourceTimestamp);
    this.#transport.sendRtp(packet);
  }

  #newSource(ssrc: number): void {
    this.#reception.reset(ssrc);
    this.#options.clock.restart(ssrc, this.#clockPerMs);
    this.#digits.reset();
    // RFC 3550 §8.2. Once: a peer that reflects our own packets would have us change for ever.
    if (ssrc === this.#sender.ssrc && !this.#collided) {
      this.#collided = true;
      this.#sender.changeSsrc();
    }
  }

  /** Null: nothing was agreed yet. */
  #facts(): StreamFacts | null {
    return (
      this.#config && {
        codec: this.#config.codec,
        ptimeMs: this.#config.ptimeMs,
        clockPerMs: this.#clockPerMs,
        received: this.#received,
        reception: this.#reception,
        reports: this.#reporter.peer,
      }
    );
  }

  /** Null: the peer didn't ask, or there is nothing to tell of yet. */
  #voipMetrics() {
    const facts = this.#facts();
    if (!facts || this.#config?.voipMetrics !== true || this.#reception.ssrc < 0) return null;
    return metricsFor(facts, this.#events.figures());
  }
}
