import type { LegVideoConfig, LegVideoStats, PictureSize, VideoCodec } from '../ports.ts';
import { KeyFrameSpotter } from '../video/key-frame-spotter.ts';
import { buildFir, buildNack, buildPli } from '../video/rtcp-feedback.ts';
import { SourceChoice } from '../video/source-choice.ts';
import type { CaptureClock } from './capture-clock.ts';
import { Gaps } from './gaps.ts';
import { KeyFrameAsks } from './key-frame-asks.ts';
import type { KeyFrameAsk } from './key-frame-asks.ts';
import { plainRtp } from './packet.ts';
import type { RtpView } from './packet.ts';
import { ReceptionMeter } from './reception.ts';
import { WantedBitrate } from './wanted-bitrate.ts';

/** RFC 6184 §8.2.1 and all others: video counts in 90 kHz. */
export const videoClockPerMs = 90;

/** Whose camera is off has no key frame to send, and is asked for none until it goes on. */
const sendsWithinMs = 2000;
/**
 * As many as are kept at both ends (`SentPackets`, `ReorderWindow`), a second of 4 Mbit/s: what was asked for again comes as
 * late as a round trip or two, in which a large picture has hundreds of packets.
 */
const longestWaitPackets = 512;
/** A burst of loss is one question. */
const nackPauseMs = 10;

export interface VideoReceiverEvents {
  /** Video for the room: a packet with a plain header; whoever takes it owns it. `capturedMs`: see `CaptureClock`. */
  readonly onVideo: (packet: Buffer, view: RtpView, codec: VideoCodec, capturedMs: number) => void;
  /** A packet of the stream that the room must not get. */
  readonly onTakenOut: (view: RtpView) => void;
  /** A key frame begins to come: before its first packet. `size`: null where nothing tells it. */
  readonly onKeyFrame: (codec: VideoCodec, size: PictureSize | null) => void;
  /** The peer takes no RTCP that asks for a key frame, or does nothing about it: signalling has to ask. */
  readonly onSignallingNeeded: () => void;
}

export interface VideoReceiverOptions extends VideoReceiverEvents {
  /** Monotonic ms. */
  readonly now: () => number;
  readonly wallNow: () => number;
  readonly clock: CaptureClock;
  /** Who asks: our own SSRC at present. */
  readonly ownSsrc: () => number;
  /** Feedback to the device, to be sent now. */
  readonly tell: (feedback: Buffer) => void;
  /** The device uses our own SSRC (RFC 3550 §8.2). */
  readonly onCollision: () => void;
}

/** What comes of a device's video: whose packets count, which are missing, what is asked of the device. */
export class VideoReceiver {
  readonly reception = new ReceptionMeter(longestWaitPackets);
  readonly wanted: WantedBitrate;
  readonly #options: VideoReceiverOptions;
  readonly #sources = new SourceChoice();
  readonly #asks: KeyFrameAsks;
  #gaps = new Gaps();
  #spotter = new KeyFrameSpotter();
  #config: LegVideoConfig | null = null;
  #formats: (VideoCodec | undefined)[] = [];
  #codec: VideoCodec | null = null;
  #received = 0;
  #empty = 0;
  #keyFrames = 0;
  /** Of the present frame, and of the latest key frame; −1: none yet. */
  #timestamp = -1;
  #keyTimestamp = -1;
  #firCommand = 0;
  #nackMs = -Infinity;
  #collided = false;
  lastPacketMs = -Infinity;

  constructor(options: VideoReceiverOptions) {
    this.#options = options;
    this.wanted = new WantedBitrate(options.now);
    this.#asks = new KeyFrameAsks(options.now, (how) => this.#askForKeyFrame(how));
  }

  /** Null: no video any more. */
  configure(config: LegVideoConfig | null): void {
    this.#config = config;
    this.#formats = [];
    if (config) {
      for (const { codec, payloadType } of config.alternatives ?? []) this.#formats[payloadType] = codec;
      this.#formats[config.payloadType] = config.codec;
      this.#asks.configure(config.feedback);
    }
    if (!this.receives) this.#asks.drop();
  }

  /** Whether the peer may send. */
  get receives(): boolean {
    const direction = this.#config?.direction;
    return direction === 'sendrecv' || direction === 'recvonly';
  }

  /** What the peer sends has its H.264 parameter sets in it. */
  get setsInBand(): boolean {
    return this.#spotter.setsInBand;
  }

  takes(payloadType: number): boolean {
    return this.#formats[payloadType] !== undefined;
  }

