import type { FeedProfile, LegVideoConfig, LegVideoStats, PictureSize, VideoCodec } from '../ports.ts';
import { KeyFrameSpotter } from '../video/key-frame-spotter.ts';
import { buildFir, buildNack, buildPli, parseFeedback } from '../video/rtcp-feedback.ts';
import { SourceChoice } from '../video/source-choice.ts';
import { Gaps } from './gaps.ts';
import { KeyFrameAsks } from './key-frame-asks.ts';
import type { KeyFrameAsk } from './key-frame-asks.ts';
import { plainRtp, readUint32 } from './packet.ts';
import type { RtpView } from './packet.ts';
import { ReceptionMeter } from './reception.ts';
import { Reporter } from './reporter.ts';
import type { MediaSink, RtpTransport } from './transport.ts';
import { ViewerWishes } from './viewer-wishes.ts';
import { VideoSender } from './video-sender.ts';
import { WantedBitrate } from './wanted-bitrate.ts';

/** RFC 6184 §8.2.1 and all others: video counts in 90 kHz. */
const clockPerMs = 90;

/** Whose camera is off has no key frame to send, and is asked for none until it goes on. */
const sendsWithinMs = 2000;
/**
 * As many as are kept at both ends (`SentPackets`, `ReorderWindow`), a second of 4 Mbit/s: what was asked for again comes as
 * late as a round trip or two, in which a large picture has hundreds of packets.
 */
const longestWaitPackets = 512;
/** A burst of loss is one question. */
const nackPauseMs = 10;

export interface VideoStreamEvents {
  /** Video for the room: a packet with a plain header; whoever takes it owns it. */
  readonly onVideo: (packet: Buffer, view: RtpView, codec: VideoCodec) => void;
  /** A packet of the stream that the room must not get. */
  readonly onTakenOut: (view: RtpView) => void;
  /** A key frame begins to come: before its first packet. `size`: null where nothing tells it. */
  readonly onKeyFrame: (codec: VideoCodec, size: PictureSize | null) => void;
  /** The peer wants a key frame of what it is sent. */
  readonly onKeyFrameRequested: () => void;
  /** What the way to the peer carries, in bits per second; `Infinity`: nothing limits it. */
  readonly onLimit: (bitrate: number) => void;
  /** The peer takes no RTCP that asks for a key frame, or does nothing about it: signalling has to ask. */
  readonly onSignallingNeeded: () => void;
}

export interface VideoStreamOptions {
  /** Monotonic ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
  /** What all streams of a leg have in common (RFC 3550 §6.5.1): sound and picture are one caller's, on one clock. */
  readonly cname: string;
}

export type VideoTransport = Pick<
  RtpTransport,
  'open' | 'sendRtp' | 'resendRtp' | 'sendRtcp' | 'dropped' | 'deliverTo'
>;

/** A leg's video: what comes in, what goes out, and what both ends tell each other about it in RTCP. */
export class VideoStream implements MediaSink {
  readonly #transport: VideoTransport;
  readonly #events: VideoStreamEvents;
  readonly #now: () => number;
  readonly #reception = new ReceptionMeter(longestWaitPackets);
  readonly #sources = new SourceChoice();
  readonly #sender: VideoSender;
  readonly #reporter: Reporter;
  readonly #asks: KeyFrameAsks;
  readonly #viewer: ViewerWishes;
  readonly #wanted: WantedBitrate;
  #gaps = new Gaps();
  #spotter = new KeyFrameSpotter();
  #config: LegVideoConfig | null = null;
  #profile: FeedProfile | null = null;
  #formats: (VideoCodec | undefined)[] = [];
  #codec: VideoCodec | null = null;
  #received = 0;
  #empty = 0;
  #keyFrames = 0;
  /** Of the present frame, and of the latest key frame in each direction; −1: none yet. */
  #timestamp = -1;
  #keyTimestamp = -1;
  #sentKeyTimestamp = -1;
  #sentKeyFrames = 0;
  #firCommand = 0;
  #nackMs = -Infinity;
  #collided = false;
  #closed = false;
  lastPacketMs = -Infinity;

