import type { PictureSize } from '../ports/pictures.ts';
import type { VideoCodec, VideoFormat } from '../ports/video.ts';
import { newRtpView, parseRtp } from '../rtp/packet.ts';
import type { Depacketizer, FrameFacts } from './depacketizer.ts';
import { depacketizerFor } from './payload-formats.ts';
import { ReorderWindow } from './reorder-window.ts';
import { SourceChoice } from './source-choice.ts';

/** A whole frame, as a decoder takes it. */
export interface EncodedFrame {
  readonly codec: VideoCodec;
  /** In memory of its own. H264: a byte stream (annex B), a key frame with its parameter sets. */
  readonly data: Buffer;
  /** RTP's, 90 kHz, 32 bits. */
  readonly timestamp: number;
  /** It can be decoded with nothing before it. */
  readonly keyFrame: boolean;
  /** False: something is missing in it or before it; only where loss is tolerated. */
  readonly intact: boolean;
  /** Of the latest key frame; null: not known. */
  readonly size: PictureSize | null;
}

/** How long a packet is worth waiting for that is asked for again, in ms: a few round trips, sooner than a key frame. */
export const REPAIR_MS = 250;

export interface AssemblerOptions {
  /** What the stream may carry; packets of other payload types are counted and dropped. */
  readonly formats: readonly Pick<VideoFormat, 'codec' | 'payloadType'>[];
  /** For H264: `sprop-parameter-sets`, base64. */
  readonly parameterSets?: readonly string[];
  /** Gives frames though others before them are lost: better a torn picture than none, from devices that send no key frames. */
  readonly tolerateLoss?: boolean;
  /** How long a missing packet is waited for, in ms; default 100: packets that overtook each other. */
  readonly waitMs?: number;
  /** How many packets ahead of a missing one are kept: a power of two; default 512. */
  readonly waitPackets?: number;
  /** The largest frame, in bytes; default 2 MiB: a key frame of 4K at its worst. */
  readonly largestFrame?: number;
  readonly onFrame: (frame: EncodedFrame) => void;
}

/** Counted since the assembler was made. */
export interface AssemblerFigures {
  /** Given out, key frames among them. */
  readonly frames: number;
  readonly keyFrames: number;
  /** Not given out: torn by loss, or in need of a key frame. */
  readonly framesDropped: number;
  /** Given up. */
  readonly packetsLost: number;
  /** No RTP, of no known payload type, or not of the codec that they should be. */
  readonly malformed: number;
}

/**
 * Makes frames of one stream's RTP packets, which may come in any order, more than once, or never. Frames are given
 * in order and can be decoded: after a loss that matters, none until a key frame. Memory is bounded: the window of
 * packets that are waited for, and one frame. It knows no time but what it is told, and never throws.
 */
export class FrameAssembler {
  readonly #options: AssemblerOptions;
  readonly #codecs = new Map<number, VideoCodec>();
  readonly #depacketizers = new Map<VideoCodec, Depacketizer>();
  readonly #window: ReorderWindow;
  readonly #sources = new SourceChoice();
  /** Of the packet that was just written, and of one that is released. */
  readonly #arriving = newRtpView();
  readonly #view = newRtpView();
  #codec: VideoCodec | null = null;
  #depacketizer: Depacketizer | null = null;
  /** Packets are lost between the last one and the next one. */
  #gap = true;
  /** Some were, before a frame that showed nothing. */
  #carriedGap = false;
  /** A frame is under way, of this timestamp. */
  #open = false;
  #timestamp = 0;
  /** Packets before its first one are lost. */
  #gapBefore = true;
  /** Packets of it are lost, or are no good. */
  #torn = false;
  /** The frame before was ended by a marker, and had the same timestamp. */
  #sameTime = false;
  #endedByMarker = false;
  /** The sender sets the marker within frames too: they end where the next one begins. */
  #markersLie = false;
  #needsKeyFrame = true;
  /** A decoder has had a key frame. */
  #decoding = false;
  #frames = 0;
  #keyFrames = 0;
  #framesDropped = 0;
  #malformed = 0;

  constructor(options: AssemblerOptions) {
    this.#options = options;
    for (const { codec, payloadType } of options.formats) this.#codecs.set(payloadType, codec);
    const limits = {
      waitMs: options.waitMs ?? 100,
      packets: options.waitPackets ?? 512,
      bytes: this.#largestFrame,
    };
    this.#window = new ReorderWindow(
      limits,
      (packet) => this.#take(packet),
      () => (this.#gap = true),
    );
  }

  /** One whole RTP packet, which is given away. `nowMs`: of any clock that only goes forward. */
  write(packet: Buffer, nowMs: number): void {
    const view = this.#arriving;
    const isRtp = parseRtp(packet, view);
    if (!isRtp || !this.#codecs.has(view.payloadType)) {
      this.#malformed += 1;
      // What else the source sends has its place in the sequence: nothing is missing there.
      if (!isRtp || !this.#sources.isCurrent(view.ssrc)) return;
    }
    switch (this.#sources.judge(view.ssrc, nowMs)) {
      case 'other':
        return;
      case 'new':
        this.#restart();
        break;
      case 'current':
    }
    this.#window.write(view.sequence, packet, nowMs);
  }

  /** Time has passed without a packet: what was waited for long enough is given up. */
  advance(nowMs: number): void {
    this.#window.advance(nowMs);
  }

  /** Only a key frame helps: without one nothing more is given out, or, where loss is tolerated, nothing that is right. */
  get keyFrameNeeded(): boolean {
    return this.#needsKeyFrame;
  }

  /** The decoder is a new one: nothing can be decoded before the next key frame. */
  startAtKeyFrame(): void {
    this.#needsKeyFrame = true;
    this.#decoding = false;
  }

  figures(): AssemblerFigures {
    return {
      frames: this.#frames,
      keyFrames: this.#keyFrames,
      framesDropped: this.#framesDropped,
      packetsLost: this.#window.lost,
      malformed: this.#malformed,
    };
  }

  get #largestFrame(): number {
    return this.#options.largestFrame ?? 2 * 1024 * 1024;
  }