  /** Asks the peer for a key frame until one comes; not while it sends nothing. */
  requestKeyFrame(): void {
    if (this.receives && this.#comes) this.#asks.want();
  }

  /** To be called a few times a second. */
  tick(): void {
    if (!this.#config) return;
    if (this.#comes) this.#asks.tick();
    else this.#asks.drop();
    this.#askForMissing(this.#options.now());
    const { ssrc, tracker } = this.reception;
    this.wanted.watch(tracker);
    if (!this.#config.feedback.tmmbr || !this.receives || ssrc < 0) return;
    const request = this.wanted.due(this.#options.ownSsrc(), ssrc);
    if (request) this.#options.tell(request);
  }

  onRtp(packet: Buffer, view: RtpView, nowMs: number): void {
    const codec = this.#formats[view.payloadType];
    if (codec === undefined) return;
    this.#received++;
    const source = this.#sources.judge(view.ssrc, nowMs);
    if (source === 'other') return;
    if (source === 'new') this.#newSource(view.ssrc);
    if (!this.reception.update(view.sequence)) return;
    this.lastPacketMs = nowMs;
    this.#gaps.arrived(view.sequence, nowMs);
    this.#askForMissing(nowMs);
    if (view.timestamp !== this.#timestamp) {
      // A frame's packets leave together: its first one tells of the network.
      this.#timestamp = view.timestamp;
      this.reception.arrived(nowMs, view.sequence, view.timestamp, videoClockPerMs);
    }
    const empty = view.payloadEnd === view.payloadStart;
    if (empty) this.#empty++;
    if (empty || !this.receives) this.#options.onTakenOut(view);
    else this.#take(packet, view, codec, source === 'new');
  }

  /** `malformed`: what others found to be no video. */
  stats(malformed: number): LegVideoStats['received'] {
    const config = this.#config;
    if (!config || (!this.receives && this.#received === 0)) return null;
    const { tracker } = this.reception;
    return {
      codec: this.#codec ?? config.codec,
      width: this.#spotter.size?.width ?? 0,
      height: this.#spotter.size?.height ?? 0,
      packets: this.#received,
      packetsLost: tracker.lost,
      jitterMs: tracker.jitter / videoClockPerMs,
      keyFrames: this.#keyFrames,
      keyFramesAsked: this.#asks.asked,
      malformed: this.#empty + malformed,
    };
  }

  get #comes(): boolean {
    return this.#options.now() - this.lastPacketMs < sendsWithinMs;
  }

  #take(packet: Buffer, view: RtpView, codec: VideoCodec, first: boolean): void {
    const { onKeyFrame, onVideo, clock, wallNow } = this.#options;
    this.#codec = codec;
    if (this.#spotter.look(codec, packet, view.payloadStart, view.payloadEnd)) {
      if (view.timestamp !== this.#keyTimestamp) {
        this.#keyTimestamp = view.timestamp;
        this.#keyFrames++;
        this.#asks.answered();
        onKeyFrame(codec, this.#spotter.size);
      }
    } else if (first) this.#asks.want();
    onVideo(plainRtp(packet, view), view, codec, clock.capturedMs(view.timestamp, wallNow()));
  }

  #newSource(ssrc: number): void {
    this.reception.reset(ssrc);
    this.#options.clock.restart(ssrc, videoClockPerMs);
    this.#gaps = new Gaps();
    this.#spotter = new KeyFrameSpotter();
    this.#timestamp = this.#keyTimestamp = -1;
    this.wanted.again();
    // Once: a peer that reflects our own packets would have us change for ever.
    if (ssrc !== this.#options.ownSsrc() || this.#collided) return;
    this.#collided = true;
    this.#options.onCollision();
  }

  #askForMissing(nowMs: number): void {
    if (this.#config?.feedback.nack !== true || !this.receives) return;
    if (nowMs - this.#nackMs < nackPauseMs) return;
    const missing = this.#gaps.due(nowMs);
    if (!missing) return;
    this.#nackMs = nowMs;
    this.#options.tell(buildNack(this.#options.ownSsrc(), this.reception.ssrc, missing));
  }

  #askForKeyFrame(how: KeyFrameAsk): void {
    const { ssrc } = this.reception;
    const own = this.#options.ownSsrc();
    if (how === 'signalling') this.#options.onSignallingNeeded();
    else if (ssrc >= 0)
      this.#options.tell(
        how === 'pli' ? buildPli(own, ssrc) : buildFir(own, ssrc, this.#firCommand++ & 0xff),
      );
  }
}
