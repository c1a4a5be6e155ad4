import type { FeedProfile, LegVideoConfig, LegVideoStats } from '../ports.ts';
import { parseFeedback } from '../video/rtcp-feedback.ts';
import type { CaptureClock } from './capture-clock.ts';
import { readUint32 } from './packet.ts';
import type { RtpView } from './packet.ts';
import { Reporter } from './reporter.ts';
import type { MediaSink, RtpTransport } from './transport.ts';
import { videoClockPerMs, VideoReceiver } from './video-receiver.ts';
import type { VideoReceiverEvents } from './video-receiver.ts';
import { VideoSender } from './video-sender.ts';
import { ViewerWishes } from './viewer-wishes.ts';
import type { CameraUse } from './wanted-bitrate.ts';

export interface VideoStreamEvents extends VideoReceiverEvents {
  /** The peer wants a key frame of what it is sent. */
  readonly onKeyFrameRequested: () => void;
  /** What the way to the peer carries, in bits per second; `Infinity`: nothing limits it. */
  readonly onLimit: (bitrate: number) => void;
}

export interface VideoStreamOptions {
  /** Monotonic ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
  /** What all streams of a leg have in common (RFC 3550 §6.5.1): sound and picture are one caller's, on one clock. */
  readonly cname: string;
  /** Of what the device sends. */
  readonly clock: CaptureClock;
}

export type VideoTransport = Pick<
  RtpTransport,
  'open' | 'sendRtp' | 'resendRtp' | 'sendRtcp' | 'dropped' | 'deliverTo'
>;

/** A leg's video: what comes in, what goes out, and what both ends tell each other about it in RTCP. */
export class VideoStream implements MediaSink {
  readonly #transport: VideoTransport;
  readonly #events: VideoStreamEvents;
  readonly #receiver: VideoReceiver;
  readonly #sender: VideoSender;
  readonly #reporter: Reporter;
  readonly #viewer: ViewerWishes;
  #config: LegVideoConfig | null = null;
  #profile: FeedProfile | null = null;
  /** Of the latest key frame that was sent; −1: none yet. */
  #sentKeyTimestamp = -1;
  #sentKeyFrames = 0;
  #closed = false;

  /** The transport is its caller's, to be closed after the stream. */
  constructor(transport: VideoTransport, options: VideoStreamOptions, events: VideoStreamEvents) {
    this.#transport = transport;
    this.#events = events;
    this.#sender = new VideoSender(transport, options.now);
    this.#viewer = new ViewerWishes({ now: options.now, sender: this.#sender, ...events });
    this.#receiver = new VideoReceiver({
      ...events,
      ...options,
      ownSsrc: () => this.#sender.ssrc,
      tell: (feedback) => this.#reporter.feedback(feedback),
      onCollision: () => this.changeSsrc(),
    });
    this.#reporter = new Reporter({
      ...options,
      sender: () => this.#sender,
      reception: this.#receiver.reception,
      onPeerLoss: () => undefined,
      onReport: (lossPercent, packets) => this.#viewer.bitrate.reported(lossPercent, packets),
      onSenderReport: (ssrc, { ntpMs, rtpTimestamp }) => options.clock.reported(ssrc, ntpMs, rtpTimestamp),
      voipMetrics: () => null,
      send: (packet) => transport.sendRtcp(packet),
    });
    transport.deliverTo(this);
  }

  /** What offer/answer settled; null: no video any more. `profile`: of what is sent, null: nothing can be. */
  configure(config: LegVideoConfig | null, profile: FeedProfile | null): void {
    this.#config = config;
    this.#receiver.configure(config);
    if (config) this.#reporter.start();
    if (!profile) return;
    this.#profile = profile;
    this.#viewer.bitrate.configure(profile.bitrate);
  }

  /** Whether the peer may send. */
  get receives(): boolean {
    return this.#receiver.receives;
  }

  /** Whether the peer is to be sent anything. */
  get sends(): boolean {
    const direction = this.#config?.direction;
    return direction === 'sendrecv' || direction === 'sendonly';
  }

  /** What the peer sends has its H.264 parameter sets in it. */
  get setsInBand(): boolean {
    return this.#receiver.setsInBand;
  }

  get lastPacketMs(): number {
    return this.#receiver.lastPacketMs;
  }

  /** Sends a viewer's packet, which is lent; dropped while the peer must not see anything. */
  send(packet: Buffer, keyFrame: boolean): void {
    const config = this.#config;
    if (!config || !this.sends) return;
    this.#sender.write(packet, config.payloadType);
    const timestamp = readUint32(packet, 4);
    if (!keyFrame || timestamp === this.#sentKeyTimestamp) return;
    this.#sentKeyTimestamp = timestamp;
    this.#sentKeyFrames++;
  }

  /** Asks the peer for a key frame until one comes; not while it sends nothing. */
  requestKeyFrame(): void {
    this.#receiver.requestKeyFrame();
  }

  /** Who sees the peer's video: it is asked for as much as that needs. To be called a few times a second. */
  need(use: CameraUse): void {
    this.#receiver.wanted.need(use);
  }

  /** What is sent next belongs to a new stream, which begins with a key frame. */
  changeSsrc(): void {
    this.#sender.changeSsrc();
    this.#events.onKeyFrameRequested();
  }

  /** To be called a few times a second. */
  tick(): void {
    if (!this.#config) return;
    this.#reporter.tick();
    this.#receiver.tick();
    const notification = this.#viewer.tick();
    if (notification) this.#reporter.feedback(notification);
  }

  /** `malformed`: what the engine found to be no video. */
  stats(malformed: number): Pick<LegVideoStats, 'received' | 'sent'> {
    const { dropped } = this.#transport;
    return {
      received: this.#receiver.stats(malformed + dropped.malformed + dropped.payloadType),
      sent: this.#sentStats(),
    };
  }

  /** Says BYE. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reporter.bye();
    this.#sender.close();
  }

  takes(payloadType: number): boolean {
    return this.#receiver.takes(payloadType);
  }

  onRtp(packet: Buffer, view: RtpView, nowMs: number): void {
    this.#receiver.onRtp(packet, view, nowMs);
  }

  onRtcp(packet: Buffer): boolean {
    return this.#reporter.take(packet) && parseFeedback(packet, this.#feedback);
  }

  readonly #feedback = {
    onPli: (): void => this.#viewer.onPli(),
    onFir: (sender: number, media: number, command: number): void =>
      this.#viewer.onFir(sender, media, command),
    onNack: (media: number, sequence: number): void => this.#viewer.onNack(media, sequence),
    onTmmbr: (sender: number, limit: { ssrc: number; bitrate: number; overhead: number }): void =>
      this.#viewer.onTmmbr(sender, limit),
    onTmmbn: (_sender: number, { ssrc }: { readonly ssrc: number }): void => {
      if (ssrc === this.#sender.ssrc) this.#receiver.wanted.known();
    },
  };

  #sentStats(): LegVideoStats['sent'] {
    if (!this.#profile) return null;
    const { allPackets: packets, resent } = this.#sender;
    const report = this.#reporter.peer.report(videoClockPerMs);
    const lost = report && report.sent > 0 ? (100 * Math.max(0, report.lost)) / report.sent : null;
    return {
      profile: this.#profile,
      packets,
      resent,
      keyFrames: this.#sentKeyFrames,
      keyFramesAsked: this.#viewer.keyFramesAsked,
      lossPercent: lost === null ? null : Math.min(100, Math.round(lost * 100) / 100),
    };
  }
}
