import type { CameraFigures, Log, RoomVideoCodec, VideoCodec, VideoFormat } from '../../../ports.ts';
import { FrameAssembler, REPAIR_MS } from '../../../video/frame-assembler.ts';
import type { EncodedFrame } from '../../../video/frame-assembler.ts';
import { packetizerFor } from '../../../video/payload-formats.ts';
import { addFigures, noFigures } from './camera-figures.ts';
import type { CameraPicture } from './composition.ts';
import { PictureBack } from './back.ts';
import { referTo } from './codecs/av.ts';
import type { Frame } from './codecs/av.ts';
import { VideoDecoder } from './codecs/decoder.ts';

const askPauseMs = 500;
/** One who sends more than this machine decodes gets no help from key frames: they are the largest of all. */
const askPauseBehindMs = 2000;
/** Nobody is asked who sends nothing: a muted camera has no key frame. */
const silentAfterMs = 1000;

export interface CameraInputSpec {
  readonly id: string;
  /** SSRC of what goes back. */
  readonly backSsrc: number;
  readonly formats: readonly VideoFormat[];
  readonly parameterSets?: readonly string[];
  readonly repaired?: boolean;
}

export interface CameraInputHost {
  readonly log: Log;
  readonly onKeyFrameNeeded: () => void;
  readonly onSize: (width: number, height: number) => void;
  /** A decoder of it is at work from now on, or no more. */
  readonly onWork: (busy: boolean) => void;
  /** Packets of the picture that goes back; lent. */
  readonly send: (packet: Buffer) => void;
  readonly flush: () => void;
}

/** A camera's way in: packets, frames, pictures. Only while somebody wants it. */
export class CameraInput {
  readonly id: string;
  readonly #spec: CameraInputSpec;
  readonly #host: CameraInputHost;
  #assembler: FrameAssembler | null = null;
  #decoder: VideoDecoder | null = null;
  /** The decoder before it, closed. */
  #leaving: VideoDecoder | null = null;
  #codec: VideoCodec | null = null;
  /** Of assemblers and decoders before the present ones. */
  #before = noFigures;
  #shown = false;
  #back: PictureBack | null = null;
  #picture: CameraPicture | null = null;
  #serial = 0;
  #width = 0;
  #height = 0;
  #askedMs = -Infinity;
  #droppedWhenAsked = 0;
  #heardMs = -Infinity;

  constructor(spec: CameraInputSpec, host: CameraInputHost) {
    this.id = spec.id;
    this.#spec = spec;
    this.#host = host;
  }

  /** The latest one; null: none since it has been shown. */
  get picture(): CameraPicture | null {
    return this.#picture;
  }

  /** Given away. */
  write(packet: Buffer, nowMs: number): void {
    this.#heardMs = nowMs;
    this.#assembler?.write(packet, nowMs);
    this.#askForKeyFrame(nowMs);
  }

  /** Time has passed. */
  advance(nowMs: number): void {
    this.#assembler?.advance(nowMs);
    this.#askForKeyFrame(nowMs);
  }

  /** Whether it is on a picture. */
  setShown(shown: boolean): void {
    if (shown === this.#shown) return;
    const wanted = this.#isWanted;
    this.#shown = shown;
    this.#wantedWas(wanted);
  }

  setBack(codec: RoomVideoCodec | null): void {
    if (codec === (this.#back?.codec ?? null)) return;
    const wanted = this.#isWanted;
    this.#back?.close();
    this.#back = codec === null ? null : this.#newBack(codec);
    this.#wantedWas(wanted);
  }

  requestBackKeyFrame(): void {
    this.#back?.requestKeyFrame();
  }

  figures(): CameraFigures {
    const { broken, dropped } = this.#decoder ?? noFigures;
    const { frames, keyFrames, packetsLost, malformed } = this.#assembler?.figures() ?? noFigures;
    return addFigures(this.#before, { frames, keyFrames, packetsLost, malformed, broken, dropped });
  }

  close(): void {
    this.#back?.close();
    this.#back = null;
    this.#shown = false;
    this.#stop();
  }

  /** Whether its frames are decoded now. */
  get isDecoded(): boolean {
    return this.#assembler !== null;
  }

  get #isWanted(): boolean {
    return this.#shown || this.#back !== null;
  }

  #wantedWas(wanted: boolean): void {
    if (wanted === this.#isWanted) return;
    if (wanted) {
      this.#stop();
      return;
    }
    this.#assembler = new FrameAssembler({
      formats: this.#spec.formats,
      ...(this.#spec.parameterSets && { parameterSets: this.#spec.parameterSets }),
      ...(this.#spec.repaired && { waitMs: REPAIR_MS }),
      onFrame: (frame) => this.#decode(frame),
    });
    this.#host.onKeyFrameNeeded();
  }

  /** What comes when it is wanted again continues nothing of this. */
  #stop(): void {
    this.#before = this.figures();
    this.#assembler = null;
    this.#decoder?.close();
    this.#decoder = this.#codec = null;
    this.#picture?.frame.free();
    this.#picture = null;
    this.#heardMs = -Infinity;
  }

  #newBack(codec: RoomVideoCodec): PictureBack {
    const { send, flush, log } = this.#host;
    const stream = { ssrc: this.#spec.backSsrc, payloadType: 0 };
    return new PictureBack(codec, packetizerFor({ codec, packetizationMode: 1 }, stream), {
      send,
      flush,
      log,
    });
  }

  #decode(encoded: EncodedFrame): void {
    if (encoded.codec !== this.#codec) {
      // One that is closed finishes what it is at: with a codec a frame there would be any number at work.
      if (this.#leaving && this.#leaving.waiting > 0) {
        this.#assembler?.startAtKeyFrame();
        return;
      }
      this.#leaving = this.#decoder;
      const { broken, dropped } = this.#decoder ?? noFigures;
      this.#before = addFigures(this.#before, { ...noFigures, broken, dropped });
      this.#decoder?.close();
      this.#codec = encoded.codec;
      this.#decoder = new VideoDecoder(encoded.codec, {
        onFrame: (frame) => this.#show(frame),
        onKeyFrameNeeded: () => this.#assembler?.startAtKeyFrame(),
        onWork: this.#host.onWork,
      });
    }
    this.#decoder?.push(encoded);
  }

  #show(frame: Frame): void {
    const nowMs = performance.now();
    const { width, height } = frame;
    if (width !== this.#width || height !== this.#height) {
      this.#width = width;
      this.#height = height;
      this.#host.onSize(width, height);
    }
    this.#back?.push(frame, nowMs);
    const before = this.#picture;
    this.#picture = { frame: referTo(frame), serial: ++this.#serial, atMs: nowMs };
    before?.frame.free();
  }

  #askForKeyFrame(nowMs: number): void {
    if (this.#assembler?.keyFrameNeeded !== true || nowMs - this.#heardMs > silentAfterMs) return;
    const dropped = this.#decoder?.dropped ?? 0;
    const pauseMs = dropped === this.#droppedWhenAsked ? askPauseMs : askPauseBehindMs;
    if (nowMs - this.#askedMs < pauseMs) return;
    this.#askedMs = nowMs;
    this.#droppedWhenAsked = dropped;
    this.#host.onKeyFrameNeeded();
  }
}
