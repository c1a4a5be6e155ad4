/** A caller's camera as the room gets it: one stream that goes on over the link's sessions. */
import { randomInt } from 'node:crypto';
import type { PictureSize, PublishedVideo, PublishedVideoOptions, RoomVideoCodec } from '../ports.ts';
import { readUint32 } from '../rtp/packet.ts';
import { PacketRing } from '../video/packet-ring.ts';
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
  readonly #ring = new PacketRing(KEPT_PACKETS);
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

  write(packet: Buffer): void {
    const session = this.#session;
    if (session === null || this.#muted) return;
    // A level is of sound only, and left out.
    const out = this.#rewriter.rewrite(packet, 0);
    if (out === null) return;
    const nowMs = performance.now();
    this.#goOn(out, readUint32(packet, 8), nowMs);
    session.sendCamera(out, nowMs);
    this.#ring.keep(out);
    this.#reports.count(out.length - this.#rewriter.headerBytes);
    if (nowMs - this.#lastReportAtMs < SENDER_REPORT_EVERY_MS) return;
    this.#lastReportAtMs = nowMs;
    session.sendCamera(this.#reports.report(out.readUInt32BE(4), Date.now()), nowMs);
  }

  /** Whoever writes may change over to another source; for the room it is one stream (RFC 3550 §5.1). */
  #goOn(out: Buffer, source: number, nowMs: number): void {
    if (source !== this.#source) {
      if (this.#lastSequence >= 0) {
        this.#sequenceShift = this.#lastSequence + 1 - out.readUInt16BE(2);
        const passed = Math.max(1, Math.round((nowMs - this.#lastAtMs) * CLOCK_PER_MS));
        this.#timestampShift = this.#lastTimestamp + passed - out.readUInt32BE(4);
      }
      this.#source = source;
    }
    this.#lastSequence = (out.readUInt16BE(2) + this.#sequenceShift) & 0xffff;
    this.#lastTimestamp = (out.readUInt32BE(4) + this.#timestampShift) >>> 0;
    this.#lastAtMs = nowMs;
    out.writeUInt16BE(this.#lastSequence, 2);
    out.writeUInt32BE(this.#lastTimestamp, 4);
  }

  hearFeedback(compound: Buffer): void {
    parseFeedback(compound, this.#feedback);
  }

  #sendAgain(sequence: number): void {
    const packet = this.#ring.find(sequence);
    if (packet !== null) this.#session?.sendCamera(packet, performance.now());
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
