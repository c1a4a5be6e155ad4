/** A caller's camera as the room gets it: one stream that goes on over the link's sessions. */
import { randomInt } from 'node:crypto';
import type { PictureSize, PublishedVideo, PublishedVideoOptions, RoomVideoCodec } from '../ports.ts';
import { readUint32, sequenceDelta } from '../rtp/packet.ts';
import { SentPackets } from '../rtp/sent-packets.ts';
import { type FeedbackListener, parseFeedback } from '../video/rtcp-feedback.ts';
import { MIDS } from './publisher-peer.ts';
import type { CameraTrack, PublishSession } from './publish-session.ts';
import { SenderReports } from './rtcp.ts';
import { RtpRewriter } from './rtp.ts';

/** Receivers line sound and picture up by them: soon after a start, then rarely (RFC 3550 §6.2). */
const SENDER_REPORT_EVERY_MS = 1000;
/** More than a second of 3 Mbit/s: who asks later wants a key frame. */
const KEPT_PACKETS = 512;
const CLOCK_PER_MS = 90;

/** What a camera needs of the session that carries it. */
export type CameraOutlet = Pick<PublishSession, 'sendCamera' | 'tellMuted' | 'tellSize'>;

export class PublishedCamera implements PublishedVideo, CameraTrack {
  readonly codec: RoomVideoCodec;
  readonly trackName: string;
  /** The stream goes on over our own rejoin, so its SSRC stays. */
  readonly ssrc = randomInt(1, 2 ** 32 - 1);
  readonly #options: PublishedVideoOptions;
  readonly #leave: (camera: PublishedCamera) => Promise<void>;
  readonly #rewriter: RtpRewriter;
  readonly #kept = new SentPackets(KEPT_PACKETS);
  readonly #reports = new SenderReports(this.ssrc);
  readonly #feedback: FeedbackListener;
  #size: PictureSize;
  #session: CameraOutlet | null = null;
  #muted = false;
  #lastReportAtMs = Number.NEGATIVE_INFINITY;
  /** Of the packets that are written, and what is added to their numbers. */
  #source = -1;
  #sequenceShift = 0;
  #timestampShift = 0;
  #lastSequence = -1;
  #lastTimestamp = 0;
  #lastAtMs = 0;

  constructor(options: PublishedVideoOptions, leave: (camera: PublishedCamera) => Promise<void>) {
    this.#options = options;
    this.#leave = leave;
    this.codec = options.codec;
    this.trackName = options.trackName;
    this.#size = { width: options.width, height: options.height };
    this.#rewriter = new RtpRewriter(this.ssrc, options.codec, MIDS.camera);
    const wanted = (mediaSsrc: number): void => {
      if (mediaSsrc === this.ssrc) options.onKeyFrameWanted();
    };
    this.#feedback = {
      onPli: wanted,
      onFir: (_sender, mediaSsrc) => wanted(mediaSsrc),
      onNack: (mediaSsrc, sequence) => {
        if (mediaSsrc === this.ssrc) this.#sendAgain(sequence);
      },
      // The SFU limits by other means.
      onTmmbr: () => undefined,
      onTmmbn: () => undefined,
    };
  }

  get size(): PictureSize {
    return this.#size;
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** The session through which it goes from now on; null: none at the moment. */
  use(session: CameraOutlet | null, midExtension = 0): void {
    this.#session = session;
    this.#rewriter.useExtensions({ audioLevel: 0, mid: midExtension });
    this.#lastReportAtMs = Number.NEGATIVE_INFINITY;
  }

  write(packet: Buffer, capturedMs = Date.now()): void {
    const session = this.#session;
    if (session === null || this.#muted) return;
    // A level is of sound only, and left out.
    const out = this.#rewriter.rewrite(packet, 0);
    if (out === null) return;
    const nowMs = performance.now();
    const ahead = this.#goOn(out, readUint32(packet, 8), nowMs);
    session.sendCamera(out, nowMs);
    // One that is later than the whole ring would take the place of a newer one.
    if (ahead > -KEPT_PACKETS) this.#kept.sent(this.#kept.put(out.readUInt16BE(2), out), out, nowMs);
    this.#reports.count(out.length - this.#rewriter.headerBytes);
    if (nowMs - this.#lastReportAtMs < SENDER_REPORT_EVERY_MS) return;
    this.#lastReportAtMs = nowMs;
    session.sendCamera(this.#reports.report(out.readUInt32BE(4), capturedMs), nowMs);
  }

  /**
   * Whoever writes may change over to another source; for the room it is one stream (RFC 3550 §5.1). Gives how far ahead
   * of the newest packet this one is: one that comes late takes its own place, and none begins behind it.
   */
  #goOn(out: Buffer, source: number, nowMs: number): number {
    if (source !== this.#source) {
      if (this.#lastSequence >= 0) {
        this.#sequenceShift = this.#lastSequence + 1 - out.readUInt16BE(2);
        const passed = Math.max(1, Math.round((nowMs - this.#lastAtMs) * CLOCK_PER_MS));
        this.#timestampShift = this.#lastTimestamp + passed - out.readUInt32BE(4);
      }
      this.#source = source;
    }
    const sequence = (out.readUInt16BE(2) + this.#sequenceShift) & 0xffff;
    const timestamp = (out.readUInt32BE(4) + this.#timestampShift) >>> 0;
    out.writeUInt16BE(sequence, 2);
    out.writeUInt32BE(timestamp, 4);
    const ahead = this.#lastSequence < 0 ? 1 : sequenceDelta(sequence, this.#lastSequence);
    if (ahead > 0) {
      this.#lastSequence = sequence;
      this.#lastTimestamp = timestamp;
      this.#lastAtMs = nowMs;
    }
    return ahead;
  }

  hearFeedback(compound: Buffer): void {
    parseFeedback(compound, this.#feedback);
  }

  #sendAgain(sequence: number): void {
    const nowMs = performance.now();
    const packet = this.#kept.again(sequence, nowMs);
    if (packet !== null) this.#session?.sendCamera(packet, nowMs);
  }

  setMuted(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#session?.tellMuted();
  }

  mutedByHost(muted: boolean): void {
    if (muted === this.#muted) return;
    this.#muted = muted;
    this.#options.onMuted(muted);
  }

  setSize({ width, height }: PictureSize): void {
    if (width === this.#size.width && height === this.#size.height) return;
    this.#size = { width, height };
    this.#session?.tellSize(this.#size);
  }

  close(): Promise<void> {
    this.#session = null;
    return this.#leave(this);
  }
}