  /** The transport is its caller's, to be closed after the stream. */
  constructor(transport: VideoTransport, options: VideoStreamOptions, events: VideoStreamEvents) {
    this.#transport = transport;
    this.#events = events;
    this.#now = options.now;
    this.#sender = new VideoSender(transport, options.now);
    this.#viewer = new ViewerWishes({ now: options.now, sender: this.#sender, ...events });
    this.#reporter = new Reporter({
      ...options,
      sender: () => this.#sender,
      reception: this.#reception,
      onPeerLoss: () => undefined,
      onReport: (lossPercent, packets) => this.#viewer.bitrate.reported(lossPercent, packets),
      voipMetrics: () => null,
      send: (packet) => transport.sendRtcp(packet),
    });
    this.#asks = new KeyFrameAsks(options.now, (how) => this.#askForKeyFrame(how));
    this.#wanted = new WantedBitrate(options.now);
    transport.deliverTo(this);
  }

  /** What offer/answer settled; null: no video any more. `profile`: of what is sent, null: nothing can be. */
  configure(config: LegVideoConfig | null, profile: FeedProfile | null): void {
    this.#config = config;
    this.#formats = [];
    if (config) {
      for (const { codec, payloadType } of config.alternatives ?? []) this.#formats[payloadType] = codec;
      this.#formats[config.payloadType] = config.codec;
      this.#asks.configure(config.feedback);
      this.#reporter.start();
    }
    if (profile) {
      this.#profile = profile;
      this.#viewer.bitrate.configure(profile.bitrate);
    }
    if (!this.receives) this.#asks.drop();
  }

  /** Whether the peer may send. */
  get receives(): boolean {
    const direction = this.#config?.direction;
    return direction === 'sendrecv' || direction === 'recvonly';
  }

  /** Whether the peer is to be sent anything. */
  get sends(): boolean {
    const direction = this.#config?.direction;
    return direction === 'sendrecv' || direction === 'sendonly';
  }

  /** What the peer sends has its H.264 parameter sets in it. */
  get setsInBand(): boolean {
    return this.#spotter.setsInBand;
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
    if (this.receives && this.#comes) this.#asks.want();
  }

  /** What is sent next belongs to a new stream, which begins with a key frame. */
  changeSsrc(): void {
    this.#sender.changeSsrc();
    this.#events.onKeyFrameRequested();
  }

  /** To be called a few times a second. */
  tick(): void {
    if (!this.#config) return;
    const nowMs = this.#now();
    this.#reporter.tick();
    if (this.#comes) this.#asks.tick();
    else this.#asks.drop();
    this.#askForMissing(nowMs);
    const notification = this.#viewer.tick();
    if (notification) this.#reporter.feedback(notification);
    const { ssrc } = this.#reception;
    if (!this.#config.feedback.tmmbr || !this.receives || ssrc < 0) return;
    const request = this.#wanted.due(this.#sender.ssrc, ssrc);
    if (request) this.#reporter.feedback(request);
  }

  get #comes(): boolean {
    return this.#now() - this.lastPacketMs < sendsWithinMs;
  }

  /** `malformed`: what the engine found to be no video. */
  stats(malformed: number): Pick<LegVideoStats, 'received' | 'sent'> {
    return { received: this.#receivedStats(malformed), sent: this.#sentStats() };
  }

  /** Says BYE. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reporter.bye();
    this.#sender.close();
  }

  takes(payloadType: number): boolean {
    return this.#formats[payloadType] !== undefined;
  }

  onRtp(packet: Buffer, view: RtpView, nowMs: number): void {
    const codec = this.#formats[view.payloadType];
    if (codec === undefined) return;
    this.#received++;
    const source = this.#sources.judge(view.ssrc, nowMs);
    if (source === 'other') return;
    if (source === 'new') this.#newSource(view.ssrc);
    if (!this.#reception.update(view.sequence)) return;
    this.lastPacketMs = nowMs;
    this.#gaps.arrived(view.sequence, nowMs);
    this.#askForMissing(nowMs);
    if (view.timestamp !== this.#timestamp) {
      // A frame's packets leave together: its first one tells of the network.
      this.#timestamp = view.timestamp;
      this.#reception.arrived(nowMs, view.sequence, view.timestamp, clockPerMs);
    }
    const empty = view.payloadEnd === view.payloadStart;
    if (empty) this.#empty++;
    if (empty || !this.receives) this.#events.onTakenOut(view);
    else this.#take(packet, view, codec, source === 'new');
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
      if (ssrc === this.#sender.ssrc) this.#wanted.known();
    },
  };

  #take(packet: Buffer, view: RtpView, codec: VideoCodec, first: boolean): void {
    this.#codec = codec;
    if (this.#spotter.look(codec, packet, view.payloadStart, view.payloadEnd)) {
      if (view.timestamp !== this.#keyTimestamp) {
        this.#keyTimestamp = view.timestamp;
        this.#keyFrames++;
        this.#asks.answered();
        this.#events.onKeyFrame(codec, this.#spotter.size);
      }
    } else if (first) this.#asks.want();
    this.#events.onVideo(plainRtp(packet, view), view, codec);
  }

  #newSource(ssrc: number): void {
    this.#reception.reset(ssrc);
    this.#gaps = new Gaps();
    this.#spotter = new KeyFrameSpotter();
    this.#timestamp = this.#keyTimestamp = -1;
    this.#wanted.again();
    // RFC 3550 §8.2. Once: a peer that reflects our own packets would have us change for ever.
    if (ssrc !== this.#sender.ssrc || this.#collided) return;
    this.#collided = true;
    this.changeSsrc();
  }

  #askForMissing(nowMs: number): void {
    if (this.#config?.feedback.nack !== true || !this.receives) return;
    if (nowMs - this.#nackMs < nackPauseMs) return;
    const missing = this.#gaps.due(nowMs);
    if (!missing) return;
    this.#nackMs = nowMs;
    this.#reporter.feedback(buildNack(this.#sender.ssrc, this.#reception.ssrc, missing));
  }

  #askForKeyFrame(how: KeyFrameAsk): void {
    const { ssrc } = this.#reception;
    if (how === 'signalling') this.#events.onSignallingNeeded();
    else if (ssrc >= 0)
      this.#reporter.feedback(
        how === 'pli'
          ? buildPli(this.#sender.ssrc, ssrc)
          : buildFir(this.#sender.ssrc, ssrc, this.#firCommand++ & 0xff),
      );
  }

  #receivedStats(malformed: number): LegVideoStats['received'] {
    const config = this.#config;
    if (!config || (!this.receives && this.#received === 0)) return null;
    const { dropped } = this.#transport;
    return {
      codec: this.#codec ?? config.codec,
      width: this.#spotter.size?.width ?? 0,
      height: this.#spotter.size?.height ?? 0,
      packets: this.#received,
      packetsLost: this.#reception.tracker.lost,
      jitterMs: this.#reception.tracker.jitter / clockPerMs,
      keyFrames: this.#keyFrames,
      keyFramesAsked: this.#asks.asked,
      malformed: dropped.malformed + dropped.payloadType + this.#empty + malformed,
    };
  }

  #sentStats(): LegVideoStats['sent'] {
    if (!this.#profile) return null;
    const { allPackets: packets, resent } = this.#sender;
    const report = this.#reporter.peer.report(clockPerMs);
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