  /** The next packet in order. */
  #take(packet: Buffer): void {
    const view = this.#view;
    parseRtp(packet, view);
    const codec = this.#codecs.get(view.payloadType);
    // Padding alone: bandwidth is being probed.
    if (codec === undefined || view.payloadStart === view.payloadEnd) return;
    if (this.#open && (view.timestamp !== this.#timestamp || codec !== this.#codec)) this.#endBefore();
    if (codec !== this.#codec) this.#changeCodec(codec);
    if (!this.#open) this.#begin(view.timestamp);
    else if (this.#gap) this.#torn = true;
    if (this.#gap) this.#depacketizer?.gap();
    this.#gap = false;
    if (this.#depacketizer?.write(packet, view.payloadStart, view.payloadEnd) !== true) {
      this.#malformed += 1;
      this.#torn = true;
    }
    if (view.marker && !this.#markersLie) this.#endAtMarker();
  }

  #begin(timestamp: number): void {
    this.#open = true;
    this.#sameTime = this.#endedByMarker && !this.#gap && timestamp === this.#timestamp;
    this.#timestamp = timestamp;
    this.#gapBefore = this.#gap || this.#carriedGap;
    this.#carriedGap = this.#torn = this.#endedByMarker = false;
    this.#depacketizer?.begin();
  }

  /** Its last packet is here. Parameter sets alone, which some senders mark too, are no frame yet. */
  #endAtMarker(): void {
    const facts = this.#depacketizer?.finish();
    if (facts?.unfinished) this.#torn = true;
    if (!facts?.picture) return;
    this.#endedByMarker = true;
    this.#end(facts, true);
  }

  /** Another frame begins: without a marker only if there was none, or if it was lost. */
  #endBefore(): void {
    const endKnown = !this.#gap;
    if (this.#gap) this.#torn = true;
    const facts = this.#depacketizer?.finish();
    if (facts?.unfinished) this.#torn = true;
    if (facts?.picture) this.#end(facts, endKnown);
    // Nothing to be shown, so that what is missing is missing before the next one.
    else this.#carriedGap = this.#torn || this.#gapBefore;
    this.#open = false;
  }

  #end(facts: FrameFacts, endKnown: boolean): void {
    this.#open = false;
    if (this.#sameTime && !facts.startsWhole) this.#markersLie = this.#torn = true;
    const whole = !this.#torn && (facts.startsWhole || !this.#gapBefore);
    if (!whole && facts.disposable && endKnown && !this.#gapBefore && !this.#sameTime) {
      // All that is missing is of this frame, and nothing refers to it.
      this.#framesDropped += 1;
      this.#depacketizer?.accept();
      return;
    }
    if (!whole || (this.#gapBefore && !facts.keyFrame && !facts.followsOn)) this.#needsKeyFrame = true;
    else if (facts.keyFrame) {
      this.#needsKeyFrame = false;
      this.#decoding = true;
    }
    if (!this.#needsKeyFrame || this.#tolerable(whole)) this.#give(facts.keyFrame && whole);
    else this.#framesDropped += 1;
  }

  /** Slices of H.264 stand alone; of a torn frame in another codec nothing can be made. */
  #tolerable(whole: boolean): boolean {
    return this.#options.tolerateLoss === true && this.#decoding && (whole || this.#codec === 'H264');
  }

  #give(keyFrame: boolean): void {
    const depacketizer = this.#depacketizer;
    if (depacketizer === null || this.#codec === null) return;
    const data = depacketizer.take();
    if (data.length === 0) {
      this.#framesDropped += 1;
      return;
    }
    this.#frames += 1;
    if (keyFrame) this.#keyFrames += 1;
    depacketizer.accept();
    this.#options.onFrame({
      codec: this.#codec,
      data,
      timestamp: this.#timestamp,
      keyFrame,
      intact: !this.#needsKeyFrame,
      size: depacketizer.size,
    });
  }

  #changeCodec(codec: VideoCodec): void {
    this.#codec = codec;
    this.#depacketizer = this.#depacketizerFor(codec);
    this.#depacketizer.reset();
    this.#startAnew();
  }

  #restart(): void {
    this.#window.restart();
    this.#depacketizer?.reset();
    this.#startAnew();
  }

  #startAnew(): void {
    this.#open = this.#endedByMarker = this.#markersLie = this.#carriedGap = false;
    this.#gap = true;
    this.startAtKeyFrame();
  }

  #depacketizerFor(codec: VideoCodec): Depacketizer {
    let depacketizer = this.#depacketizers.get(codec);
    if (depacketizer === undefined) {
      depacketizer = depacketizerFor(codec, this.#largestFrame, this.#options.parameterSets ?? []);
      this.#depacketizers.set(codec, depacketizer);
    }
    return depacketizer;
  }
}
